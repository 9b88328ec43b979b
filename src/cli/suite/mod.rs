//! Files of tests: what they say. Pure; `commands/test` does it.

mod check;
mod exact;
mod fits;
mod keys;
mod model;
mod read;
mod step;
mod words;

pub(super) use fits::{content_fits, fits, part, read as content};
pub(super) use model::{
    Begin, Check, Ended, FaultOf, Invocation, Means, Object, Request, Step, Suite, Test, Wanted,
};
pub(super) use read::read;
pub(super) use words::{Unknown, Words};
