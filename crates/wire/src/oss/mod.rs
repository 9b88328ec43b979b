//! Object storage (OSS): its three signature versions and its error shape.

pub mod error;
mod name;
mod request;
pub mod v1;
pub mod v2;
pub mod v4;

pub use name::broken_bucket_rule;
pub use request::{Key, Request};
