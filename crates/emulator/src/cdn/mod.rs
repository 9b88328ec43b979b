//! CDN: accelerated domains, their API of version 2018-05-10, and a caching reverse proxy for their visitors.
//!
//! `room` is the door. The API side is `api` over `store`; each change compiles a `site`. The visitors' side is
//! `plane`: `memory` answers hits, `fetch` asks `origin` for the rest. `freshness`, `policy`, `rule`, `cache_key`,
//! `range` and `condition` are pure. `event` says what functions hear of, `preload` how preloads end. Answers are cached in memory only, bodies above 4 MB not at all.

mod api;
mod cache_control;
mod cache_key;
mod condition;
mod domain;
mod entry;
mod error;
mod event;
mod fetch;
mod flight;
mod freshness;
mod header_pass;
mod memory;
mod origin;
mod path_match;
mod plane;
mod policy;
mod preload;
mod range;
mod reply;
mod room;
mod rule;
mod site;
mod store;
mod task;

pub(crate) use room::Cdn;
pub(crate) use store::SCHEMA;
