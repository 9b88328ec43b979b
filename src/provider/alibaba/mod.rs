//! Alibaba Cloud: buckets, their files and accelerated domains, through the vendor's own HTTP APIs.
//!
//! `transport` sends and retries; `oss` and `cdn` speak the services' dialects; `kind` says what the kinds are.

mod cdn;
mod cloud;
mod fault;
mod kind;
mod oss;
#[cfg(test)]
mod recording;
mod retry;
mod shelf;
#[cfg(test)]
mod stub;
mod target;
mod transport;

pub use cloud::Alibaba;
pub use shelf::BucketShelf;
pub use target::Target;
