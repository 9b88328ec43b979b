//! A file of tests as read. Texts may hold `{{NAME}}`; see `words`.

use std::time::Duration;

use serde_json::Value as Json;

use crate::diagnostic::Span;

/// A file.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Suite {
    pub(in crate::cli) tests: Vec<Test>,
}

/// One test.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Test {
    pub(in crate::cli) name: String,
    pub(in crate::cli) at: Span,
    /// Objects that are there before.
    pub(in crate::cli) files: Vec<File>,
    pub(in crate::cli) faults: Vec<Fault>,
    pub(in crate::cli) when: Vec<Step>,
    pub(in crate::cli) then: Vec<Check>,
    /// How long, by the machine's time, is waited for what shall become true.
    pub(in crate::cli) within: Duration,
    pub(in crate::cli) matrix: Option<Matrix>,
}

/// A test that is run once for each task step of a workflow, with a fault in that step.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Matrix {
    /// The resource.
    pub(in crate::cli) workflow: String,
    /// Only these steps, one at least; nothing: all.
    pub(in crate::cli) only: Option<Vec<String>>,
    /// What becomes of every try of the step, as the admin API takes it.
    pub(in crate::cli) does: Json,
    pub(in crate::cli) at: Span,
}

/// An object of a bucket.
#[derive(Debug, Clone)]
pub(in crate::cli) struct File {
    /// The resource.
    pub(in crate::cli) bucket: String,
    pub(in crate::cli) key: String,
    pub(in crate::cli) content: Json,
    pub(in crate::cli) at: Span,
}

/// Whose calls fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum FaultOf {
    /// Those of a function, by its resource.
    Function(String),
    /// Those of the API about a queue, by its name.
    Queue(String),
    /// Those of the API about a topic, by its name.
    Topic(String),
    /// Those of the API about an event bus, by its name.
    Bus(String),
}

impl FaultOf {
    /// As the test names it.
    pub(in crate::cli) fn name(&self) -> &str {
        match self {
            Self::Function(name) | Self::Queue(name) | Self::Topic(name) | Self::Bus(name) => name,
        }
    }
}

/// Calls that fail.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Fault {
    pub(in crate::cli) of: FaultOf,
    /// Which call, from 1; nothing: all.
    pub(in crate::cli) call: Option<u64>,
    /// What becomes of it, as the admin API takes it.
    pub(in crate::cli) does: Json,
    pub(in crate::cli) at: Span,
}

/// What is done.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Step {
    pub(in crate::cli) means: Means,
    pub(in crate::cli) at: Span,
    /// Parts of a JSON reply to keep: names and paths.
    pub(in crate::cli) save: Vec<(String, String)>,
}

/// How it is done.
#[derive(Debug, Clone)]
pub(in crate::cli) enum Means {
    /// A visitor's request.
    Http(Request),
    /// An execution of a workflow is begun.
    Start(Begin),
    /// A function is called.
    Event(Invocation),
    /// Time passes.
    Advance(Duration),
    /// The local cloud is killed, and comes back.
    Kill,
    /// Something becomes true.
    Until(Vec<Check>),
}

/// A request, and the status that its answer has; without one, any below 400.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Request {
    pub(in crate::cli) url: String,
    pub(in crate::cli) method: String,
    pub(in crate::cli) headers: Vec<(String, String)>,
    /// What is sent, or, in a check, what the answer holds.
    pub(in crate::cli) body: Option<Json>,
    pub(in crate::cli) status: Option<u16>,
}

/// An execution to begin.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Begin {
    /// The resource.
    pub(in crate::cli) workflow: String,
    pub(in crate::cli) name: Option<String>,
    pub(in crate::cli) input: Json,
}

/// A call of a function.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Invocation {
    /// The resource.
    pub(in crate::cli) function: String,
    pub(in crate::cli) payload: Json,
    /// The name of the error that it ends with.
    pub(in crate::cli) error: Option<String>,
}

/// Something that is true or not.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Check {
    pub(in crate::cli) wanted: Wanted,
    pub(in crate::cli) at: Span,
}

/// What is to be true.
#[derive(Debug, Clone)]
pub(in crate::cli) enum Wanted {
    /// A request is answered so.
    Http(Request),
    /// An execution stands so.
    Execution(Ended),
    /// Functions, by their resources, were called so often since the test began.
    Calls(Vec<(String, u64)>),
    /// An object is there, or not.
    Object(Object),
    /// A function wrote a line that holds a text.
    Log { function: String, text: String },
}

/// How an execution stands.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Ended {
    /// The resource.
    pub(in crate::cli) workflow: String,
    pub(in crate::cli) name: String,
    pub(in crate::cli) status: Option<String>,
    pub(in crate::cli) output: Option<Json>,
    /// The name of the error that ended it.
    pub(in crate::cli) error: Option<String>,
    /// The steps that began, each once for each time it did.
    pub(in crate::cli) steps: Option<Vec<String>>,
}

/// An object of a bucket.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Object {
    /// The resource.
    pub(in crate::cli) bucket: String,
    pub(in crate::cli) key: String,
    pub(in crate::cli) exists: bool,
    pub(in crate::cli) body: Option<Json>,
}
