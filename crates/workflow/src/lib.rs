//! Workflows: the flow languages, each read into one [`Program`], and the engine that runs it.
//!
//! Nothing here does I/O, knows a clock or chance. [`read`] makes a program of a text and says what is wrong with it,
//! with places. The engine is event-sourced: [`engine::Execution`] is what the events so far add up to, and a command
//! at a time yields the next events and what is to be done outside.

mod actions;
pub mod check;
mod data;
mod distributed;
pub mod engine;
pub mod expression;
mod finding;
mod form;
mod names;
mod program;
mod read;
mod template;
mod variables;
mod yaml;

mod asl;
mod fdl1;
mod fdl2;

pub use check::express;
pub use finding::{Finding, Findings, Severity};
pub use program::{
    Batcher, Bounds, Case, Catch, Choice, Dataflow, Distributed, Fan, Format, Items, Kind,
    Language, Mapping, Next, Paths, Pattern, Program, Reader, ResultPath, Retry, Scope, ScopeId,
    ScopeKind, Shape, Source, Step, StepId, Target, Task, Template, Text, Until, View, Writer,
};
pub use read::read;
pub use yaml::{Node, Place};
