//! How steps and scopes end.

use serde_json::{Map, Value, json};

use super::apply::{Turn, Work};
use super::fault::Way;
use super::{EventKind, Fault, FrameId, State, limits};
use crate::data;
use crate::program::{Case, Dataflow, Kind, Language, Next, ScopeKind};

impl Turn<'_> {
    /// A step is done with a result. It goes on where its definition says, or elsewhere.
    pub(super) fn leave(&mut self, frame: FrameId, result: Value, elsewhere: Option<Next>) {
        self.leave_by(frame, result, (elsewhere, None));
    }

    /// The same; a way of a choice that was taken sets variables of its own.
    pub(super) fn leave_by(
        &mut self,
        frame: FrameId,
        result: Value,
        (elsewhere, taken): (Option<Next>, Option<&Case>),
    ) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        let step = self.program().step(run.step);
        let own = run.input.clone();
        let language = self.program.language;
        let made = self.around(frame, |around| {
            limits::check(language, &[&own, &result])?;
            let assign = match (taken, &step.data) {
                (Some(case), Dataflow::Paths(_)) => case.assign.as_ref(),
                _ => step.data.assign(),
            };
            let assigned = data::assigned(assign, &own, &result, around)?;
            self.check_variables(assigned.as_ref())?;
            let output = data::leave(step, &own, result, around)?;
            limits::check(language, &[&output])?;
            limits::check_map(language, &output, "output")?;
            Ok((output, assigned))
        });
        match made {
            Ok((output, assigned)) => {
                self.tell(EventKind::StepExited {
                    frame,
                    output,
                    assigned,
                });
                self.agenda
                    .push(Work::Go(frame, elsewhere.unwrap_or(step.next)));
            }
            Err(fault) => self.fail(frame, fault, Way::Failed),
        }
    }

    /// Whether these may be set besides the variables that are there.
    pub(super) fn check_variables(&self, assigned: Option<&Value>) -> Result<(), Fault> {
        let Some(assigned) = assigned else {
            return Ok(());
        };
        limits::check_variables(self.program.language, assigned, || self.execution.stored())
    }

    /// A scope has no more steps; `returns` tells whether the scopes of options around it end with it.
    pub(super) fn close(&mut self, frame: FrameId, returns: bool) {
        let Some(closed) = self.execution.frames.get(&frame) else {
            return;
        };
        let (data, parent) = (closed.data.clone(), closed.parent);
        match (self.program.scopes[closed.scope].kind, parent) {
            (ScopeKind::Flow, _) | (_, None) => self.finish(frame),
            (ScopeKind::Option, Some(parent)) => self.close_option(parent, data, returns),
            (ScopeKind::Branch, Some(parent)) => {
                self.tell(EventKind::BranchExited {
                    frame,
                    output: data,
                });
                self.gather_if_done(parent);
            }
            (ScopeKind::Iteration, Some(parent)) => {
                self.tell(EventKind::IterationExited {
                    frame,
                    output: data,
                });
                self.next_item(parent);
                self.gather_if_done(parent);
            }
        }
    }

    fn finish(&mut self, frame: FrameId) {
        let made = self.around(frame, |around| {
            data::flow_output(&self.program.data, around)
        });
        match made {
            Ok(output) => self.end(EventKind::ExecutionSucceeded { output }),
            Err(fault) => self.end(EventKind::ExecutionFailed { fault }),
        }
    }

    fn close_option(&mut self, frame: FrameId, local: Value, returns: bool) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        let next = match (&self.program.step(run.step).kind, &run.state) {
            _ if returns => Some(Next::Return),
            (
                Kind::Choice(choice),
                State::Inside {
                    case: Some(case), ..
                },
            ) => match choice.cases.get(*case) {
                Some(case) => case.next,
                None => choice.default,
            },
            _ => None,
        };
        self.tell(EventKind::StepSucceeded { frame });
        self.leave(frame, local, next);
    }

    fn gather_if_done(&mut self, frame: FrameId) {
        let is_done = match self.execution.run(frame).map(|run| &run.state) {
            Some(State::Inside { results, .. }) => results.iter().all(Option::is_some),
            _ => false,
        };
        if is_done {
            self.gather(frame);
        }
    }

    /// All branches or iterations are done: what they yielded is the step's result.
    pub(super) fn gather(&mut self, frame: FrameId) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        let State::Inside { results, .. } = &run.state else {
            return;
        };
        let results: Vec<Value> = results
            .iter()
            .map(|result| result.clone().unwrap_or_default())
            .collect();
        let is_map = matches!(self.program.step(run.step).kind, Kind::Map(_));
        let result = match self.program.language {
            Language::First | Language::States => Value::Array(results),
            Language::Second if is_map => json!({"Items": results}),
            Language::Second => {
                let branches = results.into_iter().enumerate();
                let branches = branches.map(|(index, result)| (format!("Branch{index}"), result));
                Value::Object(branches.collect::<Map<_, _>>())
            }
        };
        self.tell(EventKind::StepSucceeded { frame });
        self.leave(frame, result, None);
    }
}
