//! Component `fc3`: a function of Function Compute 3.0 with its triggers, settings and domain.
//!
//! It lowers to `fc.function` and one resource for each thing that the service keeps apart from it. What the properties are is
//! in the table of the catalog; here is what becomes of them.

mod build;
mod code;
mod config;
mod domain;
mod guard;
mod jwt;
mod lower;
mod name;
mod nas;
mod reach;
mod trigger;

pub(super) use build::{Function, Layer};
pub(super) use code::plain;
pub(super) use config::with_defaults;
pub(super) use domain::{Route, auto_name, certificate};
pub(super) use guard::check as guard;
pub(super) use lower::lower;
pub(super) use name::{LONGEST_NAME, NAMES, is_name};
pub(super) use trigger::{Trigger, role_arn};
