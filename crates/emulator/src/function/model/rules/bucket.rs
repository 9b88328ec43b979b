//! Triggers of buckets.

use http::StatusCode;
use serde_json::Value as Json;
use trigger::bucket::{events, names};

use super::{text, texts};
use crate::function::error::{FcError, Outcome};
use crate::function::model::Trigger;

/// Checks what a trigger of a bucket says (`OSSTriggerConfig` of the vendor's docs).
pub(super) fn check(config: &Json) -> Outcome<()> {
    let wanted = texts("events", &config["events"])?;
    if wanted.is_empty() {
        return Err(FcError::invalid("events must name an event at least"));
    }
    let is_known = |event: &&str| events().any(|known| names(event, known));
    if let Some(unknown) = wanted.iter().find(|event| !is_known(event)) {
        let known = events().collect::<Vec<_>>().join(", ");
        return Err(FcError::invalid(format!(
            "events: {unknown:?} is none of {known}, and no beginning of one with `*`"
        )));
    }
    let key = &config["filter"]["key"];
    text("filter.key.prefix", &key["prefix"])?;
    text("filter.key.suffix", &key["suffix"])?;
    Ok(())
}

/// The bucket of `acs:oss:REGION:ACCOUNT:BUCKET`.
pub(super) fn name(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts[..] {
        ["acs", "oss", _, _, name] if !name.is_empty() => Some(name),
        _ => None,
    }
}

/// Refuses a trigger that waits for an event of an object for which one of `others` waits too, as the bucket's notifications do.
/// Code and words are those on which the vendor's tools branch.
pub(crate) fn apart(others: &[Trigger], new: &Trigger) -> Outcome<()> {
    let is_itself = |other: &Trigger| (&other.function, &other.name) == (&new.function, &new.name);
    let Some(other) = others
        .iter()
        .find(|other| !is_itself(other) && overlap(other, new))
    else {
        return Ok(());
    };
    let (trigger, function) = (&other.name, &other.function);
    let message = format!(
        "event source 'oss' returned error: Cannot specify overlapping prefix and suffix with same event type. \
         (events and filter meet those of the trigger '{trigger}' of function '{function}')"
    );
    Err(FcError::new(
        StatusCode::BAD_REQUEST,
        "OSSInvalidRequest",
        message,
    ))
}

fn overlap(one: &Trigger, two: &Trigger) -> bool {
    let part = |trigger: &Trigger, end: &str| -> String {
        let part = trigger.config["filter"]["key"][end].as_str();
        part.unwrap_or_default().to_owned()
    };
    let (prefixes, suffixes) = (
        (part(one, "prefix"), part(two, "prefix")),
        (part(one, "suffix"), part(two, "suffix")),
    );
    let waits_for = |trigger: &Trigger| {
        let all = texts("events", &trigger.config["events"]).unwrap_or_default();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (ones, twos) = (waits_for(one), waits_for(two));
    one.kind == "oss"
        && two.kind == "oss"
        && name(&one.source_arn) == name(&two.source_arn)
        && (prefixes.0.starts_with(&prefixes.1) || prefixes.1.starts_with(&prefixes.0))
        && (suffixes.0.ends_with(&suffixes.1) || suffixes.1.ends_with(&suffixes.0))
        && events().any(|event| {
            let any = |wanted: &[String]| wanted.iter().any(|wanted| names(wanted, event));
            any(&ones) && any(&twos)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::model::NewTrigger;
    use serde_json::json;

    #[test]
    fn a_refusal_names_its_field() {
        for (config, field) in [
            (json!({}), "events"),
            (json!({"events": []}), "events"),
            (json!({"events": ["oss:ObjectCreated:Put"]}), "events"),
            (json!({"events": ["ObjectCreated:*"]}), "events"),
            (json!({"events": ["oss:*"]}), "events"),
            (
                json!({"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": 1}}}),
                "filter.key.prefix",
            ),
        ] {
            let error = check(&config).unwrap_err();
            assert_eq!(error.code, "InvalidArgument");
            assert!(error.message.starts_with(field), "{config} {error}");
        }
        for event in events() {
            assert_eq!(check(&json!({ "events": [event] })), Ok(()));
        }
        assert_eq!(
            check(&json!({"events": ["oss:ObjectRemoved:Delete*"]})),
            Ok(())
        );
    }

    fn trigger(bucket: &str, event: &str, prefix: &str, suffix: &str) -> Trigger {
        let config =
            json!({"events": [event], "filter": {"key": {"prefix": prefix, "suffix": suffix}}});
        let new = NewTrigger {
            trigger_name: format!("t{}", prefix.len()),
            trigger_type: "oss".to_owned(),
            trigger_config: Some(config.to_string()),
            source_arn: Some(format!("acs:oss:cn-hangzhou:1:{bucket}")),
            ..NewTrigger::default()
        };
        new.make("f", String::new(), 0).unwrap()
    }

    #[test]
    fn triggers_that_wait_for_the_same_do_not_go_together() {
        let all = "oss:ObjectCreated:*";
        let there = trigger("b", all, "in/", ".jpg");
        for (new, is_apart) in [
            (
                trigger("b", "oss:ObjectCreated:PutObject", "in/a/", "jpg"),
                false,
            ),
            (trigger("b", all, "", ""), false),
            (trigger("b", all, "in/", ".jpg"), true),
            (trigger("c", all, "", ""), true),
            (trigger("b", "oss:ObjectRemoved:*", "", ""), true),
            (trigger("b", all, "out/", ".jpg"), true),
            (trigger("b", all, "in/a", ".png"), true),
        ] {
            let apart = apart(std::slice::from_ref(&there), &new);
            assert_eq!(apart.is_ok(), is_apart, "{new:?}");
        }
    }
}
