//! Calls that tasks ask for.

use std::borrow::Cow;

use serde_json::Value;

use super::apply::Turn;
use super::context::Spot;
use super::{Execution, Fault, FrameId, Millis, Run, State};
use crate::data::{self, Around};
use crate::expression::{NONE, NOTHING};
use crate::program::{Kind, Pattern, Program, Target, Template};

/// One try of a step: what its token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The number of the event with which the step began, the same for all its tries.
    pub entered: u64,
    /// How many tries of it came before, also those before a redrive.
    pub earlier: u64,
}

/// Makes the tokens of tries, which only the maker can make.
pub trait Tokens {
    /// The token of a try, always the same.
    fn token(&self, header: &super::Header, attempt: Attempt) -> String;
}

/// A call that a task asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The number of the event that scheduled it.
    pub scheduled: u64,
    /// Which try of its step it is for.
    pub attempt: Attempt,
    /// When its step began.
    pub since: Millis,
    /// The step's name.
    pub step: String,
    /// What is called.
    pub target: Target,
    /// What is waited for.
    pub pattern: Pattern,
    /// The step's own input, as it is for this try.
    pub input: Value,
    /// The parameters of the call, if the task has some; otherwise the call gets the input.
    pub parameters: Option<Value>,
    /// How it is called, if the task says so.
    pub options: Option<Value>,
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

    /// The tries whose calls are out, and whether these were submitted.
    pub fn waiting_calls(&self) -> impl Iterator<Item = (Attempt, bool)> {
        self.frames.values().filter_map(|frame| {
            let run = frame.at.as_ref()?;
            match run.state {
                State::Calling { is_submitted, .. } => Some((run.attempt(), is_submitted)),
                _ => None,
            }
        })
    }

    /// Does something with the data at a spot, outside a turn; chance is that of an event's number.
    pub(super) fn seen<T>(
        &self,
        program: &Program,
        spot: Spot,
        (seed, tokens): (u64, &dyn Tokens),
        act: impl FnOnce(&Around) -> T,
    ) -> T {
        let frame = self.frames.get(&spot.frame);
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

    /// The input of a task's try. It was made when the step began, and is made again, as it was then, for each later try of
    /// a task that waits for more than the reply: it may hold the token.
    fn input<'e>(
        &'e self,
        program: &Program,
        (id, run): (FrameId, &'e Run),
        (pattern, tokens): (Pattern, &dyn Tokens),
    ) -> Result<Cow<'e, Value>, Fault> {
        if run.earlier == 0 || pattern == Pattern::Response {
            return Ok(Cow::Borrowed(&run.input));
        }
        let spot = Spot {
            frame: id,
            entering: Some((run.step, run.since)),
        };
        let seen = (run.entered.saturating_sub(1), tokens);
        let made = self.seen(program, spot, seen, |around| {
            data::enter(program.step(run.step), around)
        });
        made.map(Cow::Owned)
    }

    fn call(
        &self,
        program: &Program,
        id: FrameId,
        tokens: &dyn Tokens,
    ) -> Option<Result<Call, Fault>> {
        let run = self.run(id)?;
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
        let input = match self.input(program, (id, run), (task.pattern, tokens)) {
            Ok(input) => input,
            Err(fault) => return Some(Err(fault)),
        };
        let filled = |template: &Option<Template>| {
            let template = template.as_ref();
            let filled = template.map(|template| {
                self.seen(program, Spot::of(id), (scheduled, tokens), |around| {
                    data::parameters(template, &input, around)
                })
            });
            filled.transpose()
        };
        let both = filled(&task.parameters)
            .and_then(|parameters| Ok((parameters, filled(&task.options)?)));
        let (parameters, options) = match both {
            Ok(both) => both,
            Err(fault) => return Some(Err(fault)),
        };
        let attempt = run.attempt();
        let waits = task.pattern != Pattern::Response;
        let token = waits.then(|| tokens.token(&self.header, attempt));
        Some(Ok(Call {
            scheduled,
            attempt,
            since: run.since,
            step: step.name.clone(),
            target: task.target.clone(),
            pattern: task.pattern,
            input: input.into_owned(),
            parameters,
            options,
            token,
            deadline,
        }))
    }
}
