//! Settings that the local cloud keeps and that change nothing there, told when a plan makes or changes them.
//!
//! What is listed here is listed for readers in `docs/local.md`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::printer::Printer;
use super::super::view;
use crate::component::LeftOut;
use crate::diagnostic::{Diagnostic, Span, code};
use crate::engine::{Destination, Project};
use crate::plan::{Change, FieldDiff, Plan, Step};
use crate::resource::{Attrs, Value};

/// Of functions, when they say anything.
const FUNCTION: [&str; 9] = [
    "vpcConfig",
    "logConfig",
    "ossMountConfig",
    "customDNS",
    "gpuConfig",
    "sessionAffinity",
    "sessionAffinityConfig",
    "enableLongLiving",
    "disableOndemand",
];
/// Of domains, and of routes that make them.
const DOMAIN: [&str; 3] = ["certConfig", "tlsConfig", "wafConfig"];
/// Uses that are not measured there.
const METRICS: [&str; 2] = ["CPUUtilization", "GPUMemUtilization"];
/// Services that hear there of the end of asynchronous calls.
const HEARERS: [&str; 3] = ["fc", "mns", "eventbridge"];
/// Types of triggers that fire there.
const TRIGGERS: [&str; 6] = [
    "http",
    "timer",
    "oss",
    "mns_topic",
    "cdn_events",
    "eventbridge",
];
/// Sources of events that an `eventbridge` trigger may have there.
const SOURCES: [&str; 2] = ["Default", "MNS"];
/// Events of the CDN that never happen there.
const NO_EVENTS: [&str; 2] = ["CachedObjectsBlocked", "LogFileCreated"];

/// Warns of such settings: one line for each block in which the plan sets any. What does not change is not told again.
/// What was left out of a block is told when its function is made, or loses such a setting.
pub(super) fn warn((project, plan): (&Project, &Plan), to: &Destination, printer: Printer) {
    if !to.is_local() {
        return;
    }
    for left_out in project.left_out() {
        if plan.steps.iter().any(|step| leaves_out(step, left_out)) {
            view::diagnostic::show_one(printer, &left_out.warning());
        }
    }
    let mut blocks: BTreeMap<&str, (Vec<String>, Option<Span>)> = BTreeMap::new();
    for step in &plan.steps {
        let found = of_step(step);
        if found.is_empty() {
            continue;
        }
        let (all, at) = blocks.entry(step.id.block()).or_default();
        all.extend(found);
        let place = || step.resource.as_ref().and_then(|wanted| wanted.at.clone());
        *at = at.take().or_else(place);
    }
    for (block, (mut settings, at)) in blocks {
        settings.sort();
        settings.dedup();
        let detail = format!(
            "no effect in the local cloud, of `{block}`: {}",
            settings.join(", ")
        );
        let mut warning = Diagnostic::warning(code::NO_EFFECT, detail);
        warning.at = at;
        view::diagnostic::show_one(printer, &warning);
    }
}

/// Whether a step makes the function that a property is left out of, or takes the property away.
fn leaves_out(step: &Step, left_out: &LeftOut) -> bool {
    let is_it = step.kind.as_str() == "fc.function" && step.id.block() == left_out.block;
    let is_touched = |diff: &FieldDiff| {
        let first = diff.path.first();
        first.is_some_and(|name| name == left_out.property)
    };
    is_it
        && match &step.change {
            Change::Create { .. } => true,
            change => change.diff().iter().any(is_touched),
        }
}

/// Those that a step sets.
fn of_step(step: &Step) -> Vec<String> {
    let (Change::Create { diff, .. } | Change::Update { diff } | Change::Adopt { diff, .. }) =
        &step.change
    else {
        return Vec::new();
    };
    let Some(wanted) = &step.resource else {
        return Vec::new();
    };
    let is_set = |name: &str| {
        let mut names = diff.iter().filter_map(|one| one.path.first());
        names.any(|changed| changed == name)
    };
    let attrs = wanted.attrs.iter().filter(|(name, _)| is_set(name));
    let one = |(name, value): (&String, &Value)| {
        unheeded((step.kind.as_str(), name), &known(value), &wanted.attrs)
    };
    attrs.flat_map(one).collect()
}

/// A value without what is known only later.
fn known(value: &Value) -> Json {
    value.outline(&|_, _| None)
}

/// What of an attribute has no effect, in the manifest's words.
fn unheeded((kind, name): (&str, &str), value: &Json, all: &Attrs) -> Vec<String> {
    let own = |is_unheeded: bool| Vec::from_iter(is_unheeded.then(|| name.to_owned()));
    match (kind, name) {
        ("fc.function", "internetAccess") => only(*value == false, "internetAccess: false"),
        ("fc.function", "customContainerConfig") => only(
            says(&value["registryConfig"]),
            "customContainerConfig.registryConfig",
        ),
        ("fc.function", "layers") => empty(value),
        ("fc.function", name) => own(FUNCTION.contains(&name) && says(value)),
        ("fc.vpc_binding", "vpcIds") => only(says(value), "vpcBinding"),
        ("fc.route" | "fc.custom_domain", name) => own(DOMAIN.contains(&name) && says(value)),
        ("fc.scaling", "residentPoolId") => own(says(value)),
        ("fc.provision" | "fc.scaling", _) => by_use(name, value),
        ("fc.async_config", "destinationConfig") => untold(value),
        ("fc.trigger", "triggerConfig") => silent(value, all),
        _ => Vec::new(),
    }
}

fn only(is_unheeded: bool, words: &str) -> Vec<String> {
    Vec::from_iter(is_unheeded.then(|| words.to_owned()))
}

/// Whether a value asks for anything.
fn says(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::Bool(true) | Json::Number(_) => true,
        Json::String(text) => !text.is_empty() && text != "NONE",
        Json::Array(items) => items.iter().any(says),
        Json::Object(fields) => fields.values().any(says),
    }
}

/// The vendor's own layers of which nothing is there.
fn empty(layers: &Json) -> Vec<String> {
    let arns = layers.as_array().into_iter().flatten();
    let official = arns.filter_map(|arn| {
        let (_, rest) = arn.as_str()?.split_once(":official:layers/")?;
        Some(rest.split_once('/').map_or(rest, |(name, _)| name))
    });
    let empty = official.filter(|name| !emulator::serves_layer(name));
    empty
        .map(|name| format!("layer {name}, which is empty there"))
        .collect()
}

/// Rules about instances by what is not measured.
fn by_use(name: &str, rules: &Json) -> Vec<String> {
    let metrics = rules.as_array().into_iter().flatten();
    let metrics = metrics.filter_map(|rule| rule["metricType"].as_str());
    let metrics = metrics.filter(|metric| METRICS.contains(metric));
    metrics
        .map(|metric| format!("{name} by {metric}"))
        .collect()
}

/// Destinations that are not told.
fn untold(config: &Json) -> Vec<String> {
    let ends = ["onSuccess", "onFailure"];
    let is_untold = |end: &&str| {
        let arn = config[end]["destination"].as_str().unwrap_or_default();
        let service = arn.split(':').nth(1);
        service.is_some_and(|service| !HEARERS.contains(&service))
    };
    let untold = ends.iter().filter(|end| is_untold(end));
    untold
        .map(|end| format!("destinationConfig.{end}"))
        .collect()
}

/// A trigger that never fires.
fn silent(config: &Json, all: &Attrs) -> Vec<String> {
    let text = |name: &str| all.get(name).map(known).unwrap_or_default();
    let of = text("triggerType");
    let of = of.as_str().unwrap_or_default();
    let word = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let fires = match of {
        "eventbridge" => {
            let source = word(&config["eventSourceConfig"]["eventSourceType"]);
            source.is_empty() || SOURCES.contains(&&*source)
        }
        "cdn_events" => !NO_EVENTS.contains(&&*word(&config["eventName"])),
        other => TRIGGERS.contains(&other),
    };
    let name = word(&text("triggerName"));
    only(
        !fires,
        &format!("trigger {name} ({of}), which does not fire"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, name: &str, value: &Json) -> Vec<String> {
        unheeded((kind, name), value, &Attrs::new())
    }

    #[test]
    fn what_asks_for_nothing_is_not_told() {
        for (name, value) in [
            ("vpcConfig", json!({ "vpcId": "", "vSwitchIds": [] })),
            ("sessionAffinity", json!("NONE")),
            ("internetAccess", json!(true)),
            ("enableLongLiving", json!(false)),
            ("customContainerConfig", json!({ "image": "a" })),
            (
                "nasConfig",
                json!({ "mountPoints": [{ "mountDir": "/mnt" }] }),
            ),
            ("timeout", json!(3)),
        ] {
            assert!(of("fc.function", name, &value).is_empty(), "{name}");
        }
    }

    #[test]
    fn what_does_nothing_is_named() {
        let vpc = json!({ "vpcId": "vpc-1" });
        assert_eq!(of("fc.function", "vpcConfig", &vpc), ["vpcConfig"]);
        let closed = of("fc.function", "internetAccess", &json!(false));
        assert_eq!(closed, ["internetAccess: false"]);
        let rules = json!([
            { "metricType": "ProvisionedConcurrencyUtilization" }, { "metricType": "CPUUtilization" },
        ]);
        let told = of("fc.provision", "targetTrackingPolicies", &rules);
        assert_eq!(told, ["targetTrackingPolicies by CPUUtilization"]);
        let destinations = json!({
            "onSuccess": { "destination": "acs:fc:cn-hangzhou:1:functions/f" },
            "onFailure": { "destination": "acs:rocketmq:cn-hangzhou:1:/topics/t" },
        });
        let told = of("fc.async_config", "destinationConfig", &destinations);
        assert_eq!(told, ["destinationConfig.onFailure"]);
    }

    #[test]
    fn triggers_that_do_not_fire_are_named() {
        let told = |of: &str, config: Json| {
            let attrs = [("triggerName", "t"), ("triggerType", of)];
            let attrs = attrs.map(|(name, text)| (name.to_owned(), text.into()));
            silent(&config, &Attrs::from(attrs)).len()
        };
        for (of, config, count) in [
            ("http", json!({}), 0),
            ("log", json!({}), 1),
            ("cdn_events", json!({ "eventName": "CdnDomainAdded" }), 0),
            ("cdn_events", json!({ "eventName": "LogFileCreated" }), 1),
            (
                "eventbridge",
                json!({ "eventSourceConfig": { "eventSourceType": "MNS" } }),
                0,
            ),
            (
                "eventbridge",
                json!({ "eventSourceConfig": { "eventSourceType": "Kafka" } }),
                1,
            ),
        ] {
            assert_eq!(told(of, config.clone()), count, "{of} {config}");
        }
    }
}
