//! A client of the CDN's API of 2018-05-10: RPC calls signed with ACS3, replies in JSON.
//!
//! Operations, parameters and functions are those of the vendor's API reference
//! (<https://www.alibabacloud.com/help/en/cdn/developer-reference/api-cdn-2018-05-10-overview>).

mod client;
mod config;
mod domain;
#[cfg(test)]
mod recorded;
mod refresh;
mod source;

pub(super) use client::Cdn;
pub(super) use config::{Function, Setting};
pub(super) use domain::{Detail, NewDomain};
pub(super) use refresh::Purge;
pub(super) use source::Source;
