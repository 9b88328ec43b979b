//! A plan in one line.

use crate::plan::{Plan, Summary};

/// How many of each.
pub(super) fn line(plan: &Plan) -> String {
    if plan.is_empty() {
        return "No changes: everything is as the manifest says.".to_owned();
    }
    let Summary {
        create,
        update,
        replace,
        delete,
        adopt,
        act,
        forget,
        moved,
    } = plan.summary();
    let counts = [
        (create, "to create"),
        (update, "to change"),
        (replace, "to replace"),
        (delete, "to delete"),
        (adopt, "to adopt"),
        (act, "to refresh"),
        (forget, "to forget"),
        (moved, "to move"),
    ];
    let always = 4;
    let words = counts
        .iter()
        .enumerate()
        .filter(|(n, (count, _))| *n < always || *count > 0);
    let words: Vec<String> = words
        .map(|(_, (count, what))| format!("{count} {what}"))
        .collect();
    format!("Plan: {}.", words.join(", "))
}
