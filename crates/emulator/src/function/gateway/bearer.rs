//! Admission by a token that is compared, the `authType` `bearer` of triggers and domains ("Enable Bearer authentication for an HTTP
//! trigger" of the vendor's docs, which have the words of both refusals and not their status: 403 as for web tokens is our choice).

use http::{HeaderMap, StatusCode, header};
use serde_json::Value as Json;

use crate::function::error::{FcError, Outcome};

/// What stands before the token.
const SCHEME: &str = "bearer";

/// Lets a request in whose token is one of those that `config` (an `authConfig`) has switched on.
pub(super) fn admit(config: &Json, headers: &HeaderMap) -> Outcome<()> {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.ok_or_else(|| refused("Authorization header is expected but missing"))?;
    let given = given.to_str().ok().and_then(|text| text.split_once(' '));
    let token = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME));
    let token = token.map(|(_, token)| token.trim()).unwrap_or_default();
    let tokens = config["tokens"].as_array().into_iter().flatten();
    let valid = tokens.filter(|one| one["enable"] != false);
    let mut valid = valid.filter_map(|one| one["tokenData"].as_str());
    if valid.any(|one| !one.is_empty() && wire::digest::equal_in_constant_time(one, token)) {
        return Ok(());
    }
    Err(refused("access denied due to invalid bearer token"))
}

fn refused(why: &str) -> FcError {
    FcError::new(StatusCode::FORBIDDEN, "AccessDenied", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_that_is_switched_on_lets_in() {
        let config = json!({"tokens": [
            {"tokenName": "old", "enable": false, "tokenData": "one"},
            {"tokenName": "new", "enable": true, "tokenData": "two"},
            {"tokenName": "plain", "tokenData": "three"},
            {"tokenName": "empty", "enable": true, "tokenData": ""},
        ]});
        let by = |value: &'static str| {
            let value = http::HeaderValue::from_static(value);
            admit(
                &config,
                &HeaderMap::from_iter([(header::AUTHORIZATION, value)]),
            )
        };
        for value in ["Bearer two", "bearer  two ", "BEARER three"] {
            assert_eq!(by(value), Ok(()), "{value}");
        }
        for value in [
            "Bearer one",
            "Basic two",
            "two",
            "Bearer ",
            "Bearer",
            "Bearer tw",
        ] {
            let error = by(value).unwrap_err();
            assert!(error.message.contains("invalid bearer token"), "{value}");
        }
        let missing = admit(&config, &HeaderMap::new()).unwrap_err();
        assert_eq!(missing.status, StatusCode::FORBIDDEN);
        assert!(missing.message.contains("expected but missing"));
    }
}
