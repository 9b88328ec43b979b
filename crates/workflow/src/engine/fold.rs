//! How each event changes an execution. Nothing is decided here.

use std::sync::Arc;

use serde_json::Value;

use super::{Again, Event, EventKind, Execution, Fault, FrameId, Millis, State, Status};
use crate::data;
use crate::program::{Language, Program, ROOT};

impl Execution {
    /// The execution that events add up to. `None` if they do not begin with its start.
    pub fn of(program: &Program, events: &[Event]) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let EventKind::ExecutionStarted { header, .. } = &first.kind else {
            return None;
        };
        let mut execution = Self::new(header.clone());
        execution.fold(program, first);
        for event in rest {
            execution.fold(program, event);
        }
        Some(execution)
    }

    /// Adds one event.
    pub fn fold(&mut self, program: &Program, event: &Event) {
        self.events = event.id;
        self.unshown += u64::from(!event.kind.is_history());
        match &event.kind {
            EventKind::ExecutionStarted {
                header,
                input,
                deadline,
            } => {
                self.started = event.time;
                self.deadline = *deadline;
                let scope = header.part.unwrap_or(ROOT);
                self.open(program, 0, (None, scope, 0), input);
            }
            EventKind::ExecutionRedriven { deadline } => self.redrive(event.time, *deadline),
            EventKind::ExecutionSucceeded { output } => {
                self.output = Some(output.clone());
                self.end(Status::Succeeded, event.time, None);
                self.frames.clear();
            }
            EventKind::ExecutionFailed { fault } => {
                self.end(Status::Failed, event.time, Some(fault));
            }
            EventKind::ExecutionStopped { fault } => {
                self.end(Status::Stopped, event.time, Some(fault));
            }
            EventKind::ExecutionTimedOut { fault } => {
                self.end(Status::TimedOut, event.time, Some(fault));
            }
            _ => self.fold_step(program, event),
        }
    }

    fn fold_step(&mut self, program: &Program, event: &Event) {
        match &event.kind {
            EventKind::StepEntered {
                frame,
                step,
                input,
                until,
                unfit,
            } => {
                self.begin(program, event, (*frame, *step, *until), (input, *unfit));
            }
            EventKind::StepStarted { frame, case, count } => {
                self.start(program, event.id, *frame, (*case, *count));
            }
            EventKind::StepSucceeded { frame } => self.remove_inside(*frame),
            EventKind::StepFailed {
                frame,
                fault,
                again,
                caught,
            } => {
                self.step_failed(*frame, (fault, again.as_ref()), *caught);
            }
            EventKind::StepExited {
                frame,
                output,
                assigned,
            } => {
                if let Some(assigned) = assigned {
                    self.assign(program.language, *frame, assigned);
                }
                self.leave(program.language, *frame, output);
            }
            EventKind::BranchEntered {
                frame,
                index,
                input,
            }
            | EventKind::IterationEntered {
                frame,
                index,
                input,
            } => {
                self.enter_inside(program, event.id, (*frame, *index), input);
            }
            EventKind::BranchExited { frame, output }
            | EventKind::IterationExited { frame, output } => {
                self.close(*frame, output);
            }
            EventKind::MapRunStarted { .. }
            | EventKind::MapRunOpened { .. }
            | EventKind::MapRunItemEnded { .. }
            | EventKind::MapRunUpdated { .. }
            | EventKind::MapRunSucceeded { .. }
            | EventKind::MapRunFailed { .. } => self.fold_map_run(event),
            _ => self.fold_task(event),
        }
    }

    fn step_failed(
        &mut self,
        frame: FrameId,
        (fault, again): (&Fault, Option<&Again>),
        caught: bool,
    ) {
        self.failed(frame, fault, again);
        if again.is_some() || caught {
            self.remove_inside(frame);
        } else if self.run(frame).is_some_and(|run| !run.state.is_kept()) {
            self.be(frame, State::Failed);
        }
    }

    fn fold_task(&mut self, event: &Event) {
        match &event.kind {
            EventKind::TaskScheduled {
                frame,
                deadline,
                by_heartbeat,
            } => {
                self.be(
                    *frame,
                    State::Calling {
                        scheduled: event.id,
                        deadline: *deadline,
                        by_heartbeat: *by_heartbeat,
                        is_submitted: false,
                    },
                );
            }
            EventKind::TaskSubmitted { frame, .. } => self.submitted(*frame),
            EventKind::TaskSubmitFailed {
                frame,
                fault,
                again,
            }
            | EventKind::TaskFailed {
                frame,
                fault,
                again,
            }
            | EventKind::TaskTimedOut {
                frame,
                fault,
                again,
            } => self.failed(*frame, fault, again.as_ref()),
            // The call is over, whatever becomes of its result.
            EventKind::TaskSucceeded { frame, .. } => self.be(*frame, State::Entered),
            // A call that is being made is told to the history only.
            _ => {}
        }
    }

    pub(super) fn be(&mut self, frame: FrameId, state: State) {
        if let Some(run) = self.run_mut(frame) {
            run.state = state;
        }
    }

    fn submitted(&mut self, frame: FrameId) {
        if let Some(State::Calling { is_submitted, .. }) =
            self.run_mut(frame).map(|run| &mut run.state)
        {
            *is_submitted = true;
        }
    }

    fn failed(&mut self, frame: FrameId, fault: &Fault, again: Option<&Again>) {
        let Some(run) = self.run_mut(frame) else {
            return;
        };
        run.fault = Some(fault.clone());
        if let Some(again) = again {
            if let Some(tries) = run.tries.get_mut(again.rule) {
                *tries += 1;
            }
            run.earlier += 1;
            run.state = State::Pausing(again.at);
        }
    }

    fn leave(&mut self, language: Language, frame: FrameId, output: &Value) {
        let Some(frame) = self.frames.get_mut(&frame) else {
            return;
        };
        frame.at = None;
        match language {
            Language::First => frame.data = data::union(std::mem::take(&mut frame.data), output),
            Language::Second | Language::States => frame.data = output.clone(),
        }
    }

    fn assign(&mut self, language: Language, frame: FrameId, assigned: &Value) {
        let variables = match (language, self.frames.get_mut(&frame)) {
            (Language::States, Some(frame)) => &mut frame.variables,
            _ => &mut self.globals,
        };
        Arc::make_mut(variables).set(assigned);
    }

    /// Whatever had not ended begins again; what surrounds it goes on as it was.
    fn redrive(&mut self, now: Millis, deadline: Millis) {
        let times = self.redriven.map_or(0, |(times, _)| times);
        self.redriven = Some((times + 1, now));
        self.status = Status::Running;
        self.stopped = None;
        self.fault = None;
        self.deadline = deadline;
        for run in self
            .frames
            .values_mut()
            .filter_map(|frame| frame.at.as_mut())
        {
            run.tries.fill(0);
            run.fault = None;
            match &mut run.state {
                State::Inside { .. } | State::Waiting(_) => {}
                State::Distributing(map_run) if map_run.is_open() => map_run.redrive(),
                state => {
                    run.earlier += 1;
                    *state = State::Entered;
                }
            }
        }
    }

    fn end(&mut self, status: Status, now: Millis, fault: Option<&Fault>) {
        self.status = status;
        self.stopped = Some(now);
        self.fault = fault.cloned();
    }
}
