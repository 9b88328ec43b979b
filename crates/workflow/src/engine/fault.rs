//! Errors of steps: their names, which rules match them, where they lead.

use serde::{Deserialize, Serialize};

use super::apply::{Effect, Turn, Work};
use super::{Again, EventKind, FrameId, Millis, State};
use crate::data;
use crate::program::{Kind, Language, Next, Retry, Step};

/// The name of the error of a task whose heartbeat was missed.
pub(super) const MISSED: &str = "States.HeartbeatTimeout";

/// An error of a step: its name, which rules match, and what happened in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The name.
    pub error: String,
    /// The words.
    pub cause: String,
}

impl Fault {
    /// An error of that name.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            cause: cause.into(),
        }
    }

    /// The engine could not do what the flow says.
    pub(crate) fn runtime(language: Language, cause: impl Into<String>) -> Self {
        let name = match language {
            Language::States => "States.Runtime",
            Language::First | Language::Second => "FnF.RuntimeError",
        };
        Self::new(name, cause)
    }

    pub(super) fn timeout(language: Language, cause: impl Into<String>) -> Self {
        let name = match language {
            Language::States => "States.Timeout",
            Language::First | Language::Second => "FnF.TaskTimeout",
        };
        Self::new(name, cause)
    }

    fn matches(&self, names: &[String], step: &Step) -> bool {
        // What the engine itself cannot do is matched by its own name only. The vendor's pages say so of
        // States.DataLimitExceeded too; recorded executions show that States.ALL does match it.
        let is_fatal = self.error == "States.Runtime";
        // To miss a heartbeat is to be late, too, by the vendor's list of errors.
        let is_late = ["States.Timeout", MISSED].contains(&self.error.as_str());
        names.iter().any(|name| match name.as_str() {
            "FnF.ALL" => true,
            "States.ALL" => !is_fatal,
            "States.TaskFailed" => {
                name == &self.error || (matches!(step.kind, Kind::Task(_)) && !is_late && !is_fatal)
            }
            "States.Timeout" => is_late,
            other => other == self.error || self.is_called(other),
        })
    }

    /// Whether machines of Amazon's know a failure of the service that runs functions by this name. That nearly all of them try
    /// these again is the advice of that vendor ("Best practices for Step Functions", transient Lambda service exceptions).
    fn is_called(&self, name: &str) -> bool {
        match self.error.as_str() {
            "FC.ResourceExhausted" => name == "Lambda.TooManyRequestsException",
            "FC.Unknown" => [
                "Lambda.ServiceException",
                "Lambda.AWSLambdaException",
                "Lambda.SdkClientException",
                "Lambda.ClientExecutionTimeoutException",
                "Lambda.Unknown",
            ]
            .contains(&name),
            _ => false,
        }
    }
}

/// How a task failed: decides which event tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The task, or the step has none.
    Failed,
    /// The call was not taken.
    Refused,
    /// It took too long.
    Late,
}

impl Turn<'_> {
    /// A step failed: it is tried again, a rule leads on, or what is around it fails.
    pub(super) fn fail(&mut self, frame: FrameId, fault: Fault, way: Way) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        let step = self.program.step(run.step);
        let is_out = matches!(run.state, State::Calling { .. });
        let again = self.again(frame, step, &fault);
        if is_out {
            self.tell_task(frame, fault.clone(), way, again.clone());
        }
        match again {
            Some(_) if is_out => {}
            Some(_) => {
                self.cancel_inside(frame);
                self.tell(EventKind::StepFailed {
                    frame,
                    fault,
                    again,
                    caught: false,
                });
            }
            None => self.give_up(frame, fault),
        }
    }

    fn tell_task(&mut self, frame: FrameId, fault: Fault, way: Way, again: Option<Again>) {
        self.tell(match way {
            Way::Failed => EventKind::TaskFailed {
                frame,
                fault,
                again,
            },
            Way::Refused => EventKind::TaskSubmitFailed {
                frame,
                fault,
                again,
            },
            Way::Late => EventKind::TaskTimedOut {
                frame,
                fault,
                again,
            },
        });
    }

    /// The first rule that names the error counts, also when it is used up.
    fn again(&self, frame: FrameId, step: &Step, fault: &Fault) -> Option<Again> {
        let run = self.execution.run(frame)?;
        let rule = step
            .retry
            .iter()
            .position(|rule| fault.matches(&rule.errors, step))?;
        let tries = run.tries.get(rule).copied().unwrap_or(0);
        let mut pause = pause(&step.retry[rule], tries)?;
        if step.retry[rule].jitter {
            pause = self.around(frame, |around| around.chance.up_to(pause));
        }
        Some(Again {
            rule,
            at: self.now.saturating_add(pause),
        })
    }

    fn give_up(&mut self, frame: FrameId, fault: Fault) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        let step = self.program.step(run.step);
        let rule = step
            .catch
            .iter()
            .find(|rule| fault.matches(&rule.errors, step));
        let Some(rule) = rule else {
            return self.pass_up(frame, fault);
        };
        let own = run.input.clone();
        // What the rule puts out may name the error. The event that tells it follows, whatever becomes of the output.
        if let Some(run) = self.execution.run_mut(frame) {
            run.fault = Some(fault.clone());
        }
        let made = self.around(frame, |around| {
            let assigned = data::assigned_by(rule, &own, &fault, around)?;
            self.check_variables(assigned.as_ref())?;
            Ok((data::caught(step, rule, &own, &fault, around)?, assigned))
        });
        match made {
            Ok((output, assigned)) => {
                self.cancel_inside(frame);
                self.tell(EventKind::StepFailed {
                    frame,
                    fault,
                    again: None,
                    caught: true,
                });
                self.tell(EventKind::StepExited {
                    frame,
                    output,
                    assigned,
                });
                self.agenda.push(Work::Go(frame, rule.next));
            }
            Err(fault) => self.pass_up(frame, fault),
        }
    }

    /// What is around the step fails too.
    fn pass_up(&mut self, frame: FrameId, fault: Fault) {
        self.tell(EventKind::StepFailed {
            frame,
            fault: fault.clone(),
            again: None,
            caught: false,
        });
        match self
            .execution
            .frames
            .get(&frame)
            .and_then(|frame| frame.parent)
        {
            Some(parent) => self.agenda.push(Work::Fail(parent, fault)),
            None => self.end(EventKind::ExecutionFailed { fault }),
        }
    }

    /// Calls inside a step that is given up are not waited for.
    pub(super) fn cancel_inside(&mut self, frame: FrameId) {
        let inside = self.execution.family(frame);
        self.agenda.retain(|work| !inside.contains(&work.frame()));
        self.cancel(&inside);
    }

    /// Calls of these frames are not waited for.
    pub(super) fn cancel(&mut self, frames: &[FrameId]) {
        let calls = frames
            .iter()
            .filter_map(|id| match &self.execution.run(*id)?.state {
                State::Calling { scheduled, .. } => Some(Effect::Cancel(*scheduled)),
                State::Distributing(map_run) if map_run.is_running() => {
                    Some(Effect::StopItems(map_run.name.clone()))
                }
                _ => None,
            });
        let calls: Vec<Effect> = calls.collect();
        self.effects.extend(calls);
    }

    pub(super) fn go(&mut self, frame: FrameId, next: Next) {
        match next {
            Next::Step(step) => self.enter(frame, step),
            Next::End => self.close(frame, false),
            Next::Return => self.close(frame, true),
        }
    }
}

/// Milliseconds before the next try, if there is one.
fn pause(rule: &Retry, tries: u64) -> Option<Millis> {
    if tries >= rule.attempts {
        return None;
    }
    let exponent = i32::try_from(tries).unwrap_or(i32::MAX);
    let seconds = (rule.interval * rule.rate.powi(exponent)).min(rule.most.unwrap_or(f64::MAX));
    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let millis = (seconds * 1000.0).round() as Millis;
    Some(millis.max(0))
}

#[cfg(test)]
mod tests {
    use super::pause;
    use crate::program::Retry;

    #[test]
    fn pauses_grow_up_to_their_limit_and_end() {
        let rule = Retry {
            errors: Vec::new(),
            at: crate::Place::default(),
            interval: 10.0,
            rate: 2.0,
            most: Some(25.0),
            attempts: 3,
            jitter: false,
        };
        let pauses: Vec<_> = (0..4).map(|tries| pause(&rule, tries)).collect();
        assert_eq!(pauses, [Some(10_000), Some(20_000), Some(25_000), None]);
    }
}
