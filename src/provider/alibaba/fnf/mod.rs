//! A client of the flows' API of 2019-03-15: RPC calls signed with ACS3, replies in JSON.

mod client;
#[cfg(test)]
mod recorded;

pub(super) use client::{Fnf, read, write};
