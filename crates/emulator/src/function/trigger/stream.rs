//! Triggers of queues (`eventSourceType: MNS`): each is a stream of the queue's messages.

use serde_json::Value as Json;

use super::bus::{is_on, pattern, waits};
use crate::bridge::{Batches, Flow, Listener, Stream, Terms};
use crate::function::error::{FcError, Outcome};
use crate::function::model::Trigger;
use crate::mns::{Address, Strategy};

/// Events of a batch at least and at most, and seconds that they are gathered ("Advanced features of triggers" of the
/// vendor's docs).
const COUNT: (u32, u32) = (1, 10_000);
const WINDOW: (u32, u32) = (0, 15);
/// The vendor documents neither.
const ANY: (u32, u32) = (0, u32::MAX);
const SIDE_BY_SIDE: (u32, u32) = (1, 64);

/// What a stream is called.
pub(in crate::function) fn name(function: &str, trigger: &str) -> String {
    format!("{function}/{trigger}")
}

/// The stream that such a trigger is while it is on.
pub(super) fn stream(trigger: Trigger) -> Option<Stream> {
    let config = &trigger.config;
    if !is_on(config) {
        return None;
    }
    let parameters = parameters(config);
    Some(Stream {
        queue: parameters["QueueName"].as_str()?.to_owned(),
        decodes: parameters["IsBase64Decode"].as_bool().unwrap_or(true),
        flow: flow(&trigger).ok()?,
        to: Listener {
            name: name(&trigger.function, &trigger.name),
            pattern: pattern(config).to_owned(),
            waits: waits(config),
            function: trigger.function,
            qualifier: trigger.qualifier,
        },
    })
}

/// Checks what such a trigger says. Its queue may come later.
pub(super) fn check(config: &Json) -> Outcome<()> {
    let queue = parameters(config)["QueueName"].as_str();
    if queue.is_none_or(str::is_empty) {
        let why = "eventSourceParameters.sourceMNSParameters.QueueName is missing";
        return Err(FcError::invalid(why));
    }
    is_streaming(config)?.then(|| batches(config)).transpose()?;
    Ok(())
}

fn parameters(config: &Json) -> &Json {
    &config["eventSourceConfig"]["eventSourceParameters"]["sourceMNSParameters"]
}

fn flow(trigger: &Trigger) -> Outcome<Flow> {
    if is_streaming(&trigger.config)? {
        return batches(&trigger.config).map(Flow::Batched);
    }
    // As the vendor calls the bus that it makes for the trigger.
    Ok(Flow::Each(format!(
        "MNS-{}-{}",
        trigger.function, trigger.name
    )))
}

/// Whether events come in batches: as `runOptions` say, or else the `deliveryOption`; by themselves if neither does.
fn is_streaming(config: &Json) -> Outcome<bool> {
    let said = [&config["runOptions"], delivery(config)];
    let said = said.map(|options| word(options, "mode"));
    match said.into_iter().flatten().next() {
        None | Some("event-driven") => Ok(false),
        Some("event-streaming") => Ok(true),
        Some(other) => Err(FcError::invalid(format!(
            "mode {other:?} is neither event-driven nor event-streaming"
        ))),
    }
}

fn delivery(config: &Json) -> &Json {
    &config["eventSinkConfig"]["deliveryOption"]
}

fn batches(config: &Json) -> Outcome<Batches> {
    let window = &config["runOptions"]["batchWindow"];
    let (count, seconds) = (
        number(window, "CountBasedWindow", COUNT)?,
        number(window, "TimeBasedWindow", WINDOW)?,
    );
    let usual = if seconds.is_some() { COUNT.1 } else { COUNT.0 };
    let side_by_side = number(delivery(config), "concurrency", SIDE_BY_SIDE)?;
    let raw = match word(delivery(config), "eventSchema") {
        None | Some("CloudEvents") => false,
        Some("RawData") => true,
        Some(other) => {
            let why = format!("eventSchema {other:?} is neither CloudEvents nor RawData");
            return Err(FcError::invalid(why));
        }
    };
    Ok(Batches {
        count: size(count.unwrap_or(usual)),
        window_ms: i64::from(seconds.unwrap_or_default()) * 1000,
        raw,
        side_by_side: size(side_by_side.unwrap_or(SIDE_BY_SIDE.0)),
        terms: terms(&config["runOptions"])?,
    })
}

fn terms(options: &Json) -> Outcome<Terms> {
    let retry = &options["retryStrategy"];
    let strategy = word(retry, "PushRetryStrategy").map(|word| {
        Strategy::of(word).ok_or_else(|| {
            FcError::invalid(format!(
                "PushRetryStrategy {word:?} is neither BACKOFF_RETRY nor EXPONENTIAL_DECAY_RETRY"
            ))
        })
    });
    let tolerant = match word(options, "errorsTolerance") {
        None | Some("NONE") => false,
        Some("ALL") => true,
        Some(other) => {
            let why = format!("errorsTolerance {other:?} is neither ALL nor NONE");
            return Err(FcError::invalid(why));
        }
    };
    let age = number(retry, "MaximumEventAgeInSeconds", ANY)?;
    Ok(Terms {
        strategy: strategy.transpose()?.unwrap_or_default(),
        attempts: number(retry, "MaximumRetryAttempts", ANY)?,
        age_ms: age.map(|age| i64::from(age) * 1000),
        tolerant,
        dead_letters: dead_letters(&options["deadLetterQueue"])?,
    })
}

fn dead_letters(queue: &Json) -> Outcome<Option<String>> {
    let Some(arn) = word(queue, "Arn") else {
        return Ok(None);
    };
    match Address::of_arn(arn) {
        Some(Address::Queue(name)) => Ok(Some(name)),
        _ => Err(FcError::unserved(
            "dead letters of triggers elsewhere than in queues of MNS",
        )),
    }
}

fn word<'a>(of: &'a Json, name: &str) -> Option<&'a str> {
    of[name].as_str().filter(|word| !word.is_empty())
}

/// A number within bounds; the vendor's manifests write some as texts.
fn number(of: &Json, name: &str, (least, most): (u32, u32)) -> Outcome<Option<u32>> {
    let given = &of[name];
    let read = match given {
        Json::Null => return Ok(None),
        Json::String(text) if text.is_empty() => return Ok(None),
        Json::String(text) => text.trim().parse().ok(),
        other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    match read.filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(FcError::invalid(format!(
            "{name} must be a number from {least} to {most}, and is {given}"
        ))),
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(more: &Json) -> Json {
        let mut config = json!({"eventSourceConfig": {
            "eventSourceType": "MNS", "eventSourceParameters": {"sourceMNSParameters": {"QueueName": "q"}},
        }});
        let own = config.as_object_mut().unwrap();
        own.extend(more.as_object().unwrap().clone());
        config
    }

    fn streaming(options: Json, delivery: &Json) -> Json {
        let mut options = options;
        options["mode"] = json!("event-streaming");
        config(&json!({"runOptions": options, "eventSinkConfig": {"deliveryOption": delivery}}))
    }

    #[test]
    fn a_trigger_is_a_stream_while_it_is_on() {
        let trigger = |config: Json| super::super::sample("eventbridge", "prod", config);
        let one = stream(trigger(config(&json!({"asyncInvocationType": true})))).unwrap();
        let to = Listener {
            name: "f/t".to_owned(),
            function: "f".to_owned(),
            qualifier: "prod".to_owned(),
            pattern: "{}".to_owned(),
            waits: false,
        };
        let expected = Stream {
            to,
            queue: "q".to_owned(),
            decodes: true,
            flow: Flow::Each("MNS-f-t".to_owned()),
        };
        assert_eq!(one, expected);
        assert_eq!(
            stream(trigger(config(&json!({"triggerEnable": false})))),
            None
        );
    }

    #[test]
    fn batches_are_as_the_trigger_says() {
        let said = json!({
            "batchWindow": {"CountBasedWindow": 100, "TimeBasedWindow": "3"}, "errorsTolerance": "ALL",
            "retryStrategy": {"PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY", "MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60},
            "deadLetterQueue": {"Arn": "acs:mns:r:1:/queues/dead"},
        });
        let option = json!({"eventSchema": "RawData", "concurrency": 4});
        let expected = Batches {
            count: 100,
            window_ms: 3000,
            raw: true,
            side_by_side: 4,
            terms: Terms {
                strategy: Strategy::Decay,
                attempts: Some(2),
                age_ms: Some(60_000),
                tolerant: true,
                dead_letters: Some("dead".to_owned()),
            },
        };
        assert_eq!(batches(&streaming(said, &option)), Ok(expected));
        let usual = batches(&streaming(json!({}), &json!({}))).unwrap();
        let own = (usual.count, usual.window_ms, usual.side_by_side);
        assert_eq!((own, usual.terms), ((1, 0, 1), Terms::default()));
        let timed = json!({"batchWindow": {"TimeBasedWindow": 15}});
        assert_eq!(
            batches(&streaming(timed, &json!({}))).unwrap().count,
            10_000
        );
    }

    #[test]
    fn the_mode_of_the_run_goes_before_that_of_the_delivery() {
        for (run, delivery, is_batched) in [
            (None, None, false),
            (None, Some("event-streaming"), true),
            (Some("event-driven"), Some("event-streaming"), false),
            (Some("event-streaming"), None, true),
        ] {
            let config = config(&json!({
                "runOptions": {"mode": run}, "eventSinkConfig": {"deliveryOption": {"mode": delivery}},
            }));
            assert_eq!(
                is_streaming(&config),
                Ok(is_batched),
                "{run:?} {delivery:?}"
            );
        }
    }

    #[test]
    fn what_could_never_be_is_refused() {
        let window = |window: Json| streaming(json!({"batchWindow": window}), &json!({}));
        for wrong in [
            json!({"eventSourceConfig": {"eventSourceType": "MNS"}}),
            config(&json!({"runOptions": {"mode": "stream"}})),
            window(json!({"CountBasedWindow": 0})),
            window(json!({"CountBasedWindow": 10_001})),
            window(json!({"TimeBasedWindow": 16})),
            window(json!({"TimeBasedWindow": "soon"})),
            streaming(json!({}), &json!({"eventSchema": "Raw"})),
            streaming(json!({}), &json!({"concurrency": 0})),
            streaming(json!({"errorsTolerance": "SOME"}), &json!({})),
            streaming(
                json!({"retryStrategy": {"PushRetryStrategy": "NEVER"}}),
                &json!({}),
            ),
        ] {
            let refused = check(&wrong).unwrap_err();
            assert_eq!(refused.code, "InvalidArgument", "{wrong}");
        }
        let elsewhere = json!({"deadLetterQueue": {"Arn": "acs:mq:r:1:/instances/i/topic/t"}});
        let refused = check(&streaming(elsewhere, &json!({}))).unwrap_err();
        assert_eq!(refused.code, "NotImplemented");
    }
}
