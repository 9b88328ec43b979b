//! Who may call: signature, time and nonce of an RPC call, in either of the vendor's two dialects.

use http::StatusCode;
use jiff::Timestamp;
use wire::acs3::{self, Acs3Error, Authorization, Call};
use wire::rpc::{self, RpcSignatureError};

use crate::body::Reply;
use crate::clock::{Clock, MAX_SKEW};
use crate::settings::Account;

use super::call::{RpcCall, error_reply};
use super::nonce::Nonces;

/// Verifies calls in the name of the one account.
pub(crate) struct Verifier {
    account: Account,
    clock: Clock,
    nonces: Nonces,
}

/// Why a call is not accepted. The vendor answers an unknown key 404 and a wrong signature 400; here both are 403,
/// by choice: a client must not take wrong keys for a thing that does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error(
        "The input parameter {0:?} that is mandatory for processing this request is not supplied."
    )]
    Missing(&'static str),
    #[error(
        "The Authorization header is malformed, or the parameters name another action than the headers."
    )]
    Malformed,
    #[error("The signature method {0:?} is not supported.")]
    Method(String),
    #[error("Specified access key is not found.")]
    UnknownKey,
    #[error("Specified signature is not matched with our calculation. {0}")]
    WrongSignature(String),
    #[error("Specified time stamp or date value is not well formatted.")]
    UnreadableTime,
    #[error("Specified time stamp or date value is expired.")]
    Expired,
    #[error("Specified signature nonce was used already.")]
    NonceUsed,
}

impl Refusal {
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Missing(_) => (StatusCode::BAD_REQUEST, "MissingParameter"),
            Self::Malformed => (StatusCode::BAD_REQUEST, "InvalidAuthorization"),
            Self::Method(_) => (StatusCode::BAD_REQUEST, "InvalidParameter.SignatureMethod"),
            Self::UnknownKey => (StatusCode::FORBIDDEN, "InvalidAccessKeyId.NotFound"),
            Self::WrongSignature(_) => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"),
            Self::UnreadableTime => (StatusCode::BAD_REQUEST, "InvalidTimeStamp.Format"),
            Self::Expired => (StatusCode::BAD_REQUEST, "InvalidTimeStamp.Expired"),
            Self::NonceUsed => (StatusCode::BAD_REQUEST, "SignatureNonceUsed"),
        }
    }
}

impl Verifier {
    /// Verifies against the account's key and the clock; calls that are right by the machine's time are right too,
    /// since clients do not see the cloud's time.
    pub(crate) fn new(account: Account, clock: Clock) -> Self {
        Self {
            account,
            clock,
            // A call is old enough to be refused for its time after twice the skew.
            nonces: Nonces::new(MAX_SKEW + MAX_SKEW),
        }
    }

    /// Accepts a call once (`None`), or gives the reply that refuses it.
    pub(crate) fn refuse(&self, call: &RpcCall) -> Option<Reply> {
        let refusal = self.check(call).err()?;
        let (status, code) = refusal.answer();
        let message = refusal.to_string();
        Some(error_reply(status, code, &message, &call.request_id))
    }

    fn check(&self, call: &RpcCall) -> Result<(), Refusal> {
        let authorization = header(call, "authorization");
        let (time, nonce) = if authorization.starts_with(acs3::ALGORITHM) {
            self.check_acs3(call, authorization)?;
            let nonce = header(call, "x-acs-signature-nonce");
            (header(call, "x-acs-date"), nonce)
        } else {
            self.check_rpc(call)?;
            let nonce = required(call, "SignatureNonce")?;
            (required(call, "Timestamp")?, nonce)
        };
        self.check_time(time)?;
        if nonce.is_empty() {
            return Err(Refusal::Missing("SignatureNonce"));
        }
        // Last: only a call of the account's own may fill the memory.
        if self.nonces.take(nonce, Timestamp::now()) {
            Ok(())
        } else {
            Err(Refusal::NonceUsed)
        }
    }

    fn check_acs3(&self, call: &RpcCall, authorization: &str) -> Result<(), Refusal> {
        let named = Authorization::parse(authorization).map_err(|_| Refusal::Malformed)?;
        if named.key_id != self.account.access_key_id {
            return Err(Refusal::UnknownKey);
        }
        let query = wire::escape::parse_form(&call.query);
        let headers: Vec<(String, String)> = call
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), value.into_owned())
            })
            .collect();
        let signed = Call {
            method: call.method.as_str(),
            path: &call.path,
            query: &query,
            headers: &headers,
            body_sha256: &acs3::body_sha256(&call.body),
        };
        acs3::verify(&signed, &self.account.access_key_secret).map_err(|error| match error {
            Acs3Error::Missing | Acs3Error::Malformed => Refusal::Malformed,
            error => Refusal::WrongSignature(error.to_string()),
        })
    }

    fn check_rpc(&self, call: &RpcCall) -> Result<(), Refusal> {
        let key = required(call, "AccessKeyId")?;
        required(call, rpc::SIGNATURE)?;
        // The headers of this dialect are not signed, so they must not name another action than the parameters.
        if required(call, "Action")? != call.action || required(call, "Version")? != call.version {
            return Err(Refusal::Malformed);
        }
        match call.param("SignatureMethod").unwrap_or("HMAC-SHA1") {
            "HMAC-SHA1" => {}
            other => return Err(Refusal::Method(other.to_owned())),
        }
        if key != self.account.access_key_id {
            return Err(Refusal::UnknownKey);
        }
        let method = call.method.as_str();
        rpc::verify(method, &call.params, &self.account.access_key_secret).map_err(|error| {
            match error {
                RpcSignatureError::Missing => Refusal::Missing(rpc::SIGNATURE),
                error @ RpcSignatureError::Mismatch { .. } => {
                    Refusal::WrongSignature(error.to_string())
                }
            }
        })
    }

    fn check_time(&self, time: &str) -> Result<(), Refusal> {
        if time.is_empty() {
            return Err(Refusal::Missing("Timestamp"));
        }
        let time: Timestamp = time.parse().map_err(|_| Refusal::UnreadableTime)?;
        let believed = self.clock.believes(time);
        believed.then_some(()).ok_or(Refusal::Expired)
    }
}

fn required<'a>(call: &'a RpcCall, name: &'static str) -> Result<&'a str, Refusal> {
    call.param(name).ok_or(Refusal::Missing(name))
}

fn header<'a>(call: &'a RpcCall, name: &str) -> &'a str {
    let value = call.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    use jiff::SignedDuration;

    use super::*;

    fn verifier(folder: &std::path::Path) -> Verifier {
        let account = Account {
            id: "1".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: "SECRET".to_owned(),
        };
        Verifier::new(account, Clock::open(folder).unwrap())
    }

    /// A GET with the RPC signature.
    fn rpc_call(key: &str, secret: &str, time: &str, nonce: &str) -> RpcCall {
        let pairs = [
            ("AccessKeyId", key),
            ("Action", "DescribeUserDomains"),
            ("Version", "2018-05-10"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", nonce),
            ("Timestamp", time),
        ];
        let mut params: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let signature = rpc::sign("GET", &params, secret);
        params.push((rpc::SIGNATURE.to_owned(), signature));
        call(Method::GET, HeaderMap::new(), params)
    }

    /// A POST with the ACS3 signature over its headers.
    fn acs3_call(key: &str, secret: &str, nonce: &str) -> RpcCall {
        let time = now();
        let list = [
            ("host", "127.0.0.1"),
            ("x-acs-date", time.as_str()),
            ("x-acs-signature-nonce", nonce),
        ];
        let headers: Vec<(String, String)> = list
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let signed = Call {
            method: "POST",
            path: "/",
            query: &[],
            headers: &headers,
            body_sha256: &acs3::body_sha256(b""),
        };
        let authorization = acs3::sign(&signed, key, secret);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        let authorization = HeaderValue::from_str(&authorization).unwrap();
        map.insert("authorization", authorization);
        call(Method::POST, map, Vec::new())
    }

    fn call(method: Method, headers: HeaderMap, params: Vec<(String, String)>) -> RpcCall {
        RpcCall {
            method,
            path: "/".to_owned(),
            query: String::new(),
            headers,
            body: Bytes::new(),
            params,
            version: "2018-05-10".to_owned(),
            action: "DescribeUserDomains".to_owned(),
            request_id: String::new(),
        }
    }

    fn now() -> String {
        Timestamp::now().to_string()
    }

    #[test]
    fn a_right_call_is_accepted_once_in_either_dialect() {
        let folder = tempfile::tempdir().unwrap();
        let verifier = verifier(folder.path());
        let rpc = rpc_call("AKID", "SECRET", &now(), "n1");
        assert_eq!(verifier.check(&rpc), Ok(()));
        assert_eq!(verifier.check(&rpc), Err(Refusal::NonceUsed));
        let acs3 = acs3_call("AKID", "SECRET", "n2");
        assert_eq!(verifier.check(&acs3), Ok(()));
        assert_eq!(verifier.check(&acs3), Err(Refusal::NonceUsed));
    }

    #[test]
    fn wrong_keys_are_forbidden_and_use_up_no_nonce() {
        let folder = tempfile::tempdir().unwrap();
        let verifier = verifier(folder.path());
        let unknown = [
            rpc_call("OTHER", "SECRET", &now(), "n"),
            acs3_call("OTHER", "SECRET", "n"),
        ];
        for call in unknown {
            assert_eq!(verifier.check(&call), Err(Refusal::UnknownKey));
        }
        let wrong = [
            rpc_call("AKID", "OTHER", &now(), "n"),
            acs3_call("AKID", "OTHER", "n"),
        ];
        for call in wrong {
            let refusal = verifier.check(&call).unwrap_err();
            assert!(matches!(refusal, Refusal::WrongSignature(_)));
            assert_eq!(refusal.answer().0, StatusCode::FORBIDDEN);
        }
        let right = acs3_call("AKID", "SECRET", "n");
        assert_eq!(verifier.check(&right), Ok(()));
    }

    #[test]
    fn the_time_may_be_the_machines_or_the_clouds() {
        let folder = tempfile::tempdir().unwrap();
        let verifier = verifier(folder.path());
        let day = SignedDuration::from_hours(24);
        let tomorrow = (Timestamp::now() + day).to_string();
        let call = rpc_call("AKID", "SECRET", &tomorrow, "n1");
        assert_eq!(verifier.check(&call), Err(Refusal::Expired));
        verifier.clock.advance(day.unsigned_abs()).unwrap();
        assert_eq!(verifier.check(&call), Ok(()));
        let today = rpc_call("AKID", "SECRET", &now(), "n2");
        assert_eq!(verifier.check(&today), Ok(()));
        let never = rpc_call("AKID", "SECRET", "soon", "n3");
        assert_eq!(verifier.check(&never), Err(Refusal::UnreadableTime));
    }

    #[test]
    fn a_header_that_is_not_signed_cannot_change_the_action() {
        let folder = tempfile::tempdir().unwrap();
        let verifier = verifier(folder.path());
        let mut call = rpc_call("AKID", "SECRET", &now(), "n");
        call.action = "DeleteCdnDomain".to_owned();
        assert_eq!(verifier.check(&call), Err(Refusal::Malformed));
    }

    #[test]
    fn a_call_that_nobody_signed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let verifier = verifier(folder.path());
        let call = call(Method::GET, HeaderMap::new(), Vec::new());
        assert_eq!(verifier.check(&call), Err(Refusal::Missing("AccessKeyId")));
    }
}
