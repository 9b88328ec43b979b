//! Alibaba Cloud: buckets, their files, accelerated domains, functions and flows, through the vendor's own HTTP APIs.
//!
//! `transport` sends and retries; `oss`, `cdn`, `fc` and `fnf` speak the services' dialects; `kind` says what the kinds are.

mod acs3;
mod cdn;
mod cloud;
mod fault;
mod fc;
mod fnf;
mod kind;
mod oss;
#[cfg(test)]
mod recording;
mod retry;
mod rpc;
mod shelf;
#[cfg(test)]
mod stub;
mod target;
mod transport;

pub use cloud::Alibaba;
pub use shelf::BucketShelf;
pub use target::Target;
