//! Trees as machines of Amazon States Language.

use serde_json::{Map, Value, json};

use super::tree::{Caught, Node, Rules, error_name};
use super::write::{Names, function};

pub(super) fn machine(names: &mut Names, nodes: &[Node]) -> Value {
    let mut states = Map::new();
    let start = sequence(names, nodes, None, &mut states);
    json!({"StartAt": start, "States": states})
}

/// Writes a sequence that leads to `after` and returns the name of its first state.
fn sequence(
    names: &mut Names,
    nodes: &[Node],
    after: Option<&str>,
    states: &mut Map<String, Value>,
) -> String {
    let own = names.some(nodes.len() + 1);
    for (index, node) in nodes.iter().enumerate() {
        let next = &own[index + 1];
        let mut name = own[index].clone();
        if let Node::Each { items, .. } = node {
            // Its items are put among the data first.
            let map = names.next();
            let pass =
                json!({"Type": "Pass", "Result": items, "ResultPath": "$.items", "Next": map});
            states.insert(std::mem::replace(&mut name, map), pass);
        }
        let mut state = state(names, node, next, states);
        if let Node::Task { rules, .. } | Node::Parallel { rules, .. } | Node::Each { rules, .. } =
            node
        {
            let target = |skip: usize| own[(index + 1 + skip).min(nodes.len())].clone();
            put_rules(&mut state, rules, target);
        }
        if !matches!(node, Node::Choice { .. } | Node::Fail { .. }) {
            state["Next"] = json!(next);
        }
        states.insert(name, state);
    }
    let mut last = json!({"Type": "Pass"});
    match after {
        Some(after) => last["Next"] = json!(after),
        None => last["End"] = json!(true),
    }
    states.insert(own[nodes.len()].clone(), last);
    own[0].clone()
}

fn put_rules(state: &mut Value, rules: &Rules, target: impl Fn(usize) -> String) {
    if let Some((error, attempts)) = rules.retry {
        state["Retry"] = json!([{"ErrorEquals": [error_name(error)], "MaxAttempts": attempts}]);
    }
    if let Some((caught, skip)) = rules.catch {
        let name = match caught {
            Caught::One(error) => error_name(error),
            Caught::All => "States.ALL".to_owned(),
        };
        state["Catch"] =
            json!([{"ErrorEquals": [name], "Next": target(skip), "ResultPath": "$.why"}]);
    }
}

fn state(names: &mut Names, node: &Node, next: &str, states: &mut Map<String, Value>) -> Value {
    match node {
        Node::Pass { key, value } => {
            json!({"Type": "Pass", "Result": value, "ResultPath": format!("$.k{key}")})
        }
        Node::Wait => json!({"Type": "Wait", "Seconds": 1}),
        Node::Fail { error } => json!({"Type": "Fail", "Error": error_name(*error), "Cause": "so"}),
        Node::Task {
            number,
            key,
            fails,
            error,
            ..
        } => json!({
            "Type": "Task",
            "Resource": format!("arn:aws:lambda:r:1:function:{}", function(*number, *fails, *error)),
            "ResultPath": format!("$.k{key}"),
        }),
        Node::Choice {
            key,
            below,
            yes,
            no,
        } => {
            let yes = sequence(names, yes, Some(next), states);
            let no = sequence(names, no, Some(next), states);
            let rule =
                json!({"Variable": format!("$.k{key}"), "NumericLessThan": below, "Next": yes});
            json!({"Type": "Choice", "Choices": [rule], "Default": no})
        }
        Node::Parallel { key, branches, .. } => {
            let branches: Vec<Value> = branches
                .iter()
                .map(|branch| machine(names, branch))
                .collect();
            json!({"Type": "Parallel", "Branches": branches, "ResultPath": format!("$.k{key}")})
        }
        Node::Each {
            key, width, body, ..
        } => json!({
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": {"k0.$": "$$.Map.Item.Value", "k1.$": "$$.Map.Item.Index", "k2.$": "$.k2"},
            "MaxConcurrency": width,
            "ItemProcessor": machine(names, body),
            "ResultPath": format!("$.k{key}"),
        }),
    }
}
