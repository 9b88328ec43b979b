//! The vendor's RPC dialect: its older signature over query and form parameters, and its JSON errors.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;

use crate::escape::strict;

/// The parameter that holds the signature and is not part of what is signed.
pub const SIGNATURE: &str = "Signature";

/// Why a parameter signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcSignatureError {
    /// The call has no Signature parameter.
    #[error("the call carries no Signature parameter")]
    Missing,
    /// The signature is another one than the secret makes of the parameters.
    #[error("the signature does not match the string to sign: {string_to_sign}")]
    Mismatch {
        /// What the server signed, so that the client can compare.
        string_to_sign: String,
    },
}

/// The base64 HMAC-SHA1 over a call's decoded parameters, those of the query and of the form together.
///
/// A `Signature` parameter among them is left out. `method` is upper-case.
pub fn sign(method: &str, params: &[(String, String)], secret: &str) -> String {
    let mac = mac(&string_to_sign(method, params), secret);
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// Checks the `Signature` among a call's decoded parameters, in the same time wherever it differs.
pub fn verify(
    method: &str,
    params: &[(String, String)],
    secret: &str,
) -> Result<(), RpcSignatureError> {
    let (_, claimed) = params
        .iter()
        .find(|(key, _)| key == SIGNATURE)
        .ok_or(RpcSignatureError::Missing)?;
    let string_to_sign = string_to_sign(method, params);
    // Clients that forget to escape the base64 text have its `+` arrive as a space.
    let claimed = claimed.replace(' ', "+");
    let matches = BASE64_STANDARD
        .decode(claimed)
        .is_ok_and(|claimed| mac(&string_to_sign, secret).verify_slice(&claimed).is_ok());
    if matches {
        Ok(())
    } else {
        Err(RpcSignatureError::Mismatch { string_to_sign })
    }
}

/// What the signature of a call is made of.
pub fn string_to_sign(method: &str, params: &[(String, String)]) -> String {
    let mut pairs: Vec<&(String, String)> =
        params.iter().filter(|(key, _)| key != SIGNATURE).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", strict(key), strict(value)))
        .collect();
    format!("{method}&%2F&{}", strict(&pairs.join("&")))
}

/// The body of a failed call, of this dialect and of every product that signs with ACS3.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorBody {
    /// Names this call in the server's records.
    #[serde(default, alias = "requestId")]
    pub request_id: String,
    /// The host that answered.
    #[serde(default, skip_serializing_if = "String::is_empty", alias = "hostId")]
    pub host_id: String,
    /// The stable name of the failure, such as `InvalidDomain.NotFound`.
    #[serde(alias = "code")]
    pub code: String,
    /// One sentence for people.
    #[serde(default, alias = "message")]
    pub message: String,
    /// Where the vendor explains the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommend: Option<String>,
}

impl ErrorBody {
    /// Reads an error, `None` when the text is not one (a proxy's page, say).
    pub fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The JSON text of the error.
    pub fn render(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an error holds only text keys")
    }
}

fn mac(string_to_sign: &str, secret: &str) -> Hmac<Sha1> {
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(string_to_sign.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_string_to_sign_is_sorted_and_escaped_twice() {
        let params = pairs(&[("b", "x y"), ("Action", "A*"), ("Signature", "ignored")]);
        assert_eq!(
            string_to_sign("GET", &params),
            "GET&%2F&Action%3DA%252A%26b%3Dx%2520y"
        );
    }

    #[test]
    fn a_signed_call_verifies_and_a_changed_one_does_not() {
        let mut params = pairs(&[("Action", "DescribeUserDomains"), ("AccessKeyId", "id")]);
        assert_eq!(
            verify("GET", &params, "secret"),
            Err(RpcSignatureError::Missing)
        );
        let signature = sign("GET", &params, "secret");
        params.push((SIGNATURE.to_owned(), signature));
        assert_eq!(verify("GET", &params, "secret"), Ok(()));
        let refused = |answer| matches!(answer, Err(RpcSignatureError::Mismatch { .. }));
        assert!(refused(verify("GET", &params, "other")));
        assert!(refused(verify("POST", &params, "secret")));
        params[0].1.push('x');
        assert!(refused(verify("GET", &params, "secret")));
    }

    #[test]
    fn errors_round_trip_and_foreign_text_is_no_error() {
        let error = ErrorBody {
            request_id: "R".to_owned(),
            host_id: "cdn.aliyuncs.com".to_owned(),
            code: "InvalidDomain.NotFound".to_owned(),
            message: "no such domain".to_owned(),
            recommend: Some("https://example.com".to_owned()),
        };
        assert_eq!(ErrorBody::parse(&error.render()), Some(error));
        let lower = ErrorBody::parse(br#"{"code":"C","message":"m","requestId":"r"}"#);
        assert_eq!(
            lower.map(|error| (error.code, error.request_id)),
            Some(("C".into(), "r".into()))
        );
        assert_eq!(ErrorBody::parse(b"<html>"), None);
    }
}
