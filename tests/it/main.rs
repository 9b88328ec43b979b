//! All integration tests, one binary.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may panic, and nobody uses it"
)]

mod access;
mod actions;
mod at_once;
mod bearer;
mod bff;
mod bounds;
mod build;
mod calls;
mod cdn;
mod channel;
mod components;
mod container;
mod converge;
mod crash;
mod dev;
mod domain;
mod echo;
mod event;
mod fc_alias;
mod fc_layer;
mod flow;
mod fmt;
mod function;
mod info;
mod invalid;
mod judged;
mod language;
mod layers;
mod local;
mod lock;
mod lsp;
mod media;
mod microservices;
mod migrate;
mod moves;
mod no_effect;
mod orders;
mod oss;
mod own;
mod ownership;
mod plugin;
mod provider;
mod readme;
mod reference;
mod release;
mod runtimes;
mod saga;
mod secret;
mod shared;
mod shop;
mod site;
mod stages;
mod stale;
mod starting;
mod suite;
mod support;
mod targets;
mod trace;
mod web_app;
