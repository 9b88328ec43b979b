//! What tests share: a sandbox with the real binary in it.

mod http;
mod sandbox;

pub(crate) use http::{Fetched, fetch, send};
pub(crate) use sandbox::{Ran, Sandbox};
