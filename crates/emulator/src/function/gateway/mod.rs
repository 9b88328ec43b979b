//! Web requests to functions: by an http trigger's address, or by a domain of the user's own.
//!
//! `visit` finds the function: `admit` decides who may come in (`token` and `jwt` by a web token, `bearer` by one that is compared), `cors` what browsers may do,
//! `route` and `rewrite` what a domain's path means. `serve` hands the request over: to handlers as an `event`, to web servers
//! as it is but for some of its `header`s, `upgrade`d connections included. Requests whose senders do not wait are queued for `later`.

mod admit;
mod bearer;
mod cors;
mod event;
mod header;
mod jwt;
mod later;
mod rewrite;
mod route;
mod serve;
mod token;
mod upgrade;
mod visit;

pub(super) use rewrite::check as check_rewrite;
pub(super) use visit::own_name;
