//! Object storage (OSS): its three signature versions and its error shape.

pub mod error;
mod request;
pub mod v1;
pub mod v2;
pub mod v4;

pub use request::{Key, Request};
