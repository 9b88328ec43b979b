//! Tasks: calls that are scheduled, come back, or are reported on.

use serde_json::Value;

use super::apply::{Effect, Turn, Work};
use super::fault::{MISSED, Way};
use super::{Attempt, EventKind, Fault, Frame, FrameId, Millis, Run, State};
use crate::data;
use crate::expression::Expr;
use crate::program::{Kind, Pattern, Task};

impl Turn<'_> {
    /// Asks for a step's call.
    pub(super) fn schedule(&mut self, frame: FrameId, task: &Task, own: &Value) {
        let made = self.deadlines(frame, task, own);
        let (deadline, by_heartbeat) = match made {
            Ok(made) => made,
            Err(fault) => return self.fail(frame, fault, Way::Failed),
        };
        self.tell(EventKind::TaskScheduled {
            frame,
            deadline,
            by_heartbeat,
        });
        match self.call(frame) {
            Some(Ok(call)) => {
                self.tell(EventKind::TaskStarted { frame });
                self.effects.push(Effect::Call(Box::new(call)));
            }
            Some(Err(fault)) => self.fail(frame, fault, Way::Refused),
            None => {}
        }
    }

    /// When a task times out, and whether it does so for want of a heartbeat. Nobody can send one but by the report
    /// itself, so only what waits for a report can miss it.
    fn deadlines(
        &self,
        frame: FrameId,
        task: &Task,
        own: &Value,
    ) -> Result<(Option<Millis>, bool), Fault> {
        let timeout = self.moment_after(frame, task.timeout.as_ref(), own)?;
        let heartbeat = task.heartbeat.as_ref();
        let heartbeat = heartbeat.filter(|_| task.pattern == Pattern::Callback);
        let heartbeat = self.moment_after(frame, heartbeat, own)?;
        Ok(match (timeout, heartbeat) {
            (timeout, Some(heartbeat)) if timeout.is_none_or(|timeout| heartbeat < timeout) => {
                (Some(heartbeat), true)
            }
            (timeout, _) => (timeout, false),
        })
    }

    /// The moment that is so many seconds ahead.
    fn moment_after(
        &self,
        frame: FrameId,
        seconds: Option<&Expr>,
        own: &Value,
    ) -> Result<Option<Millis>, Fault> {
        let Some(timeout) = seconds else {
            return Ok(None);
        };
        let value = self.around(frame, |around| data::value(timeout, own, around))?;
        let Some(seconds) = value.as_f64().filter(|seconds| *seconds >= 0.0) else {
            return Err(Fault::runtime(
                self.program.language,
                format!("a time-out cannot be {value} seconds"),
            ));
        };
        if seconds == 0.0 {
            return Ok(None);
        }
        #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
        let millis = (seconds * 1000.0) as Millis;
        Ok(Some(self.now.saturating_add(millis)))
    }

    /// What a task fails with that is late.
    pub(super) fn late(&self, frame: FrameId) -> Fault {
        match self.execution.run(frame).map(|run| &run.state) {
            Some(State::Calling {
                by_heartbeat: true, ..
            }) => {
                let cause = "no report came within the time of a heartbeat";
                Fault::new(MISSED, cause)
            }
            _ => Fault::timeout(self.program.language, "the task took too long"),
        }
    }

    /// A call came back. What waits for more than the reply goes on waiting.
    pub(super) fn returned(&mut self, scheduled: u64, outcome: Result<Value, Fault>) {
        let Some(frame) = self.calling(scheduled) else {
            return;
        };
        let Some((pattern, State::Calling { is_submitted, .. })) = self.task_of(frame) else {
            return;
        };
        match outcome {
            Ok(output) if pattern == Pattern::Response => self.succeed(frame, output),
            Ok(output) if !is_submitted => {
                self.tell(EventKind::TaskSubmitted { frame, output });
            }
            Ok(_) => {}
            Err(fault) => {
                let way = if pattern == Pattern::Response || is_submitted {
                    Way::Failed
                } else {
                    Way::Refused
                };
                self.fail(frame, fault, way);
            }
        }
    }

    /// Somebody reported to the token of a try. A report may come before the call itself is back.
    pub(super) fn reported(&mut self, attempt: Attempt, outcome: Result<Value, Fault>) {
        let mut frames = self.execution.frames.iter();
        let is_it = |frame: &Frame| frame.at.as_ref().map(Run::attempt) == Some(attempt);
        let found = frames.find(|(_, frame)| is_it(frame));
        let Some(frame) = found.map(|(id, _)| *id) else {
            return;
        };
        let waits = matches!(
            self.task_of(frame),
            Some((
                Pattern::Callback | Pattern::Completion,
                State::Calling { .. }
            ))
        );
        match outcome {
            _ if !waits => {}
            Ok(output) => self.succeed(frame, output),
            Err(fault) => self.fail(frame, fault, Way::Failed),
        }
    }

    fn succeed(&mut self, frame: FrameId, output: Value) {
        self.tell(EventKind::TaskSucceeded {
            frame,
            output: output.clone(),
        });
        self.leave(frame, output, None);
    }

    fn task_of(&self, frame: FrameId) -> Option<(Pattern, State)> {
        let run = self.execution.run(frame)?;
        match &self.program.step(run.step).kind {
            Kind::Task(task) => Some((task.pattern, run.state.clone())),
            _ => None,
        }
    }

    /// Time has passed: waits end, pauses end, what is late fails. In the order in which it was due.
    pub(super) fn tick(&mut self) {
        if self.execution.deadline <= self.now {
            let fault = Fault::timeout(self.program.language, "the execution took too long");
            return self.end(EventKind::ExecutionTimedOut { fault });
        }
        let now = self.now;
        let due = self
            .execution
            .frames
            .iter()
            .filter_map(|(id, frame)| Some((frame.at.as_ref()?.due()?, *id)));
        let mut due: Vec<(Millis, FrameId)> = due.filter(|(at, _)| *at <= now).collect();
        due.sort_unstable();
        let late: Vec<Work> = due
            .into_iter()
            .filter_map(|(_, frame)| self.wake(frame))
            .collect();
        self.agenda.extend(late.into_iter().rev());
    }

    fn wake(&mut self, frame: FrameId) -> Option<Work> {
        match self.execution.run(frame)?.state {
            State::Waiting(_) | State::Pausing(_) => Some(Work::Perform(frame)),
            State::Calling { scheduled, .. } => {
                self.effects.push(Effect::Cancel(scheduled));
                Some(Work::Late(frame))
            }
            _ => None,
        }
    }
}
