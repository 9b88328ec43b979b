//! The local cloud from the outside: where it runs, how it is started and stopped, its admin API.

mod admin;
mod daemon;
mod endpoint;
mod keys;
mod run;
mod serve;

pub(super) use admin::Admin;
pub(super) use daemon::{ensure, start, stop};
pub(super) use endpoint::{Endpoint, running};
pub(super) use keys::Keys;
pub(super) use run::run;
pub(super) use serve::{Settings, fresh, serve};

use std::path::PathBuf;

use crate::sys::env;

/// The port where a local cloud listens unless told otherwise.
pub(super) const PORT: u16 = 7380;

/// The folder for everything that the local cloud of this user keeps.
pub(super) fn folder() -> PathBuf {
    env::home().join("local")
}
