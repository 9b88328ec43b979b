//! What the vendor demands of triggers, domains and destinations, one file per sort of thing; pure. Each refusal names the field.

mod bearer;
mod bucket;
mod cdn;
mod destination;
mod timer;
mod topic;
mod web;

use serde_json::Value as Json;

pub(super) use destination::check as check_destination;
pub(super) use web::{METHODS, check_auth, check_cors};

pub(crate) use bucket::apart;

use crate::function::error::{FcError, Outcome};
use crate::mns::Address;

/// Checks what a kind of trigger demands of its configuration.
pub(super) fn check(kind: &str, config: &Json) -> Outcome<()> {
    match kind {
        "http" => web::check(config),
        "timer" => timer::check(config),
        "oss" => bucket::check(config),
        "mns_topic" => topic::check(config),
        "cdn_events" => cdn::check(config),
        "eventbridge" => crate::function::trigger::check(config),
        _ => Ok(()),
    }
}

/// Checks what may not change.
pub(super) fn check_fixed(kind: &str, before: &Json, after: &Json) -> Outcome<()> {
    match kind {
        "cdn_events" => cdn::check_fixed(before, after),
        _ => Ok(()),
    }
}

/// Whether a trigger of a kind can come from there. The events of the CDN are those of the account: its ARN says no more.
pub(super) fn check_source(kind: &str, arn: &str) -> Outcome<()> {
    let wanted = match kind {
        "oss" if bucket::name(arn).is_none() => "acs:oss:REGION:ACCOUNT:BUCKET",
        "mns_topic" if !matches!(Address::of_arn(arn), Some(Address::Topic(_))) => {
            "acs:mns:REGION:ACCOUNT:/topics/TOPIC"
        }
        "cdn_events" if !arn.is_empty() && !arn.starts_with("acs:cdn:") => "acs:cdn:*:ACCOUNT",
        _ => return Ok(()),
    };
    Err(FcError::invalid(format!(
        "sourceArn {arn:?} must be {wanted}"
    )))
}

/// A list of texts, or nothing where there is none.
fn texts<'j>(field: &str, value: &'j Json) -> Outcome<Vec<&'j str>> {
    let read = match value {
        Json::Null => Some(Vec::new()),
        Json::Array(items) => items.iter().map(Json::as_str).collect(),
        _ => None,
    };
    read.ok_or_else(|| FcError::invalid(format!("{field} must be a list of texts, and is {value}")))
}

/// A text, or nothing where there is none.
fn text<'j>(field: &str, value: &'j Json) -> Outcome<Option<&'j str>> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text)),
        other => Err(FcError::invalid(format!(
            "{field} must be a text, and is {other}"
        ))),
    }
}

/// Whether a field is true or false, or absent.
fn flag(field: &str, value: &Json) -> Outcome<()> {
    match value {
        Json::Null | Json::Bool(_) => Ok(()),
        other => Err(FcError::invalid(format!(
            "{field} must be true or false, and is {other}"
        ))),
    }
}
