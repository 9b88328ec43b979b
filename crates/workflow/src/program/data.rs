//! How data goes in and out of steps. The languages differ here most of all.

use serde_json::Value;

use crate::expression::{Expr, Path};

/// How data flows through one step.
#[derive(Debug, Clone)]
pub enum Dataflow {
    /// The first language: targets and sources. None: the default of the language.
    Mappings {
        /// From the parent's input and local variable to the step's input.
        input: Option<Vec<Mapping>>,
        /// From the step's input and local variable to its output.
        output: Option<Vec<Mapping>>,
        /// From `$local.error` and `$local.cause` to the output of a step whose error is caught.
        error: Option<Vec<Mapping>>,
    },
    /// The second language: constructors. None: what comes goes on.
    Constructors {
        /// Makes the step's input.
        input: Option<Template>,
        /// Makes its output.
        output: Option<Template>,
        /// Makes what is added to the global variables when the step ends.
        global: Option<Template>,
    },
    /// The States Language.
    Paths(Box<Paths>),
}

impl Dataflow {
    /// What makes the variables that a step sets when it ends.
    pub const fn assign(&self) -> Option<&Template> {
        match self {
            Self::Mappings { .. } => None,
            Self::Constructors { global, .. } => global.as_ref(),
            Self::Paths(paths) => paths.assign.as_ref(),
        }
    }
}

/// The fields of the States Language that move data.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// `InputPath`
    pub input: View,
    /// `Parameters`
    pub parameters: Option<Template>,
    /// `ResultSelector`
    pub selector: Option<Template>,
    /// `ResultPath`
    pub result: ResultPath,
    /// `OutputPath`
    pub output: View,
    /// `Assign`: makes the variables that are set when the step ends; of a choice, if no rule holds.
    pub assign: Option<Template>,
}

/// What a path shows of the data.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum View {
    /// Everything, `$`.
    #[default]
    Whole,
    /// An empty map, `null`.
    Nothing,
    /// What is at this path.
    At(Path),
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ResultPath {
    /// It replaces everything, `$`.
    #[default]
    Whole,
    /// It is put aside, `null`.
    Nowhere,
    /// Into this place, made if it is missing.
    Into(Path),
}

/// A target and where its value comes from.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The key that is set.
    pub target: String,
    /// Where its value comes from.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// It is this.
    Constant(Value),
    /// It is what the expression says.
    Expr(Expr),
}

/// A value with expressions in it.
#[derive(Debug, Clone)]
pub enum Template {
    /// It is this.
    Constant(Value),
    /// It is what the expression says.
    Expr(Expr),
    /// A list of such.
    List(Vec<Template>),
    /// A map of such.
    Map(Vec<(String, Template)>),
}

/// A text as written or from the data.
#[derive(Debug, Clone)]
pub enum Text {
    /// As written.
    Constant(String),
    /// From the data.
    Expr(Expr),
}

impl Template {
    /// Every path in it.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Expr(expression) => expression.paths(),
            Self::List(items) => items.iter().flat_map(Self::paths).collect(),
            Self::Map(entries) => entries
                .iter()
                .flat_map(|(_, inner)| inner.paths())
                .collect(),
        }
    }
}
