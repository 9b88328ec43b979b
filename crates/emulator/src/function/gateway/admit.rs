//! Who may come in by an http trigger.

use http::{Method, StatusCode};
use serde_json::Value as Json;

use crate::function::error::{FcError, Outcome};
use crate::function::model::Trigger;

/// How a visitor is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entrance {
    /// Anybody.
    Anonymous,
    /// Whoever signs as for a call of the API.
    Signed,
}

/// Whether a trigger takes requests of this method, and from whom.
pub(super) fn entrance(trigger: &Trigger, method: &Method) -> Outcome<Entrance> {
    if trigger.config["disableURLInternet"] == true {
        let message = "the trigger's address is switched off (disableURLInternet)";
        return Err(FcError::new(StatusCode::FORBIDDEN, "AccessDenied", message));
    }
    let methods = trigger.config["methods"].as_array();
    let methods: Vec<&str> = methods
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    if !methods.is_empty() && !methods.contains(&method.as_str()) {
        let message = format!("the trigger takes {}", methods.join(", "));
        return Err(FcError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            message,
        ));
    }
    match trigger.config["authType"].as_str() {
        Some("anonymous") => Ok(Entrance::Anonymous),
        None | Some("" | "function") => Ok(Entrance::Signed),
        Some(other) => Err(FcError::unserved(&format!("the authType {other}"))),
    }
}
