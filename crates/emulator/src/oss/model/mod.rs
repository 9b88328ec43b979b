//! Pure decisions of the object storage: no disk, no clock, no HTTP.

mod access;
mod condition;
mod listing;
mod name;
mod range;
mod website;

pub(super) use access::{Acl, Action, Caller, is_allowed};
pub(super) use condition::{Conditions, Verdict};
pub(super) use listing::{Entry, ListQuery, Offer, Page};
pub(super) use name::{is_bucket_name, is_object_name};
pub(super) use range::{Asked, pick};
pub(super) use website::{Missing, Website, WebsiteError};
