//! Calls that tasks ask for.

use serde_json::Value;

use super::apply::Turn;
use super::context::Spot;
use super::{Execution, Fault, FrameId, Millis, State};
use crate::data::{self, Around};
use crate::expression::{NONE, NOTHING};
use crate::program::{Kind, Pattern, Program, Target};

/// Makes the token of a step, which only the maker can make.
pub trait Tokens {
    /// The token of the step that began with the event of that number, always the same.
    fn token(&self, header: &super::Header, entered: u64) -> String;
}

/// A call that a task asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The number of the event that scheduled it.
    pub scheduled: u64,
    /// The number of the event with which its step began. With the execution's name it is the same for every try.
    pub entered: u64,
    /// When its step began.
    pub since: Millis,
    /// The step's name.
    pub step: String,
    /// What is called.
    pub target: Target,
    /// What is waited for.
    pub pattern: Pattern,
    /// The step's own input.
    pub input: Value,
    /// The parameters of the call, if the task has some; otherwise the call gets the input.
    pub parameters: Option<Value>,
    /// Its token, if it waits for more than the reply.
    pub token: Option<String>,
    /// When it times out.
    pub deadline: Option<Millis>,
}

impl Turn<'_> {
    pub(super) fn call(&self, frame: FrameId) -> Option<Result<Call, Fault>> {
        self.execution.call(self.program, frame, self.tokens)
    }
}

impl Execution {
    /// The calls that were scheduled and have not come back, to be made again after a crash.
    pub fn open_calls(&self, program: &Program, tokens: &dyn Tokens) -> Vec<Call> {
        if !self.is_running() {
            return Vec::new();
        }
        let frames = self.frames.iter().filter(|(_, frame)| {
            let state = frame.at.as_ref().map(|run| &run.state);
            matches!(
                state,
                Some(State::Calling {
                    is_submitted: false,
                    ..
                })
            )
        });
        frames
            .filter_map(|(id, _)| self.call(program, *id, tokens)?.ok())
            .collect()
    }

    /// Every call that is out, by the number of the event with which its step began, and whether it was submitted.
    pub fn waiting_calls(&self) -> impl Iterator<Item = (u64, bool)> {
        self.frames.values().filter_map(|frame| {
            let run = frame.at.as_ref()?;
            match run.state {
                State::Calling { is_submitted, .. } => Some((run.entered, is_submitted)),
                _ => None,
            }
        })
    }

    /// Does something with the data around a frame's step, outside a turn; chance is that of an event's number.
    pub(super) fn seen<T>(
        &self,
        program: &Program,
        id: FrameId,
        (seed, tokens): (u64, &dyn Tokens),
        act: impl FnOnce(&Around) -> T,
    ) -> T {
        let spot = Spot {
            frame: id,
            entering: None,
        };
        let frame = self.frames.get(&id);
        let run = frame.and_then(|frame| frame.at.as_ref());
        let context = || super::context::of(program, self, spot, tokens);
        let chance = self.chance(seed);
        act(&Around {
            language: program.language,
            input: frame.map_or(&NOTHING, |frame| &frame.input),
            data: frame.map_or(&NOTHING, |frame| &frame.data),
            // As when the step began: a call that is made again is the same call.
            global: run.map_or(&NONE, |run| &run.variables),
            context: &context,
            chance: &chance,
        })
    }

    fn call(
        &self,
        program: &Program,
        id: FrameId,
        tokens: &dyn Tokens,
    ) -> Option<Result<Call, Fault>> {
        let frame = self.frames.get(&id)?;
        let run = frame.at.as_ref()?;
        let State::Calling {
            scheduled,
            deadline,
            ..
        } = run.state
        else {
            return None;
        };
        let step = program.step(run.step);
        let Kind::Task(task) = &step.kind else {
            return None;
        };
        let parameters = task.parameters.as_ref().map(|template| {
            let seen = (scheduled, tokens);
            self.seen(program, id, seen, |around| {
                data::parameters(template, &run.input, around)
            })
        });
        let parameters = match parameters.transpose() {
            Ok(parameters) => parameters,
            Err(fault) => return Some(Err(fault)),
        };
        let token =
            (task.pattern != Pattern::Response).then(|| tokens.token(&self.header, run.entered));
        Some(Ok(Call {
            scheduled,
            entered: run.entered,
            since: run.since,
            step: step.name.clone(),
            target: task.target.clone(),
            pattern: task.pattern,
            input: run.input.clone(),
            parameters,
            token,
            deadline,
        }))
    }
}
