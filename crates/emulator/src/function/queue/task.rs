//! A task: an asynchronous call whose way is recorded, from its queue to its end. Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Event;
use super::policy::{Ending, Next};
use crate::function::error::{FcError, Outcome};

/// Bytes that are kept of an answer. The vendor's limit.
pub(super) const LONGEST_ANSWER: usize = 1024 * 1024;
/// Characters of an id at most. The vendor's limit.
const LONGEST_ID: usize = 128;

/// How far a task is; the vendor's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Enqueued,
    Running,
    Retrying,
    Stopping,
    Stopped,
    Succeeded,
    Failed,
    /// Too old before it reached the function.
    Expired,
    /// What it was for is no more.
    Invalid,
}

/// One step of a task's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    status: Status,
    /// Milliseconds of the cloud's time.
    at_ms: i64,
    detail: String,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(super) id: String,
    pub(super) function: String,
    pub(super) qualifier: String,
    pub(super) request_id: String,
    /// When it was accepted, in milliseconds of the cloud's time.
    pub(super) started_ms: i64,
    pub(super) status: Status,
    payload: String,
    answer: String,
    error: String,
    instance: String,
    retries: u32,
    running_ms: Option<i64>,
    ended_ms: Option<i64>,
    steps: Vec<Step>,
}

/// Checks an id that a caller gives, by the vendor's rule (`InvokeFunction`).
pub(super) fn check_id(id: &str) -> Outcome<()> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.len() <= LONGEST_ID && id.starts_with(first) && id.chars().all(fits) {
        return Ok(());
    }
    Err(FcError::invalid(format!(
        "x-fc-async-task-id {id:?} must be letters, digits, `_` and `-`, a letter or `_` first, {LONGEST_ID} at most"
    )))
}

impl Task {
    /// The task of a new event.
    pub(super) fn new(event: &Event, id: &str) -> Self {
        let mut task = Self {
            id: id.to_owned(),
            function: event.function.clone(),
            qualifier: event.qualifier.clone(),
            request_id: event.request_id.clone(),
            started_ms: event.enqueued_ms,
            status: Status::Enqueued,
            payload: String::from_utf8_lossy(&event.payload).into_owned(),
            answer: String::new(),
            error: String::new(),
            instance: String::new(),
            retries: 0,
            running_ms: None,
            ended_ms: None,
            steps: Vec::new(),
        };
        task.step(Status::Enqueued, event.enqueued_ms, "");
        task
    }

    /// Its event is about to be called; whether it shall be.
    pub(super) fn begin(&mut self, now_ms: i64) -> bool {
        match self.status {
            Status::Enqueued | Status::Retrying | Status::Running => {
                self.running_ms = Some(now_ms);
                self.step(Status::Running, now_ms, "");
                true
            }
            // A cloud that was killed had it under way.
            Status::Stopping => {
                self.end(Status::Stopped, now_ms, "");
                false
            }
            _ => false,
        }
    }

    /// Its event was called: what comes of the event comes of the task, unless it was stopped meanwhile.
    pub(super) fn settle(&mut self, next: &Next, (ending, instance): (&Ending, &str), now_ms: i64) {
        instance.clone_into(&mut self.instance);
        if self.status == Status::Stopping {
            return self.end(Status::Stopped, now_ms, "");
        }
        let (answer, error) = match ending {
            Ending::Succeeded { payload } => (payload.as_str(), ""),
            Ending::Failed { kind, payload } => (payload.as_str(), *kind),
            Ending::Refused | Ending::Gone => ("", ""),
        };
        error.clone_into(&mut self.error);
        if answer.len() <= LONGEST_ANSWER {
            answer.clone_into(&mut self.answer);
        }
        match next {
            Next::Again { .. } => {
                self.retries += u32::from(*ending != Ending::Refused);
                self.step(Status::Retrying, now_ms, error);
            }
            Next::Ended { succeeded: true } => self.end(Status::Succeeded, now_ms, ""),
            Next::Ended { .. } if *ending == Ending::Refused => {
                self.end(Status::Expired, now_ms, "");
            }
            Next::Ended { .. } => self.end(Status::Failed, now_ms, error),
            Next::Drop => self.end(
                Status::Invalid,
                now_ms,
                "the function, version or alias is no more",
            ),
        }
    }

    /// Stops it: at once when it waits, when its call has ended if one is under way.
    pub(super) fn stop(&mut self, now_ms: i64) -> Outcome<()> {
        let id = &self.id;
        match self.status {
            Status::Enqueued | Status::Retrying => self.end(Status::Stopped, now_ms, ""),
            Status::Running => self.step(Status::Stopping, now_ms, ""),
            Status::Stopping => {}
            Status::Stopped => {
                return Err(FcError::new(
                    http::StatusCode::PRECONDITION_FAILED,
                    "AsyncInvocationStopped",
                    format!("async task '{id}' has been stopped"),
                ));
            }
            ended => {
                return Err(FcError::invalid(format!(
                    "async task '{id}' has ended already: {ended:?}"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Whether it was called by a qualifier.
    pub(crate) fn is_of(&self, qualifier: &str) -> bool {
        self.qualifier == qualifier
    }

    /// Whether nothing will become of it any more.
    pub(super) fn is_over(&self) -> bool {
        self.ended_ms.is_some()
    }

    /// Whether its caller wants no more of it.
    pub(super) fn is_stopped(&self) -> bool {
        self.status == Status::Stopped
    }

    fn end(&mut self, status: Status, now_ms: i64, detail: &str) {
        self.ended_ms = Some(now_ms);
        self.step(status, now_ms, detail);
    }

    fn step(&mut self, status: Status, at_ms: i64, detail: &str) {
        self.status = status;
        self.steps.push(Step {
            status,
            at_ms,
            detail: detail.to_owned(),
        });
    }

    /// As `GetAsyncTask` shows it; lists leave out the steps, and what was sent unless it is asked for.
    pub(crate) fn show(&self, arn: &str, whole: bool, payload: bool) -> Json {
        let mut shown = json!({
            "taskId": self.id,
            "functionArn": arn,
            "qualifier": self.qualifier,
            "requestId": self.request_id,
            "status": self.status,
            "startedTime": self.started_ms,
            "alreadyRetriedTimes": self.retries,
            "instanceId": self.instance,
            "taskErrorMessage": self.error,
        });
        if let Some(ended_ms) = self.ended_ms {
            shown["endTime"] = ended_ms.into();
            shown["durationMs"] = self.running_ms.map_or(0, |since| ended_ms - since).into();
        }
        if payload {
            shown["taskPayload"] = self.payload.as_str().into();
        }
        if whole {
            shown["returnPayload"] = self.answer.as_str().into();
            let steps = (1..).zip(&self.steps);
            let steps: Vec<Json> = steps.map(|(id, step)| step.show(id)).collect();
            shown["events"] = steps.into();
        }
        shown
    }
}

impl Step {
    fn show(&self, id: i64) -> Json {
        json!({ "eventId": id, "status": self.status, "timestamp": self.at_ms, "eventDetail": self.detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task::new(&Event::new("r", "f", "LATEST", b"x", 1), "t")
    }

    fn words(task: &Task) -> Vec<Status> {
        task.steps.iter().map(|step| step.status).collect()
    }

    fn failed() -> Ending {
        Ending::Failed {
            kind: "UnhandledInvocationError",
            payload: "{}".to_owned(),
        }
    }

    #[test]
    fn a_task_that_fails_is_tried_again_and_ends() {
        let mut task = task();
        assert!(task.begin(2));
        task.settle(&Next::Again { due_ms: 9 }, (&failed(), "i"), 3);
        assert!(task.begin(9) && !task.is_over());
        task.settle(&Next::Ended { succeeded: false }, (&failed(), "i"), 12);
        let expected = [
            Status::Enqueued,
            Status::Running,
            Status::Retrying,
            Status::Running,
            Status::Failed,
        ];
        assert_eq!(words(&task), expected);
        let shown = task.show("arn", true, true);
        assert_eq!(
            (&shown["durationMs"], &shown["alreadyRetriedTimes"]),
            (&json!(3), &json!(1))
        );
        assert_eq!(shown["taskErrorMessage"], "UnhandledInvocationError");
        assert_eq!(task.stop(13).unwrap_err().code, "InvalidArgument");
    }

    #[test]
    fn a_task_that_waits_is_stopped_at_once_and_one_under_way_when_its_call_has_ended() {
        let mut waiting = task();
        waiting.stop(2).unwrap();
        assert!(waiting.is_over() && !waiting.begin(3));
        assert_eq!(waiting.stop(4).unwrap_err().code, "AsyncInvocationStopped");
        let mut running = task();
        running.begin(2);
        running.stop(3).unwrap();
        assert_eq!(
            (running.status, running.is_over()),
            (Status::Stopping, false)
        );
        let mut killed = running.clone();
        assert!(!killed.begin(4), "a cloud was killed before it ended");
        assert!(killed.is_stopped() && killed.is_over());
        running.settle(&Next::Again { due_ms: 9 }, (&failed(), "i"), 4);
        assert!(running.is_stopped() && running.is_over());
        assert_eq!(
            (&*running.instance, &*running.answer, &*running.error),
            ("i", "", "")
        );
    }
}
