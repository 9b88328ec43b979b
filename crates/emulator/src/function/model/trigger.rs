//! A trigger as the API takes and shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::check::is_name;
use super::config::shown_time;
use super::rules::{check, check_fixed, check_source};
use crate::function::error::{FcError, Outcome};

/// Kinds of triggers that the vendor has.
const KINDS: &[&str] = &[
    "http",
    "timer",
    "oss",
    "log",
    "mns_topic",
    "cdn_events",
    "tablestore",
    "eventbridge",
];

/// The body of `CreateTrigger`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewTrigger {
    pub(crate) trigger_name: String,
    pub(crate) trigger_type: String,
    /// JSON in a text.
    pub(crate) trigger_config: Option<String>,
    pub(crate) qualifier: Option<String>,
    pub(crate) source_arn: Option<String>,
    pub(crate) invocation_role: Option<String>,
    pub(crate) description: Option<String>,
}

/// The body of `UpdateTrigger`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TriggerUpdate {
    pub(crate) trigger_config: Option<String>,
    pub(crate) qualifier: Option<String>,
    pub(crate) invocation_role: Option<String>,
    pub(crate) description: Option<String>,
}

/// A trigger as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trigger {
    /// The function that it starts.
    pub(crate) function: String,
    pub(crate) name: String,
    /// A UUID.
    pub(crate) id: String,
    /// `http`, `timer`, …
    pub(crate) kind: String,
    /// Its configuration, an object.
    pub(crate) config: Json,
    pub(crate) qualifier: String,
    pub(crate) source_arn: String,
    pub(crate) role: String,
    pub(crate) description: String,
    /// Milliseconds of the cloud's time.
    pub(crate) created_ms: i64,
    /// Milliseconds of the cloud's time.
    pub(crate) modified_ms: i64,
}

impl NewTrigger {
    /// The trigger that it makes, checked.
    pub(crate) fn make(self, function: &str, id: String, now_ms: i64) -> Outcome<Trigger> {
        if !is_name(&self.trigger_name, 128) {
            let name = &self.trigger_name;
            return Err(FcError::invalid(format!(
                "triggerName {name:?} must be letters, digits, `_` and `-`, a letter or `_` first, 128 at most"
            )));
        }
        if !KINDS.contains(&self.trigger_type.as_str()) {
            let kind = &self.trigger_type;
            return Err(FcError::invalid(format!(
                "triggerType {kind:?} is none of {}",
                KINDS.join(", ")
            )));
        }
        let config = config(self.trigger_config.as_deref())?;
        check(&self.trigger_type, &config)?;
        let source_arn = self.source_arn.unwrap_or_default();
        check_source(&self.trigger_type, &source_arn)?;
        Ok(Trigger {
            function: function.to_owned(),
            name: self.trigger_name,
            id,
            kind: self.trigger_type,
            config,
            qualifier: qualifier(self.qualifier),
            source_arn,
            role: self.invocation_role.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
            created_ms: now_ms,
            modified_ms: now_ms,
        })
    }
}

impl Trigger {
    /// The trigger after an update.
    pub(crate) fn updated(mut self, by: TriggerUpdate, now_ms: i64) -> Outcome<Self> {
        if by.trigger_config.is_some() {
            let config = config(by.trigger_config.as_deref())?;
            check(&self.kind, &config)?;
            check_fixed(&self.kind, &self.config, &config)?;
            self.config = config;
        }
        if by.qualifier.is_some() {
            self.qualifier = qualifier(by.qualifier);
        }
        self.role = by.invocation_role.unwrap_or(self.role);
        self.description = by.description.unwrap_or(self.description);
        self.modified_ms = now_ms;
        Ok(self)
    }

    /// The reply of `GetTrigger`. `url` is where an http trigger is reached.
    pub(crate) fn show(&self, target_arn: &str, url: &str) -> Json {
        let mut shown = json!({
            "triggerName": self.name,
            "triggerId": self.id,
            "triggerType": self.kind,
            "triggerConfig": self.config.to_string(),
            "qualifier": self.qualifier,
            "sourceArn": self.source_arn,
            "invocationRole": self.role,
            "description": self.description,
            "targetArn": target_arn,
            "status": "Enabled",
            "createdTime": shown_time(self.created_ms),
            "lastModifiedTime": shown_time(self.modified_ms),
        });
        if self.kind == "http" {
            shown["httpTrigger"] = json!({"urlInternet": url, "urlIntranet": url});
        }
        shown
    }
}

fn qualifier(given: Option<String>) -> String {
    given
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "LATEST".to_owned())
}

fn config(text: Option<&str>) -> Outcome<Json> {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("{}");
    let config: Json = serde_json::from_str(text)
        .map_err(|error| FcError::invalid(format!("triggerConfig is not JSON: {error}")))?;
    if config.is_object() {
        Ok(config)
    } else {
        Err(FcError::invalid("triggerConfig is not a JSON object"))
    }
}
