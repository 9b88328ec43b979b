//! The one program that every language is read into: scopes of steps, with their places in the text.

mod data;
mod distributed;
mod step;
mod target;

pub use data::{Dataflow, Mapping, Paths, ResultPath, Source, Template, Text, View};
pub use distributed::{Batcher, Bounds, Distributed, Format, Reader, Shape, Writer};
pub use step::{Case, Catch, Choice, Fan, Items, Kind, Next, Retry, Step, Task, Until};
pub use target::{Pattern, Target};

use crate::Place;

/// Which language a flow was written in. It decides how data flows, what errors are called, and the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `type: flow`, `version: v1` or `v1beta1`.
    First,
    /// `Type: StateMachine`, `SpecVersion: v1`.
    Second,
    /// Amazon States Language with JSON paths.
    States,
}

/// The number of a step in [`Program::steps`].
pub type StepId = usize;

/// The number of a scope in [`Program::scopes`].
pub type ScopeId = usize;

/// A flow, ready to run.
#[derive(Debug, Clone)]
pub struct Program {
    /// The language it was written in.
    pub language: Language,
    /// The name that the text gives it, as only the second language does.
    pub name: Option<String>,
    /// All scopes; the first is the flow itself.
    pub scopes: Vec<Scope>,
    /// All steps, in the order of the text.
    pub steps: Vec<Step>,
    /// The flow's own input and output, of the first language.
    pub data: Dataflow,
    /// How long an execution may take, in seconds.
    pub timeout: Option<u64>,
}

/// The scope of the flow itself.
pub(crate) const ROOT: ScopeId = 0;

/// Steps that follow each other: of the flow, a branch, an iteration or an option of a choice.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What it is.
    pub kind: ScopeKind,
    /// Where it begins in the text.
    pub at: Place,
    /// The step that holds it, if it is not the flow.
    pub owner: Option<StepId>,
    /// Where it starts; nowhere if it has no steps.
    pub start: Option<StepId>,
    /// Its own steps, in the order of the text.
    pub steps: Vec<StepId>,
}

/// What a scope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// The flow itself.
    Flow,
    /// A branch of a parallel step.
    Branch,
    /// What is done for each item.
    Iteration,
    /// The steps of an option of a choice, of the first language.
    Option,
}

impl Program {
    /// The step of that number.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id]
    }

    /// Whether a scope is another one, or somewhere inside it.
    pub fn is_within(&self, scope: ScopeId, outer: ScopeId) -> bool {
        let mut scope = Some(scope);
        while let Some(at) = scope {
            if at == outer {
                return true;
            }
            scope = self.scopes[at].owner.map(|owner| self.steps[owner].scope);
        }
        false
    }

    /// The scopes inside a step.
    pub fn inside(&self, id: StepId) -> Vec<ScopeId> {
        match &self.steps[id].kind {
            Kind::Choice(choice) => choice
                .cases
                .iter()
                .filter_map(|case| case.body)
                .chain(choice.default_body)
                .collect(),
            Kind::Parallel(scopes) => scopes.clone(),
            Kind::Map(fan) => vec![fan.body],
            _ => Vec::new(),
        }
    }
}
