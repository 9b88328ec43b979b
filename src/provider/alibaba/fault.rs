//! What went wrong with one request: read from the reply or from the connection, and sorted by what to do next.

use std::error::Error as _;
use std::io;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};

use super::target::Target;
use crate::provider::{ErrorKind, ProviderError};

/// Most characters of a cloud's message that are kept, and of one that quotes what a program wrote: its end says why it ended.
const MESSAGE_LIMIT: usize = 600;
const QUOTE_LIMIT: usize = 16_000;
/// What the service says when a function's code does not start.
const UNSTARTED: &str = "FunctionNotStarted";

/// A failed request, with what the retry policy must know of it.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: ProviderError,
    /// How long the server asked to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// The server's own time, when the clock was the reason.
    pub(super) server_time: Option<SystemTime>,
}

/// What a reply's body says of a failure.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
}

/// A local file that is not what the upload was planned from; travels through the HTTP client as a body's error.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(super) struct SourceFault(pub(super) String);

impl From<ProviderError> for Fault {
    fn from(error: ProviderError) -> Self {
        Self {
            error,
            retry_after: None,
            server_time: None,
        }
    }
}

impl Fault {
    /// Sorts a reply that is no success.
    pub(super) fn of_reply(
        operation: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        target: &Target,
    ) -> Self {
        let said = said(headers, body);
        let code = said.code.as_deref().unwrap_or_default();
        let server_time = is_skew(code).then(|| date(headers)).flatten();
        let message = match &said.message {
            Some(message) if code == UNSTARTED => tidy(message, QUOTE_LIMIT, target),
            Some(message) => tidy(message, MESSAGE_LIMIT, target),
            None => format!("the service answered {status}"),
        };
        let error = ProviderError {
            kind: sort(status, code),
            operation: operation.to_owned(),
            code: said.code.clone(),
            message,
            request_id: said.request_id,
            hint: hint(code, target).map(str::to_owned),
        };
        Self {
            error,
            retry_after: retry_after(headers),
            server_time,
        }
    }

    /// Sorts a request that got no reply.
    pub(super) fn of_connection(operation: &str, error: reqwest::Error, target: &Target) -> Self {
        let error = error.without_url();
        if let Some(source) = source_fault(&error) {
            return ProviderError::new(ErrorKind::Source, operation, source.0).into();
        }
        let timed_out = error.is_timeout();
        let kind = match (error.is_connect(), timed_out, error.is_builder()) {
            (_, _, true) => ErrorKind::Unexpected,
            (true, false, _) => ErrorKind::Unreachable,
            _ => ErrorKind::Temporary,
        };
        let place = target.local().unwrap_or("the cloud");
        let why = root_cause(&error);
        let fault = ProviderError::new(kind, operation, format!("cannot talk to {place}: {why}"));
        match kind {
            ErrorKind::Unreachable if target.is_loopback() => fault
                .with_hint("no local cloud listens there; `sdev local start` starts one")
                .into(),
            ErrorKind::Unreachable => fault
                .with_hint("check the network, the proxy settings and the region")
                .into(),
            _ => fault.into(),
        }
    }
}

/// Whether the error says that the thing itself is not there: status 404 with one of the codes. Any other failure,
/// even a 404 of another code, says nothing about the thing.
pub(super) fn is_missing(error: &ProviderError, codes: &[&str]) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    error.kind == ErrorKind::NotFound && codes.contains(&code)
}

/// Whether the error says that the thing is not there: 404 with one of a service's own codes. The lists of Function Compute and
/// of the flows are not public as a whole; `FunctionNotFound`, `TriggerNotFound`, `FlowNotExists` are seen, and all are
/// formed alike. A code with a dot (`InvalidAccessKeyId.NotFound`) is the gateway's and says nothing of the thing.
pub(super) fn is_absent(error: &ProviderError) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    let ends = ["NotFound", "NotExist", "NotExists", "NotExisted"];
    error.kind == ErrorKind::NotFound
        && !code.contains('.')
        && ends.iter().any(|end| code.ends_with(end))
}

/// What sort of failure a status and the vendor's code mean. Codes without a fitting status are sorted by name:
/// the OpenAPI products throttle with 400 (`Throttling.User`) and report a busy domain as `ServiceBusy`.
fn sort(status: StatusCode, code: &str) -> ErrorKind {
    let temporary_code =
        code.starts_with("Throttling") || matches!(code, "RequestTimeout" | "ServiceBusy");
    if temporary_code {
        return ErrorKind::Temporary;
    }
    if code == UNSTARTED {
        return ErrorKind::Unstarted;
    }
    match status.as_u16() {
        501 => ErrorKind::Unsupported,
        429 | 500.. => ErrorKind::Temporary,
        401 | 403 => ErrorKind::Denied,
        404 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        400..500 if is_key_fault(code) => ErrorKind::Denied,
        400..500 => ErrorKind::Invalid,
        _ => ErrorKind::Unexpected,
    }
}

/// The OpenAPI products answer 400 or 404 for keys that the object storage answers 403 for.
fn is_key_fault(code: &str) -> bool {
    code.starts_with("InvalidAccessKeyId") || code == "SignatureDoesNotMatch" || is_skew(code)
}

/// Whether the code says that the request's time is too far from the server's.
fn is_skew(code: &str) -> bool {
    matches!(
        code,
        "RequestTimeTooSkewed" | "InvalidTimeStamp.Expired" | "IllegalTimestamp"
    )
}

fn hint(code: &str, target: &Target) -> Option<&'static str> {
    if code.starts_with("InvalidAccessKeyId") {
        return Some(match target.local() {
            Some(_) => {
                "the local cloud has its own keys: use access `local`, or the variables that `sdev local run` sets"
            }
            None => "this access key id does not exist; see `sdev config list`",
        });
    }
    match code {
        UNSTARTED if target.is_loopback() => Some("`sdev logs` shows all that its code wrote"),
        "SignatureDoesNotMatch" => Some(
            "the access key secret does not belong to the access key id; see `sdev config list`",
        ),
        _ if is_skew(code) => Some("the clock of this machine is wrong; set it and try again"),
        "SecurityTokenExpired" | "InvalidSecurityToken.Expired" => {
            Some("the temporary keys have expired; get new ones")
        }
        _ => None,
    }
}

/// Reads what a failed reply says: XML of the object storage (in base64 as a header after `HEAD`), or JSON.
pub(super) fn said(headers: &HeaderMap, body: &[u8]) -> Said {
    let header = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let in_header = || STANDARD.decode(header("x-oss-err")?).ok();
    let from_header = if body.is_empty() { in_header() } else { None };
    let body = from_header.as_deref().unwrap_or(body);
    let start = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let mut said = match start {
        Some(b'<') => said_in_xml(body),
        Some(b'{') => said_in_json(body),
        _ => Said::default(),
    };
    said.request_id = said
        .request_id
        .or_else(|| header("x-oss-request-id"))
        .or_else(|| header("x-acs-request-id"));
    said
}

fn said_in_xml(body: &[u8]) -> Said {
    match wire::oss::error::ErrorBody::parse(body) {
        Some(error) => Said {
            code: full(error.code),
            message: full(error.message),
            request_id: full(error.request_id),
        },
        None => Said::default(),
    }
}

fn said_in_json(body: &[u8]) -> Said {
    match wire::rpc::ErrorBody::parse(body) {
        Some(error) => Said {
            code: full(error.code),
            message: full(error.message),
            request_id: full(error.request_id),
        },
        None => Said::default(),
    }
}

fn full(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A message fit to show: servers repeat the signed text, which holds the token of temporary keys.
fn tidy(message: &str, limit: usize, target: &Target) -> String {
    let secrets = [Some(&target.key_secret), target.security_token.as_ref()];
    let mut text = message.trim().to_owned();
    for secret in secrets.into_iter().flatten().filter(|s| !s.is_empty()) {
        text = text.replace(secret.as_str(), "(redacted)");
    }
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = parse_date(value)?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    parse_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

fn parse_date(text: &str) -> Option<SystemTime> {
    let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(zoned.timestamp().into())
}

fn source_fault(error: &reqwest::Error) -> Option<SourceFault> {
    let mut next = error.source();
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<io::Error>().and_then(|e| e.get_ref());
        let inner = inner.and_then(|inner| inner.downcast_ref::<SourceFault>());
        if let Some(fault) = cause.downcast_ref::<SourceFault>().or(inner) {
            return Some(fault.clone());
        }
        next = cause.source();
    }
    None
}

fn root_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = cause.to_string();
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            account_id: None,
            region: "cn-hangzhou".into(),
            key_id: "AKID".into(),
            key_secret: "hush".into(),
            security_token: Some("mum".into()),
            endpoint: None,
        }
    }

    #[test]
    fn only_throttling_time_outs_and_broken_servers_are_temporary() {
        let kind = |status: u16, code: &str| sort(StatusCode::from_u16(status).unwrap(), code);
        for (status, code) in [
            (500, "InternalError"),
            (503, ""),
            (429, ""),
            (400, "Throttling.User"),
            (400, "RequestTimeout"),
            (400, "ServiceBusy"),
        ] {
            assert_eq!(kind(status, code), ErrorKind::Temporary, "{status} {code}");
        }
        assert_eq!(kind(501, "NotImplemented"), ErrorKind::Unsupported);
        assert_eq!(kind(403, "AccessDenied"), ErrorKind::Denied);
        assert_eq!(kind(400, "SignatureDoesNotMatch"), ErrorKind::Denied);
        assert_eq!(kind(404, "NoSuchKey"), ErrorKind::NotFound);
        assert_eq!(kind(409, "BucketNotEmpty"), ErrorKind::Conflict);
        assert_eq!(kind(400, "InvalidArgument"), ErrorKind::Invalid);
        assert_eq!(kind(412, "FunctionNotStarted"), ErrorKind::Unstarted);
        assert_eq!(kind(302, ""), ErrorKind::Unexpected);
    }

    #[test]
    fn a_reply_is_read_from_xml_json_or_a_header() {
        let xml = b"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>R</RequestId></Error>";
        let expected = Said {
            code: Some("NoSuchKey".into()),
            message: Some("m".into()),
            request_id: Some("R".into()),
        };
        assert_eq!(said(&HeaderMap::new(), xml), expected);
        let mut headers = HeaderMap::new();
        headers.insert("x-oss-err", STANDARD.encode(xml).parse().unwrap());
        assert_eq!(said(&headers, b""), expected);
        let json = br#"{"Code":"NoSuchKey","Message":"m","RequestId":"R"}"#;
        assert_eq!(said(&HeaderMap::new(), json), expected);
        assert_eq!(said(&HeaderMap::new(), b"<html>"), Said::default());
    }

    #[test]
    fn an_error_holds_what_the_cloud_said_but_no_secret() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        let body =
            br#"{"Code":"SignatureDoesNotMatch","Message":"signed: mum hush","RequestId":"R"}"#;
        let fault = Fault::of_reply("Op", StatusCode::FORBIDDEN, &headers, body, &target());
        assert_eq!(fault.error.kind, ErrorKind::Denied);
        assert_eq!(fault.error.message, "signed: (redacted) (redacted)");
        assert_eq!(fault.error.request_id.as_deref(), Some("R"));
        assert!(fault.error.hint.is_some());
        assert_eq!(fault.retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_skewed_clock_carries_the_servers_time() {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Sun, 22 Nov 2026 08:29:25 GMT".parse().unwrap());
        let body = b"<Error><Code>RequestTimeTooSkewed</Code></Error>";
        let fault = Fault::of_reply("Op", StatusCode::FORBIDDEN, &headers, body, &target());
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_336_165);
        assert_eq!(fault.server_time, Some(at));
    }
}
