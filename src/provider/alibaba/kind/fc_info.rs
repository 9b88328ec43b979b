//! What there is about a function beside its attributes: `act("info")` of `fc.function`.
//!
//! The answer: `status`; `triggers`, also those that others made; `versions`, `aliases`; the settings of all qualifiers by kind.
//! Null when the function is not there. Nothing in it can hold the text of a secret: what the function is configured with is
//! read as its attributes.

use serde_json::{Value as Json, json};

use super::fc_setting::FcSetting;
use super::{fc_alias_act, fc_version_act};
use crate::provider::ProviderError;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::resource::Object;

const STATUS: [&str; 10] = [
    "functionArn",
    "functionId",
    "state",
    "stateReason",
    "lastUpdateStatus",
    "lastUpdateStatusReason",
    "codeSize",
    "codeChecksum",
    "createdTime",
    "lastModifiedTime",
];
const TRIGGER: [&str; 6] = [
    "triggerName",
    "triggerType",
    "qualifier",
    "status",
    "description",
    "lastModifiedTime",
];
/// Settings that each version and alias has of its own.
const SETTINGS: [&str; 3] = ["async_config", "provision", "scaling"];

/// Everything about the function of this name.
pub(super) async fn info(fc: &Fc, function: &str) -> Result<Json, ProviderError> {
    let call = Call::get("GetFunction", &["functions", function]);
    let Some(shown) = fc.find(&call).await? else {
        return Ok(Json::Null);
    };
    let call = Call::get("ListTriggers", &["functions", function, "triggers"]);
    let triggers = fc.list(call, "triggers").await?;
    let mut info = json!({
        "status": picked(&shown, &STATUS),
        "triggers": triggers.iter().map(trigger).collect::<Json>(),
        "versions": fc_version_act::list(fc, function).await?,
        "aliases": fc_alias_act::list(fc, function).await?,
        "concurrency": setting(fc, "concurrency", ("get", function)).await?,
    });
    for name in SETTINGS {
        info[name] = setting(fc, name, ("list", function)).await?;
    }
    Ok(info)
}

async fn setting(
    fc: &Fc,
    name: &str,
    (verb, function): (&str, &str),
) -> Result<Json, ProviderError> {
    match FcSetting::named(fc, name) {
        Some(setting) => setting.command((name, verb), function, &Json::Null).await,
        None => Ok(Json::Null),
    }
}

fn trigger(shown: &Json) -> Json {
    let mut trigger = match shown {
        Json::Object(shown) => picked(shown, &TRIGGER),
        _ => Object::new(),
    };
    if let Some(url) = shown["httpTrigger"]["urlInternet"].as_str() {
        trigger.insert("urlInternet".into(), url.into());
    }
    Json::Object(trigger)
}

/// The fields named that say something.
fn picked(shown: &Object, names: &[&str]) -> Object {
    let says = |value: &&Json| !value.is_null() && value.as_str() != Some("");
    let pairs = names.iter().filter_map(|name| {
        let value = shown.get(*name).filter(says)?;
        Some(((*name).to_owned(), value.clone()))
    });
    pairs.collect()
}
