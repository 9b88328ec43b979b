//! Web requests to functions: by an http trigger's address, or by a domain of the user's own.
//!
//! `admit` decides who may come in (`token` and `jwt` by a web token), `route` and `rewrite` what a domain's path means, `event` turns a request into the event
//! that handlers get and their answer into a response. `visit` puts these together.

mod admit;
mod event;
mod jwt;
mod rewrite;
mod route;
mod token;
mod visit;

pub(super) use rewrite::check as check_rewrite;
