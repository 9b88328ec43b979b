//! Targets: where the events of a rule go ("Event target parameters" of the vendor's docs).

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bus::check_name;
use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::transform::{Form, Param};
use crate::mns::{Address, Strategy};
use crate::push::is_here;

/// A target, as the API takes and keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::bridge) struct Target {
    /// Its name among those of its rule.
    pub(in crate::bridge) id: String,
    /// `acs.fc.function`, …
    #[serde(rename = "Type")]
    kind: String,
    /// The resource name, or the web address.
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    param_list: Vec<Param>,
    #[serde(default)]
    push_retry_strategy: Strategy,
    #[serde(default)]
    dead_letter_queue: Option<Value>,
    #[serde(default)]
    errors_tolerance: Option<String>,
    /// Kept and shown; deliveries are made side by side all the same.
    #[serde(default)]
    concurrent_config: Option<Value>,
}

/// What a target leads to here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bridge) enum Goal {
    Function {
        name: String,
        qualifier: String,
        /// Called and waited for; otherwise queued.
        waits: bool,
    },
    /// A queue or a topic, and whether bodies are in base64.
    Post(Address, bool),
    /// An address on this machine.
    Http(Uri),
    Flow(String),
}

impl Target {
    /// Reads a target of a call and checks that it leads somewhere.
    ///
    /// # Errors
    /// It is of a kind that is not served, or can never be delivered to.
    pub(in crate::bridge) fn read(document: &Value) -> Outcome<Self> {
        let target: Self = serde_json::from_value(document.clone())
            .map_err(|error| BridgeError::invalid(format!("A target cannot be read: {error}.")))?;
        check_name("Id", &target.id)?;
        for param in &target.param_list {
            param.check()?;
        }
        match target.errors_tolerance.as_deref() {
            None | Some("" | "ALL") => {}
            Some("NONE") => return Err(BridgeError::unserved("ErrorsTolerance NONE")),
            Some(other) => {
                let why = format!("ErrorsTolerance {other:?} is neither ALL nor NONE.");
                return Err(BridgeError::invalid(why));
            }
        }
        target.goal()?;
        if target.dead_arn().is_some() && target.dead_letters().is_none() {
            return Err(BridgeError::unserved(
                "dead letters elsewhere than in queues of MNS",
            ));
        }
        Ok(target)
    }

    /// A function as a target that gets whole events.
    pub(in crate::bridge) fn function(
        id: &str,
        (name, qualifier): (&str, &str),
        waits: bool,
    ) -> Self {
        let constant = |key: &str, value: &str| Param {
            resource_key: key.to_owned(),
            form: Form::Constant,
            value: Some(value.to_owned()),
            template: None,
        };
        Self {
            id: id.to_owned(),
            kind: "acs.fc.function".to_owned(),
            endpoint: String::new(),
            param_list: vec![
                constant("functionName", name),
                constant("Qualifier", qualifier),
                constant("InvocationType", if waits { "Sync" } else { "Async" }),
                Param::original("Body"),
            ],
            push_retry_strategy: Strategy::default(),
            dead_letter_queue: None,
            errors_tolerance: None,
            concurrent_config: None,
        }
    }

    /// Where it leads.
    pub(in crate::bridge) fn goal(&self) -> Outcome<Goal> {
        let post = |address: Option<Address>| {
            let coded = self.constant("IsBase64Encode").unwrap_or_default();
            address
                .map(|address| Goal::Post(address, coded.eq_ignore_ascii_case("true")))
                .ok_or_else(|| self.leads_nowhere())
        };
        let address = Address::of_arn(&self.endpoint);
        match self.kind.as_str() {
            "acs.fc.function" => self.to_function(),
            "acs.fnf" | "acs.fnf.flow" => self.to_flow(),
            "acs.mns.queue" => {
                let named = self
                    .constant("queue")
                    .map(|name| Address::Queue(name.to_owned()));
                post(named.or(address.filter(|to| matches!(to, Address::Queue(_)))))
            }
            "acs.mns.topic" => {
                let named = self
                    .constant("topic")
                    .map(|name| Address::Topic(name.to_owned()));
                post(named.or(address.filter(|to| matches!(to, Address::Topic(_)))))
            }
            "http" => {
                let address = self.constant("url").unwrap_or(&self.endpoint);
                let uri: Option<Uri> = address.parse().ok();
                uri.filter(is_here).map(Goal::Http).ok_or_else(|| {
                    let why = "must be an http:// address of this machine: the local cloud reaches no others";
                    BridgeError::invalid(format!("The endpoint {address:?} {why}."))
                })
            }
            other => Err(BridgeError::unserved(&format!(
                "targets of the type {other}"
            ))),
        }
    }

    fn to_function(&self) -> Outcome<Goal> {
        let path = resource(&self.endpoint, "fc").unwrap_or_default();
        let is_old = path.starts_with("services/")
            || self
                .constant("serviceName")
                .is_some_and(|name| !name.is_empty());
        if is_old {
            return Err(BridgeError::unserved(
                "functions of services (Function Compute 2.0)",
            ));
        }
        let path = path.strip_prefix("functions/").unwrap_or_default();
        let (name, qualifier) = path.split_once('/').unwrap_or((path, ""));
        let name = self.constant("functionName").unwrap_or(name);
        if name.is_empty() {
            return Err(self.leads_nowhere());
        }
        let waits = match self.constant("InvocationType") {
            Some(word) if word.eq_ignore_ascii_case("sync") => true,
            Some(word) if word.eq_ignore_ascii_case("async") => false,
            None => false,
            Some(word) => {
                let why = format!("InvocationType {word:?} is neither Sync nor Async.");
                return Err(BridgeError::invalid(why));
            }
        };
        let qualifier = self.constant("Qualifier").unwrap_or(qualifier);
        Ok(Goal::Function {
            name: name.to_owned(),
            qualifier: if qualifier.is_empty() {
                "LATEST"
            } else {
                qualifier
            }
            .to_owned(),
            waits,
        })
    }

    fn to_flow(&self) -> Outcome<Goal> {
        let path = resource(&self.endpoint, "fnf").unwrap_or_default();
        let name = path.strip_prefix("flow/").unwrap_or_default();
        let name = self.constant("FlowName").unwrap_or(name);
        if name.is_empty() {
            return Err(self.leads_nowhere());
        }
        Ok(Goal::Flow(name.to_owned()))
    }

    /// What it gets of an event: its parameter of one of these names, or the whole event.
    pub(in crate::bridge) fn body(&self, names: &[&str], event: &Value) -> Outcome<String> {
        let all = self.param_list.iter();
        let mut found = all.filter(|param| names.iter().any(|name| is_called(param, name)));
        match found.next() {
            Some(param) => param.make(event),
            None => Ok(event.to_string()),
        }
    }

    /// The queue that gets what could not be delivered.
    pub(in crate::bridge) fn dead_letters(&self) -> Option<String> {
        match Address::of_arn(self.dead_arn()?)? {
            Address::Queue(name) => Some(name),
            Address::Topic(_) => None,
        }
    }

    fn dead_arn(&self) -> Option<&str> {
        let arn = self.dead_letter_queue.as_ref()?.get("Arn")?.as_str()?;
        Some(arn).filter(|arn| !arn.is_empty())
    }

    /// When it is tried again after so many tries that failed; nothing: no more.
    pub(in crate::bridge) fn wait_ms(&self, failed: u32, chance: u32) -> Option<i64> {
        self.push_retry_strategy.wait_ms(failed, chance)
    }

    /// As `GetRule` and `ListTargets` show it.
    pub(in crate::bridge) fn show(&self) -> Value {
        let mut shown = json!(self);
        if let Some(shown) = shown.as_object_mut() {
            shown.retain(|_, value| !value.is_null());
            shown
                .entry("ErrorsTolerance")
                .or_insert_with(|| json!("ALL"));
        }
        shown
    }

    /// As `ListRules` shows it.
    pub(in crate::bridge) fn show_in_list(&self) -> Value {
        json!({"Id": self.id, "Type": self.kind, "Endpoint": self.endpoint, "ErrorsTolerance": "ALL"})
    }

    fn constant(&self, name: &str) -> Option<&str> {
        let all = self.param_list.iter();
        let mut constants = all.filter(|param| param.form == Form::Constant);
        let found = constants.find(|param| is_called(param, name))?;
        found.value.as_deref()
    }

    fn leads_nowhere(&self) -> BridgeError {
        let (kind, endpoint) = (&self.kind, &self.endpoint);
        BridgeError::invalid(format!(
            "The endpoint {endpoint:?} is none of the type {kind}."
        ))
    }
}

/// The vendor's docs write the same names with small and capital letters.
fn is_called(param: &Param, name: &str) -> bool {
    param.resource_key.eq_ignore_ascii_case(name)
}

/// What of a product `acs:PRODUCT:REGION:ACCOUNT:REST` names.
fn resource<'a>(arn: &'a str, product: &str) -> Option<&'a str> {
    let mut parts = arn.splitn(5, ':');
    let is_its = (parts.next(), parts.next()) == (Some("acs"), Some(product));
    parts.nth(2).filter(|_| is_its)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: &str, endpoint: &str, constants: &[(&str, &str)]) -> Outcome<Target> {
        let constant = |(key, value): &(&str, &str)| json!({"ResourceKey": key, "Form": "CONSTANT", "Value": value});
        let params: Vec<Value> = constants.iter().map(constant).collect();
        Target::read(&json!({"Id": "1", "Type": kind, "Endpoint": endpoint, "ParamList": params}))
    }

    #[test]
    fn targets_lead_to_what_they_name() {
        let function = |name: &str, qualifier: &str, waits| Goal::Function {
            name: name.to_owned(),
            qualifier: qualifier.to_owned(),
            waits,
        };
        let queue = |name: &str, coded| Goal::Post(Address::Queue(name.to_owned()), coded);
        for (kind, endpoint, constants, goal) in [
            (
                "acs.fc.function",
                "acs:fc:r:1:functions/f",
                vec![],
                function("f", "LATEST", false),
            ),
            (
                "acs.fc.function",
                "acs:fc:r:1:functions/f/prod",
                vec![("InvocationType", "Sync")],
                function("f", "prod", true),
            ),
            (
                "acs.fc.function",
                "acs:fc:r:1:functions/f",
                vec![("functionName", "g"), ("Qualifier", "2")],
                function("g", "2", false),
            ),
            (
                "acs.mns.queue",
                "acs:mns:r:1:queues/q",
                vec![],
                queue("q", false),
            ),
            (
                "acs.mns.queue",
                "",
                vec![("queue", "p"), ("IsBase64Encode", "true")],
                queue("p", true),
            ),
            (
                "acs.mns.topic",
                "acs:mns:r:1:/topics/t",
                vec![],
                Goal::Post(Address::Topic("t".to_owned()), false),
            ),
            (
                "http",
                "http://127.0.0.1:1/x",
                vec![],
                Goal::Http("http://127.0.0.1:1/x".parse().unwrap()),
            ),
            (
                "acs.fnf",
                "acs:fnf:r:1:flow/order",
                vec![],
                Goal::Flow("order".to_owned()),
            ),
        ] {
            let read = target(kind, endpoint, &constants).unwrap();
            assert_eq!(read.goal().unwrap(), goal, "{kind} {endpoint}");
        }
    }

    #[test]
    fn targets_that_nothing_can_reach_are_refused() {
        for (kind, endpoint, code) in [
            ("acs.dingtalk", "https://x", "NotImplemented"),
            ("https", "https://127.0.0.1/", "NotImplemented"),
            (
                "acs.fc.function",
                "acs:fc:r:1:services/s.LATEST/functions/f",
                "NotImplemented",
            ),
            ("acs.fc.function", "acs:mns:r:1:queues/q", "InvalidArgument"),
            ("acs.mns.queue", "acs:mns:r:1:/topics/t", "InvalidArgument"),
            ("http", "http://example.com/", "InvalidArgument"),
            ("http", "https://127.0.0.1/", "InvalidArgument"),
            ("acs.fnf", "order", "InvalidArgument"),
        ] {
            let refused = target(kind, endpoint, &[]).unwrap_err();
            assert_eq!(refused.code, code, "{kind} {endpoint}");
        }
        let queue = "acs:mns:r:1:queues/q";
        for more in [
            json!({"ErrorsTolerance": "NONE"}),
            json!({"DeadLetterQueue": {"Arn": "acs:mq:r:1:/instances/i/topic/t"}}),
        ] {
            let mut document = json!({"Id": "1", "Type": "acs.mns.queue", "Endpoint": queue});
            let own = document.as_object_mut().unwrap();
            own.extend(more.as_object().unwrap().clone());
            assert_eq!(Target::read(&document).unwrap_err().code, "NotImplemented");
        }
    }
}
