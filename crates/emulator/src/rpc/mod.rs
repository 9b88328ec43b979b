//! Calls in the RPC style: read from HTTP, verified, and answered in the shape that the vendor's clients expect.

mod call;
mod nonce;
mod verify;

pub(crate) use call::{RpcCall, error_reply, is_form, json_reply};
pub(crate) use verify::Verifier;
