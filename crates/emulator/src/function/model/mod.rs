//! What functions and triggers are; pure.

mod check;
mod config;
mod language;
mod trigger;

pub(super) use config::{
    Code, Config, Function, HealthCheck, Lifecycle, LifecycleHook, NewFunction, Package, Tag,
};
pub(super) use language::language;
pub(super) use trigger::{NewTrigger, Trigger, TriggerUpdate};
