//! Trees as texts of each language.

use serde_json::{Value, json};
use workflow::Language;

use super::tree::{Caught, KEYS, Node, Rules, error_name};

pub(super) fn flow(language: Language, nodes: &[Node]) -> String {
    let mut names = Names(0);
    let flow = match language {
        Language::First => {
            json!({"version": "v1", "type": "flow", "steps": first(&mut names, nodes)})
        }
        Language::Second => {
            let mut machine = machine(&mut names, nodes);
            machine["Type"] = json!("StateMachine");
            machine["SpecVersion"] = json!("v1");
            machine["Name"] = json!("flow");
            machine
        }
        Language::States => super::machine::machine(&mut names, nodes),
    };
    flow.to_string()
}

/// Names that no two steps share.
pub(super) struct Names(usize);

impl Names {
    pub(super) fn next(&mut self) -> String {
        self.0 += 1;
        format!("s{}", self.0)
    }

    pub(super) fn some(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// What the world reads: which function, how often it fails, and how.
pub(super) fn function(number: u8, fails: u64, error: usize) -> String {
    format!("f{number}-{fails}-{}", error_name(error))
}

fn errors(caught: Caught) -> Vec<String> {
    match caught {
        Caught::One(error) => vec![error_name(error)],
        Caught::All => vec!["FnF.ALL".to_owned()],
    }
}

/// The steps of a sequence, with one at the end to which rules may lead.
fn first(names: &mut Names, nodes: &[Node]) -> Vec<Value> {
    let own = names.some(nodes.len() + 1);
    let mut steps: Vec<Value> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let mut step = first_step(names, node);
        step["name"] = json!(own[index]);
        if let Node::Task { rules, .. } = node {
            if let Some((error, attempts)) = rules.retry {
                step["retry"] = json!([{"errors": [error_name(error)], "maxAttempts": attempts}]);
            }
            if let Some((caught, skip)) = rules.catch {
                let target = &own[(index + 1 + skip).min(nodes.len())];
                step["catch"] = json!([{"errors": errors(caught), "goto": target}]);
                step["errorMappings"] = json!([{"target": "why", "source": "$local.error"}]);
            }
        }
        steps.push(step);
    }
    steps.push(json!({"type": "pass", "name": own[nodes.len()]}));
    steps
}

fn first_step(names: &mut Names, node: &Node) -> Value {
    match node {
        Node::Pass { key, value } => {
            json!({"type": "pass", "outputMappings": [{"target": format!("k{key}"), "source": value}]})
        }
        Node::Wait => json!({"type": "wait", "duration": 1}),
        Node::Fail { error } => json!({"type": "fail", "error": error_name(*error), "cause": "so"}),
        Node::Task {
            number,
            key,
            fails,
            error,
            ..
        } => json!({
            "type": "task",
            "resourceArn": format!("acs:fc:::functions/{}", function(*number, *fails, *error)),
            "outputMappings": [{"target": format!("k{key}"), "source": "$local.n"}],
        }),
        Node::Choice {
            key,
            below,
            yes,
            no,
        } => json!({
            "type": "choice",
            "choices": [{"condition": format!("$.k{key} < {below}"), "steps": first(names, yes)}],
            "default": {"steps": first(names, no)},
        }),
        Node::Parallel { key, branches, .. } => {
            let branches: Vec<Value> = branches
                .iter()
                .map(|branch| json!({"steps": first(names, branch)}))
                .collect();
            json!({
                "type": "parallel",
                "branches": branches,
                "outputMappings": [{"target": format!("k{key}"), "source": "$local"}],
            })
        }
        Node::Each {
            key, items, body, ..
        } => json!({
            "type": "foreach",
            "inputMappings": [{"target": "items", "source": items}, {"target": "k2", "source": format!("$local.k{key}")}],
            "iterationMapping": {"collection": "$.items", "item": "k0", "index": "k1"},
            "steps": first(names, body),
            "outputMappings": [{"target": format!("k{key}"), "source": "$local"}],
        }),
    }
}

fn machine(names: &mut Names, nodes: &[Node]) -> Value {
    let mut states = Vec::new();
    let start = second(names, nodes, None, &mut states);
    json!({"StartAt": start, "States": states})
}

/// Writes a sequence that leads to `after` and returns the name of its first state.
fn second(
    names: &mut Names,
    nodes: &[Node],
    after: Option<&str>,
    states: &mut Vec<Value>,
) -> String {
    let own = names.some(nodes.len() + 1);
    for (index, node) in nodes.iter().enumerate() {
        let mut state = second_state(names, node, &own[index + 1], states);
        state["Name"] = json!(own[index]);
        if let Node::Task { rules, .. } | Node::Parallel { rules, .. } | Node::Each { rules, .. } =
            node
        {
            let target = |skip: usize| own[(index + 1 + skip).min(nodes.len())].clone();
            second_rules(&mut state, rules, target);
        }
        if !matches!(node, Node::Choice { .. } | Node::Fail { .. }) {
            state["Next"] = json!(own[index + 1]);
        }
        states.push(state);
    }
    let mut last = json!({"Type": "Pass", "Name": own[nodes.len()]});
    match after {
        Some(after) => last["Next"] = json!(after),
        None => last["End"] = json!(true),
    }
    states.push(last);
    own[0].clone()
}

fn second_rules(state: &mut Value, rules: &Rules, target: impl Fn(usize) -> String) {
    if let Some((error, attempts)) = rules.retry {
        state["Retry"] = json!([{"Errors": [error_name(error)], "MaxAttempts": attempts}]);
    }
    if let Some((caught, skip)) = rules.catch {
        let mut output = keep(KEYS, Value::Null);
        output["why.$"] = json!("$Context.Current.Error.Code");
        state["Catch"] =
            json!([{"Errors": errors(caught), "Next": target(skip), "OutputConstructor": output}]);
    }
}

/// All keys of the input, one of them with another source.
fn keep(key: usize, source: Value) -> Value {
    let mut output = json!({});
    for other in (0..KEYS).filter(|other| *other != key) {
        output[format!("k{other}.$")] = json!(format!("$Input.k{other}"));
    }
    match source {
        Value::Null => {}
        Value::String(source) => output[format!("k{key}.$")] = json!(source),
        constant => output[format!("k{key}")] = constant,
    }
    output
}

fn second_state(names: &mut Names, node: &Node, next: &str, states: &mut Vec<Value>) -> Value {
    match node {
        Node::Pass { key, value } => {
            json!({"Type": "Pass", "OutputConstructor": keep(*key, json!(value))})
        }
        Node::Wait => json!({"Type": "Wait", "Seconds": 1}),
        Node::Fail { error } => json!({"Type": "Fail", "Code": error_name(*error), "Detail": "so"}),
        Node::Task {
            number,
            key,
            fails,
            error,
            ..
        } => json!({
            "Type": "Task",
            "Action": "FC:InvokeFunction",
            "Parameters": {"name": function(*number, *fails, *error), "body.$": "$Input"},
            "OutputConstructor": keep(*key, json!("$Output.n")),
        }),
        Node::Choice {
            key,
            below,
            yes,
            no,
        } => {
            let yes = second(names, yes, Some(next), states);
            let no = second(names, no, Some(next), states);
            let condition = format!("$Input.k{key} < {below}");
            json!({"Type": "Choice", "Branches": [{"Condition": condition, "Next": yes}], "Default": no})
        }
        Node::Parallel { key, branches, .. } => {
            let branches: Vec<Value> = branches
                .iter()
                .map(|branch| machine(names, branch))
                .collect();
            json!({"Type": "Parallel", "Branches": branches, "OutputConstructor": keep(*key, json!("$Output"))})
        }
        Node::Each {
            key,
            items,
            width,
            body,
            ..
        } => {
            let mut input = keep(KEYS, Value::Null);
            input["items"] = items.iter().map(|item| json!({"k0": item})).collect();
            json!({
                "Type": "Map",
                "InputConstructor": input,
                "ItemsPath": "$Input.items",
                "MaxConcurrency": width,
                "Processor": machine(names, body),
                "OutputConstructor": keep(*key, json!("$Output.Items")),
            })
        }
    }
}
