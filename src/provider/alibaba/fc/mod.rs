//! The dialect of Function Compute 3.0: paths, JSON bodies, ACS3 signatures.

mod call;
mod client;
#[cfg(test)]
mod recorded;
mod stage;

pub(super) use call::Call;
pub(super) use client::Fc;
