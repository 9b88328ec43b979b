//! What changes inside of what a plan changes: lines of texts, steps of workflows.

mod flow;
mod text;

pub use flow::{DEFINITION, FlowChange, Sort, StepChange, changes};
pub use text::{Texts, texts};
