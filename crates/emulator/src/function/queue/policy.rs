//! What becomes of an event after a call: done, again later, or given up; and what its destination is told. Pure.

use serde_json::{Value as Json, json};

use super::{Event, Setting};

/// The first wait before a retry; each further one is twice as long. The vendor's figures for refused calls; it does not
/// publish the waits after a function's error, which are the same here.
const FIRST_WAIT_MS: i64 = 500;
/// Waits do not grow beyond this: 5 hours.
const LONGEST_WAIT_MS: i64 = 5 * 3600 * 1000;

/// What came of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Succeeded {
        payload: String,
    },
    /// The function failed: counts towards its retries.
    Failed {
        kind: &'static str,
        payload: String,
    },
    /// The call did not reach it (no room): tried until the event is too old.
    Refused,
    /// The function is no more.
    Gone,
}

/// What to do with the event's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    Again { due_ms: i64 },
    Ended { succeeded: bool },
    Drop,
}

/// Decides after a call that ended at `now_ms`.
pub(super) fn next(event: &Event, setting: &Setting, ending: &Ending, now_ms: i64) -> Next {
    match ending {
        Ending::Succeeded { .. } => return Next::Ended { succeeded: true },
        Ending::Gone => return Next::Drop,
        Ending::Failed { .. } if event.failures >= setting.retries() => {
            return Next::Ended { succeeded: false };
        }
        Ending::Failed { .. } | Ending::Refused => {}
    }
    let due_ms = now_ms.saturating_add(wait_ms(event.failures + event.refusals));
    if due_ms - event.enqueued_ms > setting.age_ms() {
        return Next::Ended { succeeded: false };
    }
    Next::Again { due_ms }
}

fn wait_ms(tries: u32) -> i64 {
    let wait = FIRST_WAIT_MS.saturating_mul(1_i64 << tries.min(30));
    wait.min(LONGEST_WAIT_MS)
}

/// What a destination is called with; the form is the vendor's. `responsePayload` and `responseContext` say how the last
/// call ended.
pub(super) fn report(event: &Event, arn: &str, ending: &Ending, now_ms: i64) -> Json {
    let (condition, payload) = match ending {
        Ending::Succeeded { payload } => ("", payload.as_str()),
        Ending::Failed { kind, payload } => (*kind, payload.as_str()),
        Ending::Refused | Ending::Gone => ("", ""),
    };
    let mut context = json!({ "statusCode": if *ending == Ending::Refused { 429 } else { 200 } });
    context["functionError"] = json!(condition);
    json!({
        "timestamp": now_ms,
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": event.failures + event.refusals + 1,
        },
        "requestPayload": String::from_utf8_lossy(&event.payload),
        "responseContext": context,
        "responsePayload": payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Ending {
        Ending::Failed {
            kind: "UnhandledInvocationError",
            payload: "{}".to_owned(),
        }
    }

    #[test]
    fn a_failing_function_is_tried_four_times_with_doubling_waits() {
        let mut event = Event::new("r", "f", "LATEST", b"x", 0);
        let setting = Setting::default();
        let mut waits = Vec::new();
        while let Next::Again { due_ms } = next(&event, &setting, &failed(), 0) {
            waits.push(due_ms);
            event.failures += 1;
        }
        assert_eq!(waits, [500, 1000, 2000]);
    }

    #[test]
    fn a_refused_event_is_tried_until_it_is_too_old() {
        let mut event = Event::new("r", "f", "LATEST", b"x", 0);
        let setting = Setting::default();
        let (mut now, mut tries) = (0, 0);
        while let Next::Again { due_ms } = next(&event, &setting, &Ending::Refused, now) {
            assert!(due_ms - now <= LONGEST_WAIT_MS);
            (now, tries) = (due_ms, tries + 1);
            event.refusals += 1;
        }
        assert!(now <= setting.age_ms() && tries > 16, "{now} {tries}");
    }

    #[test]
    fn a_destination_is_told_how_the_last_call_ended() {
        let event = Event::new("r", "f", "LATEST", b"x", 0);
        let said = report(&event, "arn", &failed(), 7);
        assert_eq!(
            said,
            json!({
                "timestamp": 7,
                "requestContext": {"requestId": "r", "functionArn": "arn",
                    "condition": "UnhandledInvocationError", "approximateInvokeCount": 1},
                "requestPayload": "x",
                "responseContext": {"statusCode": 200, "functionError": "UnhandledInvocationError"},
                "responsePayload": "{}",
            })
        );
    }
}
