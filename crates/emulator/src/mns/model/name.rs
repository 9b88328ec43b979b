//! Names, and markers of pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::mns::error::{MnsError, Outcome};

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mns) enum Named {
    Queue,
    Topic,
    Subscription,
}

/// Refuses what cannot be a name: letters, digits and `-`, a letter or digit first (`CreateQueue`, `CreateTopic`,
/// "Subscribe" of the vendor's docs).
pub(in crate::mns) fn check_name(named: Named, name: &str) -> Outcome<()> {
    let (most, length, invalid, word) = match named {
        Named::Queue => (120, "QueueNameLengthError", "InvalidQueueName", "queue"),
        Named::Topic => (255, "TopicNameLengthError", "TopicNameInvalid", "topic"),
        Named::Subscription => (
            255,
            "SubscriptionNameLengthError",
            "SubscriptionNameInvalid",
            "subscription",
        ),
    };
    if !(1..=most).contains(&name.len()) {
        let message = format!("The length of the {word} name should between 1 and {most}.");
        return Err(MnsError::bad(length, message));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.chars().all(fits) && !name.starts_with('-') {
        return Ok(());
    }
    let message = format!(
        "The {word} name you provided is invalid. It should start with a letter or digit and contain only letters, digits or -."
    );
    Err(MnsError::bad(invalid, message))
}

/// Says where the next page begins.
pub(in crate::mns) fn mark(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(name)
}

/// The name in a marker; empty for an empty one.
pub(in crate::mns) fn unmark(marker: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(marker).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_for_what_they_are_of() {
        for good in ["q", "9-a", "Orders-1", &"q".repeat(120)] {
            assert_eq!(check_name(Named::Queue, good), Ok(()), "{good}");
        }
        let code = |named, name: &str| check_name(named, name).unwrap_err().code;
        for bad in ["-a", "a_b", "a b", "ö", "a/b"] {
            assert_eq!(code(Named::Queue, bad), "InvalidQueueName", "{bad}");
            assert_eq!(code(Named::Topic, bad), "TopicNameInvalid", "{bad}");
        }
        let long = "q".repeat(256);
        assert_eq!(code(Named::Queue, &long), "QueueNameLengthError");
        assert_eq!(
            code(Named::Subscription, &long),
            "SubscriptionNameLengthError"
        );
    }

    #[test]
    fn a_marker_leads_back_to_its_name() {
        assert_eq!(unmark(&mark("a-1")).as_deref(), Some("a-1"));
        assert_eq!(unmark("").as_deref(), Some(""));
        assert_eq!(unmark("%"), None);
    }
}
