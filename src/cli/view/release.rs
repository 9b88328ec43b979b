//! Versions and aliases of functions in words.

use serde_json::{Value as Json, json};

use super::super::printer::Printer;
use super::{table, text};

const ALIAS: [&str; 4] = ["ALIAS", "VERSION", "OTHERS", "DESCRIPTION"];

/// All versions.
pub(in crate::cli) fn versions(printer: Printer, function: &str, versions: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "versions": versions });
        return printer.object("function_versions", fields);
    }
    if items(versions).len() == 0 {
        return printer.say(&format!("{function} has no published version."));
    }
    version_rows(printer, "", versions);
}

/// A table of versions behind a margin.
pub(super) fn version_rows(printer: Printer, margin: &str, versions: &Json) {
    let head = ["VERSION", "PUBLISHED", "DESCRIPTION"];
    let rows = rows(versions, ["versionId", "createdTime", "description"]);
    table::inset(printer, margin, (head, &rows));
}

/// A table of triggers behind a margin.
pub(super) fn trigger_rows(printer: Printer, margin: &str, triggers: &Json) {
    let head = ["TRIGGER", "TYPE", "QUALIFIER", "ADDRESS"];
    let columns = ["triggerName", "triggerType", "qualifier", "urlInternet"];
    table::inset(printer, margin, (head, &rows(triggers, columns)));
}

/// A version that was published.
pub(in crate::cli) fn published(printer: Printer, function: &str, version: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "published": version });
        return printer.object("version_published", fields);
    }
    let id = word(version, "versionId");
    printer.say(&format!("Published version {id} of {function}."));
    printer.data(&id);
}

/// All aliases.
pub(in crate::cli) fn aliases(printer: Printer, function: &str, aliases: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "aliases": aliases });
        return printer.object("function_aliases", fields);
    }
    if items(aliases).len() == 0 {
        return printer.say(&format!("{function} has no alias."));
    }
    alias_rows(printer, "", aliases);
}

/// A table of aliases behind a margin.
pub(super) fn alias_rows(printer: Printer, margin: &str, aliases: &Json) {
    let rows: Vec<[String; 4]> = items(aliases).map(row).collect();
    table::inset(printer, margin, (ALIAS, &rows));
}

/// One alias.
pub(in crate::cli) fn alias(printer: Printer, function: &str, alias: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "alias": alias });
        return printer.object("function_alias", fields);
    }
    table::show(printer, ALIAS, &[row(alias)]);
}

/// An alias that was made or led elsewhere.
pub(in crate::cli) fn led(printer: Printer, function: &str, done: &Json) {
    let (alias, created) = (&done["alias"], &done["created"]);
    if printer.json {
        let fields = json!({ "function": function, "alias": alias, "created": created });
        return printer.object("function_alias", fields);
    }
    let verb = if *created == Json::Bool(true) {
        "Made"
    } else {
        "Changed"
    };
    let name = word(alias, "aliasName");
    printer.say(&format!("{verb} alias {name} of {function}."));
    table::show(printer, ALIAS, &[row(alias)]);
}

/// Something that was removed: what it is and its name.
pub(in crate::cli) fn removed(printer: Printer, function: &str, (what, name): (&str, &str)) {
    if printer.json {
        let fields = json!({ "function": function, "what": what, "name": name });
        return printer.object("removed", fields);
    }
    printer.say(&format!("Removed {what} {name} of {function}."));
}

fn row(alias: &Json) -> [String; 4] {
    [
        word(alias, "aliasName"),
        word(alias, "versionId"),
        parts(&alias["additionalVersionWeight"]),
        word(alias, "description"),
    ]
}

/// Parts of the calls: `2 10%`.
fn parts(weights: &Json) -> String {
    let weights = weights.as_object().into_iter().flatten();
    let part = |(version, weight): (&String, &Json)| {
        let percent = weight.as_f64().unwrap_or_default() * 100.0;
        // Two digits are enough, and 0.07 is no 7.000000000000001%.
        let percent = (percent * 100.0).round() / 100.0;
        format!("{version} {percent}%")
    };
    weights.map(part).collect::<Vec<_>>().join(", ")
}

/// The fields of each, one row for each.
fn rows<const N: usize>(list: &Json, columns: [&str; N]) -> Vec<[String; N]> {
    items(list)
        .map(|item| columns.map(|name| word(item, name)))
        .collect()
}

fn items(list: &Json) -> std::slice::Iter<'_, Json> {
    list.as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
}

fn word(of: &Json, name: &str) -> String {
    of[name]
        .as_str()
        .map(text::plain)
        .unwrap_or_default()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_said_in_percent() {
        let weights = json!({ "2": 0.07, "3": 0.125, "4": 0.0001 });
        assert_eq!(parts(&weights), "2 7%, 3 12.5%, 4 0.01%");
        assert_eq!(parts(&Json::Null), "");
    }
}
