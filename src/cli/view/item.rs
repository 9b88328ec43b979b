//! What changes about files, in a few words.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::text;
use crate::plan::FieldDiff;

/// Whether a difference is that of one file.
pub(super) fn is_item(diff: &FieldDiff) -> bool {
    diff.path.len() == 2 && diff.path[0] == "files"
}

/// How many files and bytes go up, and how many go away. Files of a function go as one `zip`, of so many bytes, whichever of
/// them changed.
pub(super) fn volume(diff: &[FieldDiff], zip: Option<u64>) -> String {
    let items: Vec<&FieldDiff> = diff.iter().filter(|d| is_item(d)).collect();
    if let Some(zip) = zip.filter(|_| !items.is_empty()) {
        let files = text::count(items.len(), "file");
        return format!("{files}, a zip of {} to upload", text::size(zip));
    }
    let up: Vec<u64> = items
        .iter()
        .filter_map(|d| size(d.after.as_ref()?))
        .collect();
    let gone = items.iter().filter(|d| d.after.is_none()).count();
    let mut words = Vec::new();
    if !up.is_empty() {
        words.push(format!(
            "{}, {} to upload",
            text::count(up.len(), "file"),
            text::size(up.iter().sum())
        ));
    }
    if gone > 0 {
        words.push(format!("{} to delete", text::count(gone, "file")));
    }
    words.join(", ")
}

/// What changes about a file: its size, and of its other properties those that differ.
pub(super) fn note(item: &FieldDiff) -> String {
    let Some(after) = &item.after else {
        return item
            .before
            .as_ref()
            .and_then(size)
            .map(text::size)
            .unwrap_or_default();
    };
    let Some(before) = &item.before else {
        let cache = after["cache"].as_str().unwrap_or_default();
        return format!(
            "{:>9}  {cache}",
            size(after).map(text::size).unwrap_or_default()
        );
    };
    let mut words = Vec::new();
    match (size(before), size(after)) {
        (Some(old), Some(new)) if text::size(old) != text::size(new) => {
            words.push(format!("{} → {}", text::size(old), text::size(new)));
        }
        (_, Some(new)) if before["md5"] != after["md5"] => {
            words.push(format!("{}, content", text::size(new)));
        }
        _ => {}
    }
    let known: BTreeMap<&str, (&Json, &Json)> = ["type", "cache", "mode"]
        .into_iter()
        .map(|name| (name, (&before[name], &after[name])))
        .collect();
    for (name, (old, new)) in known {
        if old != new && !old.is_null() && !new.is_null() {
            words.push(format!(
                "{name}: {} → {}",
                text::value(old),
                text::value(new)
            ));
        }
    }
    words.join(", ")
}

fn size(entry: &Json) -> Option<u64> {
    entry.get("size")?.as_u64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_changed_file_only_what_is_known_is_said() {
        let known = json!({ "md5": "a", "size": 4, "type": "text/html", "cache": "no-cache" });
        let words = |seen: Json| {
            note(&FieldDiff {
                path: vec!["files".into(), "a".into()],
                before: Some(known.clone()),
                after: Some(seen),
                unknown: false,
            })
        };
        assert_eq!(words(json!({ "md5": "b", "size": 4 })), "4 B, content");
        assert_eq!(words(json!({ "md5": "b", "size": 5 })), "4 B → 5 B");
    }

    #[test]
    fn a_file_that_can_be_run_now_is_said_to_change_its_mode() {
        let side = |mode: &str| Some(json!({ "md5": "a", "size": 4, "mode": mode }));
        let item = FieldDiff {
            path: vec!["files".into(), "run".into()],
            before: side("644"),
            after: side("755"),
            unknown: false,
        };
        assert_eq!(note(&item), "mode: 644 → 755");
        let volume = |zip| volume(std::slice::from_ref(&item), zip);
        assert_eq!(volume(Some(1234)), "1 file, a zip of 1.2 kB to upload");
        assert_eq!(volume(None), "1 file, 4 B to upload");
    }
}
