//! The local cloud from the outside: where it runs, how it is started and stopped, its admin API.

mod admin;
mod apart;
mod daemon;
mod endpoint;
mod keys;
mod port;
mod run;
mod serve;

pub(super) use admin::Admin;
pub(super) use apart::serve_apart;
pub(super) use daemon::{ensure, forget, silent, start, stop};
pub(super) use endpoint::{Endpoint, running};
pub(super) use keys::Keys;
pub(super) use port::port;
pub(super) use run::{Place, run};
pub(super) use serve::{Settings, fresh, serve};

use std::path::PathBuf;

/// Starts a process of a function when the command line asks for that, which no user's does.
pub(super) use emulator::instance::run as instance;

use crate::sys::env;

/// The folder for everything that the local cloud of this user keeps.
pub(super) fn folder() -> PathBuf {
    env::home().join("local")
}

/// What the local cloud of this user holds.
pub(super) fn data() -> PathBuf {
    folder().join("data")
}
