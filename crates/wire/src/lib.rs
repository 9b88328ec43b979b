//! How the cloud's HTTP dialects sign, escape and fail; pure, for clients that sign and for servers that verify.

pub mod acs3;
pub mod crc64;
pub mod digest;
pub mod escape;
pub mod event_bridge;
pub mod header;
mod mac;
pub mod mns;
pub mod oss;
pub mod rpc;
pub mod xml;
