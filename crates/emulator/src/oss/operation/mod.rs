//! The operations of the object storage, one file per family.

pub(super) mod append;
pub(super) mod bucket;
pub(super) mod configure;
pub(super) mod copy;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod multipart;
pub(super) mod permit;
pub(super) mod put;
pub(super) mod site;
pub(super) mod traits;
pub(super) mod uploads;
