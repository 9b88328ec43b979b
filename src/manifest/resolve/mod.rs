//! Expressions replaced by their values, each once, in the order they need each other.

mod attempt;
mod cell;
mod function;
mod lookup;
mod place_path;
mod reference;
mod secret;
mod settle;
mod spelling;
mod world;

pub(super) use secret::marked;
pub(super) use settle::{Host, resolve};
