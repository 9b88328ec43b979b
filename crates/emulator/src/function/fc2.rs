//! The one operation of the older API (2016-08-15) that is served: `tempBucketToken`, which lends a key to upload code with.

use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use wire::header::{Call, FC2};

use super::service::Functions;
use crate::body::Reply;
use crate::clock::Clock;
use crate::identity::request_uuid;
use crate::rpc::json_reply;
use crate::settings::Account;
use crate::store::StoreError;

/// The operation's path.
pub(crate) const TOKEN_PATH: &str = "/2016-08-15/tempBucketToken";

/// Verifies calls of the older API in the name of the one account.
pub(super) struct Gate {
    account: Account,
    clock: Clock,
}

/// Why a call is not answered as it wishes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("required HTTP header {0} was not specified")]
    Missing(&'static str),
    #[error("invalid access key ID '{0}'")]
    UnknownKey(String),
    #[error(
        "The request signature we calculated does not match the signature you provided. We signed: {0:?}"
    )]
    WrongSignature(String),
    #[error("the date of the request is not readable, or more than 15 minutes away from now")]
    Date,
    #[error("the local cloud could not store or read its data: {0}")]
    Internal(String),
}

impl Refusal {
    /// The status, and the code; that of a wrong date is a choice.
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Missing(_) => (StatusCode::BAD_REQUEST, "MissingRequiredHeader"),
            Self::UnknownKey(_) => (StatusCode::FORBIDDEN, "InvalidAccessKeyID"),
            Self::WrongSignature(_) => (StatusCode::FORBIDDEN, "SignatureNotMatch"),
            Self::Date => (StatusCode::FORBIDDEN, "AccessDenied"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        }
    }

    fn reply(&self) -> Reply {
        let (status, code) = self.answer();
        let message = self.to_string();
        json_reply(
            status,
            &json!({ "ErrorCode": code, "ErrorMessage": message }),
        )
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Gate {
    /// Verifies against the account's key and the clock; calls that are right by the machine's time are right too.
    pub(super) fn new(account: Account, clock: Clock) -> Self {
        Self { account, clock }
    }

    fn check(&self, method: &str, path: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), value.into_owned())
            })
            .collect();
        let call = Call {
            scheme: &FC2,
            method,
            resource: path,
            headers: &headers,
        };
        let claim = call.claim().ok_or(Refusal::Missing("Authorization"))?;
        if claim.key_id != self.account.access_key_id {
            return Err(Refusal::UnknownKey(claim.key_id.to_owned()));
        }
        if !call.bears_out(&claim, &self.account.access_key_secret) {
            return Err(Refusal::WrongSignature(call.string_to_sign()));
        }
        match call.header(header::DATE.as_str()) {
            "" => Err(Refusal::Missing("Date")),
            date => self.check_date(date),
        }
    }

    fn check_date(&self, date: &str) -> Result<(), Refusal> {
        let date = httpdate::parse_http_date(date).map_err(|_| Refusal::Date)?;
        let date = Timestamp::try_from(date).map_err(|_| Refusal::Date)?;
        self.clock.believes(date).then_some(()).ok_or(Refusal::Date)
    }
}

impl Functions {
    /// Answers a call of `tempBucketToken`; its body, if it has one, is of no interest.
    pub(crate) async fn lend<B>(&self, request: &Request<B>) -> Reply {
        let mut reply = match self.lent(request).await {
            Ok(reply) => reply,
            Err(refusal) => refusal.reply(),
        };
        if let Ok(id) = HeaderValue::try_from(request_uuid().to_lowercase()) {
            reply.headers_mut().insert("x-fc-request-id", id);
        }
        reply
    }

    async fn lent<B>(&self, request: &Request<B>) -> Result<Reply, Refusal> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        self.0.gate.check(method, path, request.headers())?;
        let grant = self.0.oss.lend().await?;
        let body = json!({
            "credentials": {
                "AccessKeyId": grant.key.id,
                "AccessKeySecret": grant.key.secret,
                "SecurityToken": grant.key.security_token,
            },
            "ossBucket": grant.bucket,
            "objectName": grant.object,
        });
        Ok(json_reply(StatusCode::OK, &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = list.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (http::HeaderName::from_static(name), value)
        });
        pairs.collect()
    }

    fn signed(date: &str, (id, secret): (&str, &str)) -> HeaderMap {
        let owned = [("date".to_owned(), date.to_owned())];
        let call = Call {
            scheme: &FC2,
            method: "GET",
            resource: TOKEN_PATH,
            headers: &owned,
        };
        let authorization = call.sign(id, secret);
        headers(&[("date", date), ("authorization", &authorization)])
    }

    #[test]
    fn only_the_account_comes_through_and_only_now() {
        let folder = tempfile::tempdir().unwrap();
        let account = Account {
            id: "1".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: "SECRET".to_owned(),
        };
        let clock = Clock::open(folder.path()).unwrap();
        let gate = Gate::new(account, clock.clone());
        let check = |headers: &HeaderMap| {
            let refused = gate.check("GET", TOKEN_PATH, headers).err();
            refused.map(|refusal| refusal.answer().1)
        };
        let ours = ("AKID", "SECRET");
        let now = std::time::SystemTime::now();
        let date = httpdate::fmt_http_date(now);
        assert_eq!(check(&signed(&date, ours)), None);
        let other = signed(&date, ("OTHER", "SECRET"));
        assert_eq!(check(&other), Some("InvalidAccessKeyID"));
        let wrong = signed(&date, ("AKID", "wrong"));
        assert_eq!(check(&wrong), Some("SignatureNotMatch"));
        assert_eq!(check(&HeaderMap::new()), Some("MissingRequiredHeader"));
        assert_eq!(check(&signed("", ours)), Some("MissingRequiredHeader"));
        assert_eq!(check(&signed("today", ours)), Some("AccessDenied"));
        let hour = std::time::Duration::from_hours(1);
        let later = signed(&httpdate::fmt_http_date(now + hour), ours);
        assert_eq!(check(&later), Some("AccessDenied"));
        clock.advance(hour).unwrap();
        assert_eq!(check(&later), None);
        assert_eq!(check(&signed(&date, ours)), None);
    }
}
