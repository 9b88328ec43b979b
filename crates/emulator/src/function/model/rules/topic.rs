//! Triggers of topics.

use serde_json::Value as Json;

use crate::function::error::{FcError, Outcome};

/// Characters of the tag of messages at most.
const LONGEST_TAG: usize = 16;

/// Checks what a trigger of a topic says (`MNSTopicTriggerConfig` of the vendor's docs). `notifyStrategy` is about pushes that
/// fail; here the event is queued with the message, so that none can.
pub(super) fn check(config: &Json) -> Outcome<()> {
    let one_of = |name: &str, words: &[&str]| match &config[name] {
        Json::Null => Ok(()),
        Json::String(word) if word.is_empty() || words.contains(&word.as_str()) => Ok(()),
        other => {
            let words = words.join(" or ");
            Err(FcError::invalid(format!(
                "{name} must be {words}, and is {other}"
            )))
        }
    };
    one_of("notifyContentFormat", &["STREAM", "JSON"])?;
    one_of(
        "notifyStrategy",
        &["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"],
    )?;
    let tag = config["filterTag"].as_str().unwrap_or_default();
    if tag.chars().count() > LONGEST_TAG {
        return Err(FcError::invalid(format!(
            "filterTag {tag:?} has more than {LONGEST_TAG} characters"
        )));
    }
    Ok(())
}
