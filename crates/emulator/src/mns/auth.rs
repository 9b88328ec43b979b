//! Who signed a request: checks the key, the signature and its time.

use jiff::Timestamp;
use wire::{header, mns};

use super::call::Call;
use super::error::{MnsError, Outcome};
use crate::clock::Clock;
use crate::settings::Account;

/// Refuses what the account did not sign. `Content-MD5` is part of what is signed and not compared with the body: the
/// vendor's clients send it in spellings of their own.
pub(super) fn authenticate(call: &Call, account: &Account, clock: &Clock) -> Outcome<()> {
    if call.header("authorization").is_none() {
        return Err(MnsError::bad(
            "MissingAuthorizationHeader",
            "Authorization header is required.",
        ));
    }
    let headers = call.headers();
    let signed = header::Call {
        scheme: &header::MNS,
        method: call.method.as_str(),
        resource: &call.target,
        headers: &headers,
    };
    let claim = signed.claim().ok_or_else(|| {
        MnsError::bad(
            "InvalidAuthorizationHeader",
            "The Authorization header format is invalid.",
        )
    })?;
    check_version(call)?;
    check_time(call, clock)?;
    if claim.key_id != account.access_key_id {
        return Err(MnsError::forbidden(
            "InvalidAccessKeyId",
            "The AccessKey Id you provided is not exist.",
        ));
    }
    if signed.bears_out(&claim, &account.access_key_secret) {
        return Ok(());
    }
    Err(MnsError::forbidden(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ))
}

fn check_version(call: &Call) -> Outcome<()> {
    match call.header("x-mns-version") {
        Some(version) if version == mns::VERSION => Ok(()),
        Some(_) => Err(MnsError::bad(
            "InvalidVersionHeader",
            format!("The x-mns-version header must be {}.", mns::VERSION),
        )),
        None => Err(MnsError::bad(
            "MissingVersionHeader",
            "x-mns-version header is required.",
        )),
    }
}

fn check_time(call: &Call, clock: &Clock) -> Outcome<()> {
    let date = call.header("date").or_else(|| call.header("x-mns-date"));
    let date =
        date.ok_or_else(|| MnsError::bad("MissingDateHeader", "Date header is required."))?;
    let signed = httpdate::parse_http_date(&date)
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
        .ok_or_else(|| MnsError::bad("InvalidDateHeader", "The Date header format is invalid."))?;
    if clock.believes(signed) {
        return Ok(());
    }
    Err(MnsError::new(
        http::StatusCode::REQUEST_TIMEOUT,
        "TimeExpired",
        "The http request you sent is expired.",
    ))
}
