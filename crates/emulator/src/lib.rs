//! The local cloud: the vendor's HTTP APIs on one loopback port, durable in one data folder.
//!
//! `LocalCloud::start` opens the data folder and the port; `route` tells the services apart; each service is a room
//! of its own (`oss`, `cdn`, `function`, `flow`, `mns`, `bridge`). Everything durable goes through `store`, everything timed through `clock`.

mod admin;
mod agenda;
mod body;
mod bridge;
mod cdn;
mod clock;
mod cloud;
mod flow;
mod function;
mod hop;
mod identity;
mod injection;
mod mns;
mod oss;
mod push;
mod route;
mod rpc;
mod server;
mod settings;
mod store;
mod unserved;

pub mod instance;

pub use admin::{ADMIN_TOKEN_HEADER, admin_token};
pub use cloud::{LocalCloud, StartError};
pub use runtime::serves_layer;
pub use settings::{Account, Settings};
