//! What tests share: a sandbox with the real binary in it.

mod http;
mod sandbox;

pub(crate) use http::{Fetched, fetch, send};
pub(crate) use sandbox::{Ran, Sandbox};

/// A manifest with one function in Python whose code is in `code`; lines of further properties can follow.
pub(crate) const FUNCTION: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  api:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: api
      runtime: python3.10
      handler: index.handler
      code: ./code
";
