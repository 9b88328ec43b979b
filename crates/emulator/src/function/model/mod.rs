//! What functions and triggers are; pure.

mod check;
mod config;
mod domain;
mod language;
mod layer;
mod policy;
mod rules;
mod setting;
mod trigger;
mod version;

pub(super) use config::shown_time;
pub(super) use config::{
    Code, Config, Function, HealthCheck, Lifecycle, LifecycleHook, NewFunction, Package, Switched,
    Tag,
};
pub(super) use domain::{Domain, NewDomain, Rewrite, RewriteRule, Route};
pub(super) use language::language;
pub(super) use layer::{AttachedLayer, Layer, LayerArn, LayerVersion, NewLayerVersion};
pub(super) use policy::{Load, MINUTE_MS, Policies};
pub(super) use rules::apart;
pub(super) use setting::SettingKind;
pub(super) use trigger::{NewTrigger, Trigger, TriggerUpdate};
pub(super) use version::{Alias, LATEST, NewAlias, Version};
