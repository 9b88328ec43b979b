//! Rules: which events of a bus go to which targets.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::Origin;
use super::target::Target;

/// A rule of a bus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::bridge) struct Rule {
    pub(in crate::bridge) bus: String,
    pub(in crate::bridge) name: String,
    pub(in crate::bridge) description: String,
    /// The pattern as it was written.
    pub(in crate::bridge) pattern: String,
    pub(in crate::bridge) enabled: bool,
    /// By id, each once.
    pub(in crate::bridge) targets: Vec<Target>,
    pub(in crate::bridge) created_ms: i64,
}

impl Rule {
    /// Takes a target in, in the place of one with its id.
    pub(in crate::bridge) fn put(&mut self, target: Target) {
        match self.targets.iter_mut().find(|known| known.id == target.id) {
            Some(known) => *known = target,
            None => self.targets.push(target),
        }
    }

    /// As `GetRule` shows it.
    pub(in crate::bridge) fn show(&self, origin: &Origin) -> Value {
        let mut shown = self.show_in_list(origin);
        shown["EventBusName"] = json!(self.bus);
        shown["Targets"] = self.targets.iter().map(Target::show).collect();
        shown
    }

    /// As `ListRules` shows it: of targets only what they are.
    pub(in crate::bridge) fn show_in_list(&self, origin: &Origin) -> Value {
        let targets: Vec<Value> = self.targets.iter().map(Target::show_in_list).collect();
        json!({
            "RuleName": self.name,
            "RuleARN": self.arn(origin),
            "Description": self.description,
            "FilterPattern": self.pattern,
            "Status": if self.enabled { "ENABLE" } else { "DISABLE" },
            "Targets": targets,
            "CreatedTimestamp": self.created_ms,
        })
    }

    /// Its resource name.
    pub(in crate::bridge) fn arn(&self, origin: &Origin) -> String {
        format!("{}/rule/{}", super::bus::arn(origin, &self.bus), self.name)
    }
}
