//! The mark of ownership of what has no tags, such as flows and layers: it stands at the end of the description, in brackets.

use super::driver::OWNER_TAG;

/// The description with the mark behind it.
pub(super) fn marked(description: &str, owner: &str) -> String {
    format!("{description} [{OWNER_TAG}: {owner}]")
        .trim_start()
        .to_owned()
}

/// A description and the mark behind it, if there is one.
pub(super) fn split(shown: &str) -> (&str, Option<&str>) {
    let begin = format!("[{OWNER_TAG}: ");
    let found = shown.strip_suffix(']').and_then(|text| {
        let (description, owner) = text.rsplit_once(begin.as_str())?;
        Some((description.strip_suffix(' ').unwrap_or(description), owner))
    });
    found.map_or((shown, None), |(description, owner)| {
        (description, Some(owner))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_split_again() {
        for description in ["", "Pays orders", "with [brackets]", " two  blanks "] {
            let shown = marked(description, "shop/dev/1");
            let (text, owner) = split(&shown);
            assert_eq!(owner, Some("shop/dev/1"));
            assert_eq!(text, description.trim_start());
        }
        assert_eq!(split("plain"), ("plain", None));
        assert_eq!(split("plain]"), ("plain]", None));
        assert_eq!(split(""), ("", None));
    }
}
