//! What a plan changes about workflows, step by step. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::plan::{Change, FieldDiff, Plan, Step};
use crate::resource::{Object, ResourceId};

/// The attribute of a flow that holds its definition.
pub const DEFINITION: &str = "definition";

/// Keys under which the languages have steps, each with the key of a step's name.
const LISTS: [(&str, &str); 2] = [("steps", "name"), ("States", "Name")];

/// What changes about the definition of a flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowChange {
    /// The steps that differ, in their order; those that are gone come last.
    pub steps: Vec<StepChange>,
    /// Whether steps that stay come in another order.
    pub order: bool,
    /// Whether something differs that belongs to no step.
    pub rest: bool,
    /// The text that is there, if there is one.
    #[serde(skip)]
    pub before: Option<String>,
    /// The text that is wanted.
    #[serde(skip)]
    pub after: String,
}

/// One step that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepChange {
    /// Its name behind those of the steps that it lies in; the branch or option of a step is a number from 1 in brackets.
    pub step: String,
    /// What happens to it.
    pub change: Sort,
}

/// What happens to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// It is written otherwise.
    Changed,
}

/// The flows of which a plan makes or changes the definition, as far as it is known before the deploy.
pub fn changes(plan: &Plan) -> BTreeMap<ResourceId, FlowChange> {
    let flows = plan
        .steps
        .iter()
        .filter(|step| step.kind.as_str() == "flow.flow");
    let found = flows.filter_map(|step| Some((step.id.clone(), change(step)?)));
    found.collect()
}

fn change(step: &Step) -> Option<FlowChange> {
    let is_new = matches!(step.change, Change::Create { .. });
    let before = step.before.as_ref().filter(|_| !is_new);
    let before = before.and_then(|attrs| attrs.get(DEFINITION)).cloned();
    let of_definition =
        |diff: &&FieldDiff| diff.path.first().is_some_and(|name| name == DEFINITION);
    let diffs: Vec<&FieldDiff> = step.change.diff().iter().filter(of_definition).collect();
    if diffs.is_empty() || diffs.iter().any(|diff| diff.unknown) {
        return None;
    }
    let mut after = before.clone().unwrap_or_default();
    for diff in diffs {
        set(&mut after, &diff.path[1..], diff.after.as_ref());
    }
    Some(compare(before.as_ref(), &after))
}

/// Puts a value at a path of keys; without a value, what is there goes.
fn set(place: &mut Json, path: &[String], value: Option<&Json>) {
    match path {
        [] => *place = value.cloned().unwrap_or_default(),
        [key] if value.is_none() => {
            if let Json::Object(map) = place {
                map.shift_remove(key);
            }
        }
        [key, rest @ ..] => set(&mut place[key.as_str()], rest, value),
    }
}

/// What differs between two definitions, texts or values.
fn compare(before: Option<&Json>, after: &Json) -> FlowChange {
    let (old, new) = (before.map(Outline::of), Outline::of(after));
    let old = old.unwrap_or_default();
    let mut steps = Vec::new();
    for (name, own) in &new.steps {
        let change = match old.get(name) {
            None => Sort::Added,
            Some(was) if was != own => Sort::Changed,
            Some(_) => continue,
        };
        let step = name.clone();
        steps.push(StepChange { step, change });
    }
    let gone = old.steps.iter().filter(|(name, _)| new.get(name).is_none());
    steps.extend(gone.map(|(name, _)| StepChange {
        step: name.clone(),
        change: Sort::Removed,
    }));
    FlowChange {
        steps,
        order: old.common(&new) != new.common(&old),
        rest: before.is_some() && old.rest != new.rest,
        before: before.map(text),
        after: text(after),
    }
}

/// A definition as people read it.
fn text(definition: &Json) -> String {
    match definition {
        Json::String(text) => text.clone(),
        other => format!("{other:#}"),
    }
}

/// A definition step by step.
#[derive(Debug, Default)]
struct Outline {
    /// Each step by its path, without the steps inside, in their order.
    steps: Vec<(String, Json)>,
    /// What belongs to no step.
    rest: Json,
}

impl Outline {
    /// A text that is no YAML has no steps.
    fn of(definition: &Json) -> Self {
        let parsed = match definition {
            Json::String(text) => {
                serde_yaml::from_str(text).unwrap_or_else(|_| text.clone().into())
            }
            other => other.clone(),
        };
        let mut outline = Self {
            rest: without_steps(&parsed),
            ..Self::default()
        };
        outline.collect(&parsed, "");
        outline
    }

    fn get(&self, name: &str) -> Option<&Json> {
        let found = self.steps.iter().find(|(step, _)| step == name);
        found.map(|(_, own)| own)
    }

    /// The names of the steps that the other has too, in their order here.
    fn common(&self, other: &Self) -> Vec<&str> {
        let names = self.steps.iter().map(|(name, _)| name.as_str());
        names.filter(|name| other.get(name).is_some()).collect()
    }

    fn collect(&mut self, value: &Json, path: &str) {
        match value {
            Json::Object(map) => {
                for (key, value) in map {
                    match steps_in(key, value) {
                        Some(steps) => self.add(&steps, path),
                        None => self.collect(value, path),
                    }
                }
            }
            Json::Array(items) => {
                for (number, item) in (1..).zip(items) {
                    self.collect(item, &format!("{path}[{number}]"));
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, steps: &[(&str, &Json)], path: &str) {
        for (name, step) in steps {
            let name = match path {
                "" => (*name).to_owned(),
                above => format!("{above}/{name}"),
            };
            self.steps.push((name.clone(), without_steps(step)));
            self.collect(step, &name);
        }
    }
}

/// The steps that a key holds by name, if it holds steps and nothing else.
fn steps_in<'v>(key: &str, value: &'v Json) -> Option<Vec<(&'v str, &'v Json)>> {
    let (_, name) = LISTS.iter().find(|(list, _)| *list == key)?;
    match value {
        Json::Array(items) => items
            .iter()
            .map(|item| Some((item.get(*name)?.as_str()?, item)))
            .collect(),
        // As Amazon's language has them.
        Json::Object(map) if *name == "Name" => Some(
            map.iter()
                .map(|(name, step)| (name.as_str(), step))
                .collect(),
        ),
        _ => None,
    }
}

/// The value without the steps inside it.
fn without_steps(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map
                .iter()
                .filter(|(key, value)| steps_in(key, value).is_none());
            let kept: Object = kept
                .map(|(key, value)| (key.clone(), without_steps(value)))
                .collect();
            Json::Object(kept)
        }
        Json::Array(items) => items.iter().map(without_steps).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(change: &FlowChange) -> Vec<String> {
        let word = |step: &StepChange| format!("{:?} {}", step.change, step.step);
        change.steps.iter().map(word).collect()
    }

    #[test]
    fn steps_are_told_by_name_through_branches_and_options() {
        let before = json!(
            "version: v1\ntype: flow\nsteps:\n- {type: pass, name: a}\n- type: parallel\n  name: fan\n  branches:\n  - steps:\n    - {type: pass, name: x}\n  - steps:\n    - {type: pass, name: x}\n- {type: pass, name: gone}\n"
        );
        let after = json!(
            "version: v1\ntype: flow\nsteps: # more\n- {type: pass, name: a}\n- type: parallel\n  name: fan\n  branches:\n  - steps:\n    - {type: pass, name: x}\n  - steps:\n    - {type: succeed, name: x}\n    - {type: pass, name: y}\n"
        );
        let change = compare(Some(&before), &after);
        assert_eq!(
            words(&change),
            ["Changed fan[2]/x", "Added fan[2]/y", "Removed gone"]
        );
        assert!(!change.order && !change.rest);
    }

    #[test]
    fn states_of_a_machine_are_compared_as_values_and_as_text() {
        let machine = |start: &str, second: &Json| json!({ "Type": "StateMachine", "StartAt": start, "States": [{ "Name": "One", "Type": "Pass" }, second] });
        let two = json!({ "Name": "Two", "Type": "Pass" });
        let map = json!({ "Name": "Each", "Type": "Map", "Processor": { "States": [two] } });
        let before = machine("One", &two);
        let same = json!(before.to_string());
        assert_eq!(words(&compare(Some(&before), &same)), [""; 0]);
        let change = compare(Some(&before), &machine("Each", &map));
        assert_eq!(
            words(&change),
            ["Added Each", "Added Each/Two", "Removed Two"]
        );
        assert!(change.rest);
        let new = compare(None, &before);
        assert_eq!(words(&new), ["Added One", "Added Two"]);
        assert!(!new.rest && new.before.is_none());
    }

    #[test]
    fn another_order_is_no_change_of_a_step() {
        let flow = |names: [&str; 3]| {
            let steps: Vec<Json> = names
                .iter()
                .map(|name| json!({ "name": name, "type": "pass" }))
                .collect();
            json!({ "type": "flow", "steps": steps })
        };
        let change = compare(Some(&flow(["a", "b", "c"])), &flow(["b", "a", "c"]));
        assert!(change.order && change.steps.is_empty());
        let list = |of: Json| json!({ "type": "flow", "steps": of });
        let change = compare(Some(&list(json!([1]))), &list(json!([2])));
        assert!(change.rest, "what only looks like steps is not lost");
    }

    #[test]
    fn differences_inside_a_map_are_put_together_again() {
        let mut definition = json!({ "a": { "b": 1, "c": 2 }, "d": 3 });
        let path = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>();
        set(&mut definition, &path(&["a", "b"]), Some(&json!(7)));
        set(&mut definition, &path(&["d"]), None);
        set(&mut definition, &path(&["e"]), Some(&json!([])));
        assert_eq!(definition, json!({ "a": { "b": 7, "c": 2 }, "e": [] }));
    }
}
