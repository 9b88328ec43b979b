//! What function code needs before it is packed: packages, programs and jars, made by the tools whose files are beside the code.
//!
//! `recipe` reads off the files what is to be run; `interpreter` says by which version; `memory` knows what was made of which input;
//! `run` runs it.

mod interpreter;
mod memory;
mod recipe;
mod run;

pub use interpreter::Interpreters;
pub use memory::{Memory, memory_file};
pub use recipe::{Code, Recipe, find};
pub use run::{Event, Made, run};
