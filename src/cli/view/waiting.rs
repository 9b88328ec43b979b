//! Steps that wait for a report, with their tokens, from the events of an execution.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// A step that waits for a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Waiting {
    /// The step's name.
    pub(in crate::cli) step: String,
    /// The number of the event that opened what it stands in: a branch or an iteration; 0 is the flow.
    pub(in crate::cli) frame: u64,
    /// Its token.
    pub(in crate::cli) token: String,
}

/// The steps that wait, in their order. Clouds whose events do not tell tokens have none.
pub(in crate::cli) fn waiting(events: &[Json]) -> Vec<Waiting> {
    let mut all: BTreeMap<u64, Waiting> = BTreeMap::new();
    // What each frame was opened in.
    let mut around: BTreeMap<u64, u64> = BTreeMap::new();
    for event in events {
        let detail = event["EventDetail"].as_str().unwrap_or_default();
        let detail: Json = serde_json::from_str(detail).unwrap_or_default();
        let frame = detail["frame"].as_u64().unwrap_or(0);
        match event["Type"].as_str().unwrap_or_default() {
            "TaskStarted" => {
                let Some(token) = detail["taskToken"].as_str() else {
                    continue;
                };
                let step = event["StepName"].as_str().unwrap_or_default().to_owned();
                let token = token.to_owned();
                all.insert(frame, Waiting { step, frame, token });
            }
            "TaskSucceeded" | "TaskFailed" | "TaskTimedOut" | "TaskSubmitFailed" => {
                all.remove(&frame);
            }
            "StepStarted" | "BranchEntered" | "IterationEntered" => {
                around.extend(event["EventId"].as_u64().map(|id| (id, frame)));
            }
            // What was inside is over, too: a sibling that failed gives up the others.
            "StepFailed" | "StepExited" => {
                all.retain(|inside, _| !is_within(*inside, frame, &around));
            }
            "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionStopped" | "ExecutionTimedOut" => {
                all.clear();
            }
            _ => {}
        }
    }
    all.into_values().collect()
}

fn is_within(inside: u64, outer: u64, around: &BTreeMap<u64, u64>) -> bool {
    let mut frame = inside;
    while frame != outer {
        match around.get(&frame) {
            Some(next) if *next < frame => frame = *next,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(id: u64, kind: &str, step: &str, detail: &Json) -> Json {
        json!({ "EventId": id, "Type": kind, "StepName": step, "EventDetail": detail.to_string() })
    }

    #[test]
    fn those_wait_that_began_and_were_not_given_up() {
        let started = |id: u64, step: &str, frame: u64| {
            let token = format!("{step}-{frame}");
            event(
                id,
                "TaskStarted",
                step,
                &json!({ "frame": frame, "taskToken": token }),
            )
        };
        let all = [
            event(2, "StepEntered", "both", &json!({ "frame": 0 })),
            event(
                3,
                "BranchEntered",
                "both",
                &json!({ "frame": 0, "index": 0 }),
            ),
            started(4, "sign", 3),
            event(
                5,
                "BranchEntered",
                "both",
                &json!({ "frame": 0, "index": 1 }),
            ),
            started(6, "ask", 5),
            event(7, "TaskStarted", "plain", &json!({ "frame": 5 })),
            event(8, "TaskFailed", "ask", &json!({ "frame": 5, "retry": "x" })),
            started(9, "ask", 5),
            event(10, "TaskSucceeded", "sign", &json!({ "frame": 3 })),
            event(11, "StepFailed", "both", &json!({ "frame": 0 })),
        ];
        let steps = |most: usize| -> Vec<String> {
            let waiting = waiting(&all[..most]).into_iter();
            waiting.map(|one| one.token).collect()
        };
        assert_eq!(steps(5), ["sign-3", "ask-5"]);
        assert_eq!(steps(7), ["sign-3"]);
        assert_eq!(steps(8), ["sign-3", "ask-5"]);
        assert_eq!(steps(9), ["ask-5"]);
        assert_eq!(steps(10), [""; 0]);
        let mut stopped = all[..5].to_vec();
        stopped.push(event(6, "ExecutionStopped", "", &json!({})));
        assert_eq!(waiting(&stopped), []);
    }
}
