//! Settings of functions that were put or read by hand, in words.

use serde_json::{Value as Json, json};

use super::super::printer::Printer;
use super::table;

const PROVISION: [&str; 5] = ["QUALIFIER", "TARGET", "READY", "RULES", "ERROR"];
const SCALING: [&str; 6] = ["QUALIFIER", "LEAST", "READY", "RULES", "POOL", "ERROR"];

/// The instances kept ready, by version and alias.
pub(in crate::cli) fn provisions(printer: Printer, function: &str, all: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "provisions": all });
        return printer.object("provisions", fields);
    }
    if all.as_array().is_none_or(Vec::is_empty) {
        return printer.say(&format!("No instances of {function} are kept ready."));
    }
    provision_rows(printer, "", all);
}

/// A table of instances kept ready, behind a margin.
pub(super) fn provision_rows(printer: Printer, margin: &str, all: &Json) {
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<[String; 5]> = all
        .iter()
        .map(|one| row(one["qualifier"].as_str().unwrap_or_default(), one))
        .collect();
    table::inset(printer, margin, (PROVISION, &rows));
}

/// How many are kept ready for one version or alias; null: none.
pub(in crate::cli) fn provision(
    printer: Printer,
    (function, qualifier): (&str, &str),
    provision: &Json,
) {
    if printer.json {
        let fields =
            json!({ "function": function, "qualifier": qualifier, "provision": provision });
        return printer.object("provision", fields);
    }
    if provision.is_null() {
        let said = format!("No instances of {function} ({qualifier}) are kept ready.");
        return printer.say(&said);
    }
    table::show(printer, PROVISION, &[row(qualifier, provision)]);
}

/// How many instances there are at least, by version and alias.
pub(in crate::cli) fn scalings(printer: Printer, function: &str, all: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "scalings": all });
        return printer.object("scalings", fields);
    }
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return printer.say(&format!("{function} has no instances when nobody calls."));
    }
    let rows: Vec<[String; 6]> = all
        .iter()
        .map(|one| least(one["qualifier"].as_str().unwrap_or_default(), one))
        .collect();
    table::show(printer, SCALING, &rows);
}

/// How many there are at least for one version or alias; null: none.
pub(in crate::cli) fn scaling(
    printer: Printer,
    (function, qualifier): (&str, &str),
    scaling: &Json,
) {
    if printer.json {
        let fields = json!({ "function": function, "qualifier": qualifier, "scaling": scaling });
        return printer.object("scaling", fields);
    }
    if scaling.is_null() {
        let said = format!("{function} ({qualifier}) has no instances when nobody calls.");
        return printer.say(&said);
    }
    table::show(printer, SCALING, &[least(qualifier, scaling)]);
}

/// How many instances only the function may use; null: it shares them.
pub(in crate::cli) fn concurrency(printer: Printer, function: &str, concurrency: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "concurrency": concurrency });
        return printer.object("concurrency", fields);
    }
    match concurrency["reservedConcurrency"].as_u64() {
        Some(number) => {
            let row = [function.to_owned(), number.to_string()];
            table::show(printer, ["FUNCTION", "RESERVED"], &[row]);
        }
        None => printer.say(&format!("No instances are reserved for {function}.")),
    }
}

/// A setting that was removed, or was not there.
pub(in crate::cli) fn unset(printer: Printer, (function, what): (&str, &str), done: &Json) {
    if printer.json {
        let fields = json!({ "function": function, "what": what, "was_set": done["removed"] });
        return printer.object("removed", fields);
    }
    let said = if done["removed"] == true {
        format!("Removed the setting of {function}.")
    } else {
        format!("{function} had no such setting.")
    };
    printer.say(&said);
}

fn row(qualifier: &str, one: &Json) -> [String; 5] {
    let target = number(one, "defaultTarget").or_else(|| number(one, "target"));
    [
        qualifier.to_owned(),
        target.unwrap_or_default(),
        number(one, "current").unwrap_or_default(),
        rules(one, ["scheduledActions", "targetTrackingPolicies"]),
        one["currentError"].as_str().unwrap_or_default().to_owned(),
    ]
}

fn least(qualifier: &str, one: &Json) -> [String; 6] {
    [
        qualifier.to_owned(),
        number(one, "minInstances").unwrap_or_default(),
        number(one, "currentInstances").unwrap_or_default(),
        rules(one, ["scheduledPolicies", "horizontalScalingPolicies"]),
        one["residentPoolId"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        one["currentError"].as_str().unwrap_or_default().to_owned(),
    ]
}

fn number(one: &Json, name: &str) -> Option<String> {
    one[name].as_u64().map(|number| number.to_string())
}

/// How many rules the lists of these names hold.
fn rules(one: &Json, lists: [&str; 2]) -> String {
    let lengths = lists.map(|name| one[name].as_array().map_or(0, Vec::len));
    lengths.iter().sum::<usize>().to_string()
}
