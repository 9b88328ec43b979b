//! One step, and what it does.

use serde_json::Value;

use super::{Dataflow, Distributed, Pattern, ScopeId, StepId, Target, Template, Text};
use crate::Place;
use crate::expression::Expr;

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name, unique in its scope.
    pub name: String,
    /// Where it begins in the text.
    pub at: Place,
    /// The scope that it belongs to.
    pub scope: ScopeId,
    /// What it does.
    pub kind: Kind,
    /// How data goes in and out.
    pub data: Dataflow,
    /// When it is tried again; the first rule that matches counts.
    pub retry: Vec<Retry>,
    /// Where its errors lead; the first rule that matches counts.
    pub catch: Vec<Catch>,
    /// What comes after it.
    pub next: Next,
}

/// What comes after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This step.
    Step(StepId),
    /// The end of its scope.
    End,
    /// The end of the flow, branch or iteration around it, past the options of choices it stands in.
    Return,
}

impl Next {
    /// The step that it is, if it is no end.
    pub const fn step(self) -> Option<StepId> {
        match self {
            Self::Step(id) => Some(id),
            Self::End | Self::Return => None,
        }
    }
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Passes data on; with a value, that value instead.
    Pass(Option<Value>),
    /// Ends the flow, branch or iteration well.
    Succeed,
    /// Fails.
    Fail {
        /// The error's name.
        error: Text,
        /// What happened, in words.
        cause: Text,
    },
    /// Lets time pass.
    Wait(Until),
    /// Goes one of several ways.
    Choice(Choice),
    /// Has something done outside.
    Task(Box<Task>),
    /// Runs scopes side by side.
    Parallel(Vec<ScopeId>),
    /// Runs a scope for each item.
    Map(Box<Fan>),
}

impl Kind {
    /// How the languages call it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass(_) => "pass",
            Self::Succeed => "succeed",
            Self::Fail { .. } => "fail",
            Self::Wait(_) => "wait",
            Self::Choice(_) => "choice",
            Self::Task(_) => "task",
            Self::Parallel(_) => "parallel",
            Self::Map(_) => "foreach",
        }
    }
}

/// How long a wait lasts.
#[derive(Debug, Clone)]
pub enum Until {
    /// So many seconds, which the expression says.
    Seconds(Expr),
    /// A moment as RFC 3339, which the expression says.
    Moment(Expr),
}

/// A choice.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The ways, in their order.
    pub cases: Vec<Case>,
    /// The steps if no case holds.
    pub default_body: Option<ScopeId>,
    /// Where it goes if no case holds, after those steps. `None`: on behind the choice, or, where the language wants a
    /// way for everything, an error.
    pub default: Option<Next>,
}

/// A way of a choice.
#[derive(Debug, Clone)]
pub struct Case {
    /// When it is taken.
    pub when: Expr,
    /// Where the condition stands.
    pub at: Place,
    /// Steps of its own.
    pub body: Option<ScopeId>,
    /// Where it goes, after those steps. `None`: on behind the choice.
    pub next: Option<Next>,
    /// Makes the variables that are set when it is taken, in the States Language.
    pub assign: Option<Template>,
}

/// Something that is done outside.
#[derive(Debug, Clone)]
pub struct Task {
    /// What is called.
    pub target: Target,
    /// What is waited for.
    pub pattern: Pattern,
    /// The parameters of the call; none: the step's input.
    pub parameters: Option<Template>,
    /// How it is called, beside what it is given.
    pub options: Option<Template>,
    /// How long one try may take, in seconds.
    pub timeout: Option<Expr>,
    /// After how many seconds a report that has not come is missed, if it is waited for.
    pub heartbeat: Option<Expr>,
}

/// A scope for each item.
#[derive(Debug, Clone)]
pub struct Fan {
    /// The items.
    pub items: Items,
    /// What each iteration gets, where the language has it so.
    pub each: Option<Template>,
    /// What runs for each.
    pub body: ScopeId,
    /// How many run at once at most, while they are no executions of their own.
    pub most: u64,
    /// How many run at once, if the text or the data says so; 0 is as many as may.
    pub width: Option<Expr>,
    /// How items become executions of their own, if they do.
    pub distributed: Option<Box<Distributed>>,
}

/// What a map goes through.
#[derive(Debug, Clone)]
pub struct Items {
    /// The list.
    pub list: Expr,
    /// Where the expression stands.
    pub at: Place,
    /// Under which name an iteration finds its item, in the first language.
    pub item: Option<String>,
    /// Under which name it finds its number.
    pub index: Option<String>,
}

/// When something is tried again.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The names of errors.
    pub errors: Vec<String>,
    /// Where the rule stands.
    pub at: Place,
    /// Seconds before the first repetition.
    pub interval: f64,
    /// By what it grows each time.
    pub rate: f64,
    /// Seconds that it never exceeds.
    pub most: Option<f64>,
    /// How many repetitions there are.
    pub attempts: u64,
    /// Whether a pause is anything up to what it would be, by chance.
    pub jitter: bool,
}

/// Where errors lead.
#[derive(Debug, Clone)]
pub struct Catch {
    /// The names of errors.
    pub errors: Vec<String>,
    /// Where the rule stands.
    pub at: Place,
    /// The step that follows.
    pub next: Next,
    /// What the next step gets, in the second language.
    pub output: Option<Template>,
    /// Where the error is put into the data, in the States Language.
    pub result: super::data::ResultPath,
    /// Makes the variables that are set, in the States Language.
    pub assign: Option<Template>,
}
