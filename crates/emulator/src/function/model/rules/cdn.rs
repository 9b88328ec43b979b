//! Triggers of the CDN.

use serde_json::Value as Json;
use trigger::cdn::{EVENTS, VERSION};

use crate::function::error::{FcError, Outcome};

/// Checks what a trigger of the CDN says (`CDNTriggerConfig` of the vendor's docs).
pub(super) fn check(config: &Json) -> Outcome<()> {
    let name = &config["eventName"];
    if !name.as_str().is_some_and(|name| EVENTS.contains(&name)) {
        let known = EVENTS.join(", ");
        return Err(FcError::invalid(format!(
            "eventName must be one of {known}, and is {name}"
        )));
    }
    let version = &config["eventVersion"];
    if version != VERSION {
        return Err(FcError::invalid(format!(
            "eventVersion must be {VERSION}, and is {version}"
        )));
    }
    let domains = &config["filter"]["domain"];
    let is_name = |domain: &Json| domain.as_str().is_some_and(|name| !name.is_empty());
    let named = domains.as_array().filter(|all| !all.is_empty());
    if !named.is_some_and(|all| all.iter().all(is_name)) {
        return Err(FcError::invalid(format!(
            "filter.domain must be a list of domains, and is {domains}"
        )));
    }
    match &config["notes"] {
        Json::Null | Json::String(_) => Ok(()),
        other => Err(FcError::invalid(format!(
            "notes must be a text, and is {other}"
        ))),
    }
}

/// Checks what may not change: which event a trigger of the CDN waits for.
pub(super) fn check_fixed(before: &Json, after: &Json) -> Outcome<()> {
    for name in ["eventName", "eventVersion"] {
        if before[name] != after[name] {
            return Err(FcError::invalid(format!(
                "{name} of a trigger cannot change: it is {}; make another trigger",
                before[name]
            )));
        }
    }
    Ok(())
}
