//! What a step does once its input is there.

use serde_json::Value;

use super::apply::Turn;
use super::fault::Way;
use super::{EventKind, Fault, FrameId};
use crate::data;
use crate::program::{Choice, Kind, Language};

impl Turn<'_> {
    /// Does what the step at a frame is there for. Its input is there.
    pub(super) fn perform(&mut self, frame: FrameId) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        if run.unfit
            && let Some(fault) = run.fault.clone()
        {
            return self.fail(frame, fault, Way::Failed);
        }
        let step = self.program().step(run.step);
        let own = run.input.clone();
        match &step.kind {
            Kind::Pass(Some(value)) => self.leave(frame, value.clone(), None),
            Kind::Pass(None) | Kind::Succeed | Kind::Wait(_) => {
                self.leave(frame, data::untouched(self.program.language, &own), None);
            }
            Kind::Fail { error, cause } => {
                let made = self.around(frame, |around| {
                    Ok(Fault::new(
                        data::text(error, &own, around)?,
                        data::text(cause, &own, around)?,
                    ))
                });
                let fault = made.unwrap_or_else(|fault| fault);
                self.fail(frame, fault, Way::Failed);
            }
            Kind::Choice(choice) => self.choose(frame, choice, &own),
            Kind::Task(task) => self.schedule(frame, task, &own),
            Kind::Parallel(scopes) => self.fork(frame, scopes, &own),
            Kind::Map(fan) => self.fan(frame, fan, &own),
        }
    }

    fn choose(&mut self, frame: FrameId, choice: &Choice, own: &Value) {
        let chosen = self.around(frame, |around| {
            for (number, case) in choice.cases.iter().enumerate() {
                if data::holds(&case.when, own, around)? {
                    return Ok(number);
                }
            }
            Ok(choice.cases.len())
        });
        let case = match chosen {
            Ok(case) => case,
            Err(fault) => return self.fail(frame, fault, Way::Failed),
        };
        let (body, next) = match choice.cases.get(case) {
            Some(case) => (case.body, case.next),
            None => (choice.default_body, choice.default),
        };
        let is_lost = case == choice.cases.len() && body.is_none() && next.is_none();
        if is_lost && self.program.language == Language::States {
            let fault = Fault::new(
                "States.NoChoiceMatched",
                "no choice matches, and there is no default",
            );
            return self.fail(frame, fault, Way::Failed);
        }
        let Some(scope) = body else {
            let result = data::untouched(self.program.language, own);
            return self.leave_by(frame, result, (next, choice.cases.get(case)));
        };
        let inside = self.tell(EventKind::StepStarted {
            frame,
            case: Some(case),
            count: 0,
        });
        self.open(inside, scope);
    }

    fn fork(&mut self, frame: FrameId, scopes: &[usize], own: &Value) {
        self.tell(EventKind::StepStarted {
            frame,
            case: None,
            count: scopes.len(),
        });
        if scopes.is_empty() {
            return self.gather(frame);
        }
        let first = self.agenda.len();
        for (index, scope) in scopes.iter().enumerate() {
            let inside = self.tell(EventKind::BranchEntered {
                frame,
                index,
                input: own.clone(),
            });
            self.open(inside, *scope);
        }
        // The last comes first, and the first branch shall.
        self.agenda[first..].reverse();
    }
}
