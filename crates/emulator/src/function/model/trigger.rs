//! A trigger as the API takes and shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::check::is_name;
use super::config::shown_time;
use crate::function::error::{FcError, Outcome};
use crate::function::trigger::Schedule;
use crate::mns::Address;

/// Characters of the tag of messages at most.
const LONGEST_TAG: usize = 16;

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

/// Events of the CDN that a trigger can wait for ("CDN event triggers", "Supported events").
const CDN_EVENTS: &[&str] = &[
    "CachedObjectsRefreshed",
    "CachedObjectsBlocked",
    "CachedObjectsPushed",
    "LogFileCreated",
    "CdnDomainStarted",
    "CdnDomainStopped",
    "CdnDomainAdded",
    "CdnDomainDeleted",
];

/// The only version of those events.
const CDN_EVENT_VERSION: &str = "1.0.0";

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

/// Checks what a kind demands of its configuration.
fn check(kind: &str, config: &Json) -> Outcome<()> {
    match kind {
        "timer" => {
            let expression = config["cronExpression"].as_str().unwrap_or_default();
            let read = Schedule::parse(expression);
            read.map_err(|why| FcError::invalid(format!("cronExpression: {why}")))?;
            Ok(())
        }
        "mns_topic" => check_topic(config),
        "cdn_events" => check_cdn(config),
        "eventbridge" => crate::function::trigger::check(config),
        _ => Ok(()),
    }
}

/// Checks what a trigger of a topic says (`MNSTopicTriggerConfig` of the vendor's docs). `notifyStrategy` is about pushes that
/// fail; here the event is queued with the message, so that none can.
fn check_topic(config: &Json) -> Outcome<()> {
    let one_of = |name: &str, words: &[&str]| match &config[name] {
        Json::Null => Ok(()),
        Json::String(word) if word.is_empty() || words.contains(&word.as_str()) => Ok(()),
        other => {
            let words = words.join(" or ");
            Err(FcError::invalid(format!(
                "{name} must be {words}, and is {other}"
            )))
        }
    };
    one_of("notifyContentFormat", &["STREAM", "JSON"])?;
    one_of(
        "notifyStrategy",
        &["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"],
    )?;
    let tag = config["filterTag"].as_str().unwrap_or_default();
    if tag.chars().count() > LONGEST_TAG {
        return Err(FcError::invalid(format!(
            "filterTag {tag:?} has more than {LONGEST_TAG} characters"
        )));
    }
    Ok(())
}

/// Checks what a trigger of the CDN says (`CDNTriggerConfig` of the vendor's docs).
fn check_cdn(config: &Json) -> Outcome<()> {
    let name = &config["eventName"];
    if !name.as_str().is_some_and(|name| CDN_EVENTS.contains(&name)) {
        let known = CDN_EVENTS.join(", ");
        return Err(FcError::invalid(format!(
            "eventName must be one of {known}, and is {name}"
        )));
    }
    let version = &config["eventVersion"];
    if version != CDN_EVENT_VERSION {
        return Err(FcError::invalid(format!(
            "eventVersion must be {CDN_EVENT_VERSION}, and is {version}"
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
fn check_fixed(kind: &str, before: &Json, after: &Json) -> Outcome<()> {
    if kind != "cdn_events" {
        return Ok(());
    }
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

/// Whether a trigger of a kind can come from there. The events of the CDN are those of the account: its ARN says no more.
fn check_source(kind: &str, arn: &str) -> Outcome<()> {
    if kind == "mns_topic" && !matches!(Address::of_arn(arn), Some(Address::Topic(_))) {
        return Err(FcError::invalid(format!(
            "sourceArn {arn:?} must be acs:mns:REGION:ACCOUNT:/topics/TOPIC"
        )));
    }
    if kind == "cdn_events" && !arn.is_empty() && !arn.starts_with("acs:cdn:") {
        return Err(FcError::invalid(format!(
            "sourceArn {arn:?} must be acs:cdn:*:ACCOUNT"
        )));
    }
    Ok(())
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
