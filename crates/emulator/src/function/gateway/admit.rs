//! Who may come in by an http trigger or a domain.

use http::{Method, StatusCode};
use serde_json::Value as Json;

use crate::function::error::{FcError, Outcome};
use crate::function::model::{Domain, Trigger};

/// How a visitor is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entrance {
    /// Anybody.
    Anonymous,
    /// Whoever signs as for a call of the API.
    Signed,
    /// Whoever has a web token that this `authConfig` accepts.
    Token(Json),
    /// Whoever has one of the tokens of this `authConfig`.
    Bearer(Json),
}

/// Whether a trigger takes requests of this method, and from whom.
pub(super) fn entrance(trigger: &Trigger, method: &Method) -> Outcome<Entrance> {
    if trigger.config["disableURLInternet"] == true {
        let message = "the trigger's address is switched off (disableURLInternet)";
        return Err(FcError::new(StatusCode::FORBIDDEN, "AccessDenied", message));
    }
    let methods = methods(trigger);
    if !methods.is_empty() && !methods.contains(&method.as_str()) {
        let message = format!("the trigger takes {}", methods.join(", "));
        return Err(FcError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            message,
        ));
    }
    match trigger.config["authType"].as_str() {
        None | Some("" | "function") => Ok(Entrance::Signed),
        Some(kind) => of_kind(kind, &trigger.config["authConfig"]),
    }
}

/// The methods that a trigger takes; none stands for all.
pub(super) fn methods(trigger: &Trigger) -> Vec<&str> {
    let methods = trigger.config["methods"].as_array();
    let methods = methods.into_iter().flatten();
    methods.filter_map(Json::as_str).collect()
}

/// From whom a domain takes requests. A domain that says nothing takes them from anybody.
pub(super) fn domain_entrance(domain: &Domain) -> Outcome<Entrance> {
    let auth = &domain.other["authConfig"];
    let kind = auth["authType"].as_str().unwrap_or_default();
    of_kind(kind, &auth["authInfo"])
}

fn of_kind(kind: &str, config: &Json) -> Outcome<Entrance> {
    match kind {
        "" | "anonymous" => Ok(Entrance::Anonymous),
        "function" => Ok(Entrance::Signed),
        "jwt" => Ok(Entrance::Token(read(config)?)),
        "bearer" => Ok(Entrance::Bearer(read(config)?)),
        other => Err(FcError::unserved(&format!("the authType {other}"))),
    }
}

/// A configuration; a domain's is JSON in a text.
fn read(config: &Json) -> Outcome<Json> {
    match config.as_str() {
        Some(text) => serde_json::from_str(text)
            .map_err(|error| FcError::invalid(format!("authInfo is not JSON: {error}"))),
        None => Ok(config.clone()),
    }
}
