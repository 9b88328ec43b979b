//! Who signed a request: checks the key, the signature and its time.

use jiff::Timestamp;
use wire::oss::{Request, v1, v2, v4};

use super::call::Call;
use super::error::{OssError, Outcome};
use super::model::Caller;
use super::staging::Ticket;
use crate::clock::Clock;
use crate::settings::Account;

/// How long a URL signed in version 4 may be valid.
const MAX_EXPIRES: i64 = 7 * 24 * 3600;

/// A signature of any version.
enum Claim {
    V1(v1::Claim),
    V2(v2::Claim),
    V4(v4::Claim),
}

/// Says who signed the call. Settles what a bare `+` in its key means: what was signed.
pub(super) fn authenticate(call: &mut Call, account: &Account, clock: &Clock) -> Outcome<Caller> {
    let headers: Vec<(String, String)> = call
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let request = Request {
        method: call.method.as_str(),
        bucket: call.bucket.as_deref(),
        key: call.key.as_deref(),
        query: &call.query,
        headers: &headers,
    };
    let Some(claim) = Claim::of(call, &request)? else {
        return Ok(Caller::Anonymous);
    };
    claim.check_time(call, clock)?;
    let signer = Signer::of(claim.key_id(), call, account, clock)?;
    let secret = signer.secret();
    if claim.verify(&request, secret) {
        return signer.caller(call);
    }
    let spaced = Request {
        key: call.spaced_key.as_deref(),
        ..request
    };
    if call.spaced_key.is_some() && claim.verify(&spaced, secret) {
        call.key = call.spaced_key.take();
        return signer.caller(call);
    }
    Err(claim.mismatch(&request))
}

/// Whose key a claim names.
enum Signer<'a> {
    Owner(&'a str),
    /// A lent key and its secret.
    Lent(Ticket, String),
}

impl<'a> Signer<'a> {
    fn of(key_id: &str, call: &Call, account: &'a Account, clock: &Clock) -> Outcome<Self> {
        if key_id == account.access_key_id {
            return Ok(Self::Owner(&account.access_key_secret));
        }
        let token = security_token(call).filter(|_| Ticket::is_of(key_id));
        let Some(token) = token else {
            return Err(OssError::InvalidAccessKeyId(key_id.to_owned()));
        };
        let now = clock.now().as_millisecond();
        let (ticket, secret) = Ticket::open(&token, key_id, account, now)?;
        Ok(Self::Lent(ticket, secret))
    }

    fn secret(&self) -> &str {
        match self {
            Self::Owner(secret) => secret,
            Self::Lent(_, secret) => secret,
        }
    }

    /// What a call is that was signed with this key.
    fn caller(&self, call: &Call) -> Outcome<Caller> {
        match self {
            Self::Owner(_) => Ok(Caller::Owner),
            Self::Lent(ticket, _) => ticket.check(call).map(|()| Caller::Uploader),
        }
    }
}

/// The token of a lent key, under the names that the vendor's clients give it in headers and signed URLs.
fn security_token(call: &Call) -> Option<String> {
    let names = ["x-oss-security-token", "security-token"];
    let of_header = names.iter().find_map(|name| call.header(name));
    let of_query = || names.iter().find_map(|name| call.param(name));
    of_header.or_else(|| of_query().map(str::to_owned))
}

impl Claim {
    fn of(call: &Call, request: &Request<'_>) -> Outcome<Option<Self>> {
        let unreadable = || OssError::InvalidArgument {
            name: "Authorization",
            value: call.header("authorization").unwrap_or_default(),
            message: "The Authorization header or signed query is not readable.",
        };
        let claim = if let Some(header) = call.header("authorization") {
            if header.starts_with(v4::ALGORITHM) {
                v4::Claim::from_header(&header, request).map(Self::V4)
            } else if header.starts_with("OSS2 ") {
                v2::Claim::from_header(&header).map(Self::V2)
            } else {
                v1::Claim::from_header(&header).map(Self::V1)
            }
        } else if call.has("x-oss-signature") || call.has("x-oss-signature-version") {
            v4::Claim::from_query(request).map(Self::V4)
        } else if call.has("OSSAccessKeyId") {
            v1::Claim::from_query(request).map(Self::V1)
        } else {
            return Ok(None);
        };
        claim.map(Some).ok_or_else(unreadable)
    }

    fn key_id(&self) -> &str {
        match self {
            Self::V1(claim) => &claim.key_id,
            Self::V2(claim) => &claim.key_id,
            Self::V4(claim) => &claim.key_id,
        }
    }

    fn verify(&self, request: &Request<'_>, secret: &str) -> bool {
        match self {
            Self::V1(claim) => claim.verify(request, secret),
            Self::V2(claim) => claim.verify(request, secret),
            Self::V4(claim) => claim.product == "oss" && claim.verify(request, secret),
        }
    }

    fn mismatch(&self, request: &Request<'_>) -> OssError {
        let (signature, string_to_sign) = match self {
            Self::V1(claim) => (&claim.signature, claim.string_to_sign(request)),
            Self::V2(claim) => (&claim.signature, claim.string_to_sign(request)),
            Self::V4(claim) => (&claim.signature, claim.string_to_sign(request)),
        };
        OssError::SignatureDoesNotMatch {
            key_id: self.key_id().to_owned(),
            signature: signature.clone(),
            string_to_sign,
        }
    }

    fn check_time(&self, call: &Call, clock: &Clock) -> Outcome<()> {
        match self {
            Self::V1(v1::Claim {
                expires: Some(expires),
                ..
            }) => check_expiry(clock.now().as_second(), *expires),
            Self::V4(v4::Claim {
                expires: Some(expires),
                at,
                ..
            }) => {
                let signed = parse_date(at).ok_or_else(no_date)?;
                if !(1..=MAX_EXPIRES).contains(expires) {
                    return Err(OssError::InvalidArgument {
                        name: "x-oss-expires",
                        value: expires.to_string(),
                        message: "The signed URL must be valid for 1 second to 7 days.",
                    });
                }
                check_expiry(clock.now().as_second(), signed.as_second() + expires)
            }
            Self::V4(claim) => check_skew(&claim.at, clock),
            Self::V1(_) | Self::V2(_) => {
                let date = call.header("x-oss-date").or_else(|| call.header("date"));
                check_skew(&date.ok_or_else(no_date)?, clock)
            }
        }
    }
}

fn no_date() -> OssError {
    OssError::AccessDenied("OSS authentication requires a valid Date.".to_owned())
}

fn check_expiry(now: i64, expires: i64) -> Outcome<()> {
    if now > expires {
        return Err(OssError::AccessDenied("Request has expired.".to_owned()));
    }
    Ok(())
}

fn check_skew(date: &str, clock: &Clock) -> Outcome<()> {
    let signed = parse_date(date).ok_or_else(no_date)?;
    if clock.believes(signed) {
        return Ok(());
    }
    Err(OssError::RequestTimeTooSkewed {
        request: signed.to_string(),
        server: clock.now().to_string(),
    })
}

fn parse_date(text: &str) -> Option<Timestamp> {
    if let Ok(time) = httpdate::parse_http_date(text) {
        return Timestamp::try_from(time).ok();
    }
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    time.to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_date_are_read() {
        let expected = "2026-11-22T08:28:00Z".parse().ok();
        assert_eq!(parse_date("20261122T082800Z"), expected);
        assert_eq!(parse_date("Sun, 22 Nov 2026 08:28:00 GMT"), expected);
        assert_eq!(parse_date("yesterday"), None);
    }
}
