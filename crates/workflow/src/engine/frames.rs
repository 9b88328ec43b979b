//! How frames come and go as events are added. Nothing is decided here.

use std::sync::Arc;

use serde_json::{Value, json};

use super::execution::Items;
use super::{Event, Execution, Frame, FrameId, Millis, Run, State};
use crate::program::{Kind, Language, Program, ScopeId, StepId};

impl Execution {
    pub(super) fn open(
        &mut self,
        program: &Program,
        id: FrameId,
        at: (Option<FrameId>, ScopeId, usize),
        input: &Value,
    ) {
        let (parent, scope, index) = at;
        let (input, data) = match program.language {
            Language::First => (input.clone(), json!({})),
            Language::Second | Language::States => (Value::Null, input.clone()),
        };
        // What is around it sets none while it runs.
        let around = parent.and_then(|parent| self.frames.get(&parent));
        let variables = around.map_or(&self.globals, |around| &around.variables);
        let variables = Arc::clone(variables);
        self.frames.insert(
            id,
            Frame {
                scope,
                parent,
                index,
                input,
                data,
                variables,
                at: None,
            },
        );
    }

    pub(super) fn begin(
        &mut self,
        program: &Program,
        event: &Event,
        at: (FrameId, StepId, Option<Millis>),
        (input, unfit): (&Value, bool),
    ) {
        let (frame, step, until) = at;
        let tries = vec![0; program.step(step).retry.len()];
        let state = until.map_or(State::Entered, State::Waiting);
        let variables = Arc::clone(self.seen_variables(program.language, frame));
        if let Some(frame) = self.frames.get_mut(&frame) {
            frame.at = Some(Run {
                step,
                entered: event.id,
                since: event.time,
                input: input.clone(),
                unfit,
                variables,
                tries,
                earlier: 0,
                fault: None,
                state,
            });
        }
    }

    pub(super) fn start(
        &mut self,
        program: &Program,
        id: u64,
        frame: FrameId,
        (case, count): (Option<usize>, usize),
    ) {
        let Some(run) = self.run_mut(frame) else {
            return;
        };
        run.state = State::Inside {
            case,
            results: vec![None; count],
            begun: 0,
            items: Items::default(),
        };
        let input = run.input.clone();
        let body = match (&program.step(run.step).kind, case) {
            (Kind::Choice(choice), Some(case)) => match choice.cases.get(case) {
                Some(case) => case.body,
                None => choice.default_body,
            },
            _ => None,
        };
        if let Some(scope) = body {
            self.open(program, id, (Some(frame), scope, 0), &input);
        }
    }

    pub(super) fn enter_inside(
        &mut self,
        program: &Program,
        id: u64,
        (parent, index): (FrameId, usize),
        input: &Value,
    ) {
        let Some(run) = self.run_mut(parent) else {
            return;
        };
        if let State::Inside { begun, .. } = &mut run.state {
            *begun = index + 1;
        }
        let scope = match &program.step(run.step).kind {
            Kind::Parallel(scopes) => scopes.get(index).copied(),
            Kind::Map(fan) => Some(fan.body),
            _ => None,
        };
        if let Some(scope) = scope {
            self.open(program, id, (Some(parent), scope, index), input);
        }
    }

    pub(super) fn close(&mut self, frame: FrameId, output: &Value) {
        let Some(closed) = self.frames.remove(&frame) else {
            return;
        };
        let run = closed.parent.and_then(|parent| self.run_mut(parent));
        if let Some(State::Inside { results, .. }) = run.map(|run| &mut run.state)
            && let Some(result) = results.get_mut(closed.index)
        {
            *result = Some(output.clone());
        }
    }

    pub(super) fn remove_inside(&mut self, frame: FrameId) {
        for id in self.family(frame).into_iter().skip(1) {
            self.frames.remove(&id);
        }
    }
}
