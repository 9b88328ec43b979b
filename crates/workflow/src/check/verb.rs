//! Verbs of tasks, and those of what undoes them.

use std::collections::BTreeSet;

/// What is done, and the words for undoing it.
const OPPOSITES: [(&str, &[&str]); 26] = [
    ("acquire", &["release"]),
    ("add", &["remove"]),
    ("allocate", &["deallocate", "free", "release"]),
    ("attach", &["detach"]),
    ("book", &["cancel", "unbook"]),
    ("buy", &["refund", "return"]),
    ("charge", &["refund"]),
    ("confirm", &["cancel", "revoke"]),
    ("create", &["cancel", "delete", "destroy", "remove"]),
    ("debit", &["credit", "refund"]),
    ("deduct", &["refund", "restore", "return"]),
    ("enable", &["disable"]),
    ("grant", &["revoke"]),
    ("hold", &["release"]),
    ("increase", &["decrease"]),
    ("issue", &["revoke"]),
    ("lock", &["release", "unlock"]),
    ("order", &["cancel"]),
    ("pay", &["refund"]),
    ("publish", &["unpublish"]),
    ("register", &["deregister", "unregister"]),
    ("reserve", &["cancel", "free", "release", "unreserve"]),
    ("ship", &["recall", "return"]),
    ("start", &["stop"]),
    ("subscribe", &["unsubscribe"]),
    ("withdraw", &["deposit"]),
];
/// The words for undoing whatever was done.
const UNDOING: [&str; 5] = ["compensate", "reverse", "revert", "rollback", "undo"];
/// What nobody does for nothing: it moves money or takes what there is only once.
pub(super) const WEIGHTY: [&str; 8] = [
    "book", "buy", "charge", "debit", "deduct", "pay", "reserve", "withdraw",
];

/// Whether one name is the verb for undoing what the other is the verb of, and one of both is nothing but its verb: `Refund`
/// for `Charge` or `ChargeCard`, and not `CancelOrder` for `BookHotel`.
pub(super) fn undoes(undo: &BTreeSet<String>, task: &BTreeSet<String>) -> bool {
    let is_opposite = OPPOSITES.iter().any(|(done, undone)| {
        task.contains(*done) && undone.iter().any(|word| undo.contains(*word))
    });
    is_opposite && (undo.len() == 1 || task.len() == 1)
}

/// Whether a name has a word for undoing what a verb does.
pub(super) fn reverses(undo: &BTreeSet<String>, verb: &str) -> bool {
    let opposites = OPPOSITES.iter().filter(|(done, _)| *done == verb);
    let mut words = opposites.flat_map(|(_, undone)| *undone).chain(&UNDOING);
    words.any(|word| undo.contains(*word))
}

/// Whether a task of that name is one that a flow which undoes others does not leave done.
pub(super) fn is_weighty(task: &BTreeSet<String>) -> bool {
    WEIGHTY.iter().any(|verb| task.contains(*verb))
}
