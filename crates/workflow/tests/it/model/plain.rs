//! A flow, read step by step. Where branches fail with different errors, either may be the one that counts: all ends
//! that may be are told.

use serde_json::{Value, json};
use workflow::Language;

use super::runner::reply;
use super::shapes::{kept, named, union};
use super::tree::{Caught, Node, Rules, error_name};

/// How an execution may end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    /// Its output or the error.
    pub(super) result: Result<Value, String>,
    /// What tasks replied, unless failures around them decide how many were asked.
    pub(super) log: Option<Vec<String>>,
}

/// The data at a step.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The input of the flow, branch, iteration or option, in the first language.
    pub(super) input: Value,
    /// The local variable there; in the second language what flows.
    pub(super) data: Value,
    pub(super) log: Option<Vec<String>>,
}

/// How a step may end.
enum Step {
    /// The next one follows.
    On(State),
    /// So many are left out.
    Jump(usize, State),
    /// It fails.
    Fault(String),
}

pub(super) struct Plain(pub(super) Language);

pub(super) fn ends(language: Language, nodes: &[Node], input: &Value) -> Vec<End> {
    let plain = Plain(language);
    let ends = plain.sequence(nodes, plain.begin(input.clone(), Some(Vec::new())));
    let mut told: Vec<End> = Vec::new();
    for end in ends {
        let end = match end {
            Ok(state) => End {
                result: Ok(state.data),
                log: state.log,
            },
            Err(error) => End {
                result: Err(error),
                log: None,
            },
        };
        if !told.contains(&end) {
            told.push(end);
        }
    }
    told
}

impl Plain {
    fn sequence(&self, nodes: &[Node], state: State) -> Vec<Result<State, String>> {
        let Some((node, rest)) = nodes.split_first() else {
            return vec![Ok(state)];
        };
        let mut ends = Vec::new();
        for step in self.step(node, state) {
            match step {
                Step::On(state) => ends.extend(self.sequence(rest, state)),
                Step::Jump(skip, state) => {
                    ends.extend(self.sequence(&rest[skip.min(rest.len())..], state));
                }
                Step::Fault(error) => ends.push(Err(error)),
            }
        }
        ends
    }

    fn step(&self, node: &Node, state: State) -> Vec<Step> {
        let own = self.own(&state);
        match node {
            Node::Pass { key, value } => vec![Step::On(self.put(state, &own, *key, json!(value)))],
            Node::Wait => vec![Step::On(state)],
            Node::Fail { error } => vec![Step::Fault(error_name(*error))],
            Node::Task {
                number,
                key,
                fails,
                error,
                rules,
            } => {
                let error = error_name(*error);
                let tries = rules
                    .retry
                    .filter(|(wanted, _)| error_name(*wanted) == error);
                if *fails > tries.map_or(0, |(_, attempts)| attempts) {
                    vec![self.failed(rules, state, &own, error)]
                } else {
                    vec![self.replied(&own, state, (*number, *key))]
                }
            }
            Node::Choice {
                key,
                below,
                yes,
                no,
            } => {
                let holds = own[format!("k{key}")]
                    .as_i64()
                    .is_some_and(|value| value < *below);
                self.option(if holds { yes } else { no }, &state, own)
            }
            Node::Parallel {
                key,
                branches,
                rules,
            } => {
                let scopes = branches.iter().map(|branch| (&branch[..], own.clone()));
                let shape = match self.0 {
                    Language::Second => named,
                    Language::First | Language::States => Value::Array,
                };
                self.inside(scopes.collect(), rules, (&state, &own), (*key, shape))
            }
            Node::Each {
                key,
                items,
                body,
                rules,
                ..
            } => {
                let seen = self.list(&state, &own, *key, items);
                let inputs = self.items(items, &own, &seen).into_iter();
                let scopes = inputs.map(|input| (&body[..], input)).collect();
                let data = self.with_items(&state, &seen);
                let state = State { data, ..state };
                self.inside(scopes, rules, (&state, &seen), (*key, Value::Array))
            }
        }
    }

    fn replied(&self, own: &Value, mut state: State, (number, key): (u8, usize)) -> Step {
        let result = reply(number, own);
        if let Some(log) = &mut state.log {
            log.push(result.to_string());
        }
        let value = match self.0 {
            Language::States => result,
            Language::First | Language::Second => result["n"].clone(),
        };
        Step::On(self.put(state, own, key, value))
    }

    /// The steps of an option. In the second language they are states like any others.
    fn option(&self, nodes: &[Node], state: &State, own: Value) -> Vec<Step> {
        let inner = if self.is_first() {
            self.begin(own, state.log.clone())
        } else {
            state.clone()
        };
        let ends = self.sequence(nodes, inner).into_iter();
        let steps = ends.map(|end| match end {
            Ok(inner) if self.is_first() => Step::On(State {
                input: state.input.clone(),
                data: union(&state.data, &inner.data),
                log: inner.log,
            }),
            Ok(inner) => Step::On(inner),
            Err(error) => Step::Fault(error),
        });
        steps.collect()
    }

    /// Sequences side by side, each with its input. Every combination of their ends may be.
    fn inside(
        &self,
        scopes: Vec<(&[Node], Value)>,
        rules: &Rules,
        (state, own): (&State, &Value),
        (key, shape): (usize, fn(Vec<Value>) -> Value),
    ) -> Vec<Step> {
        let mut faults: Vec<String> = Vec::new();
        let mut whole = vec![(Vec::new(), state.log.clone())];
        for (nodes, input) in scopes {
            let mut longer = Vec::new();
            for end in self.sequence(nodes, self.begin(input, Some(Vec::new()))) {
                match end {
                    Err(error) if faults.contains(&error) => {}
                    Err(error) => faults.push(error),
                    Ok(inner) => longer.extend(whole.iter().map(|(results, log)| {
                        let results = [&results[..], std::slice::from_ref(&inner.data)].concat();
                        let log = log.clone().zip(inner.log.clone());
                        (results, log.map(|(log, inner)| [log, inner].concat()))
                    })),
                }
            }
            whole = longer;
        }
        let mut steps: Vec<Step> = Vec::new();
        for (results, log) in whole {
            let log = log.filter(|_| faults.is_empty());
            let state = State {
                log,
                ..state.clone()
            };
            steps.push(Step::On(self.put(state, own, key, shape(results))));
        }
        for error in faults {
            let state = State {
                log: None,
                ..state.clone()
            };
            let none = Rules::default();
            let rules = if self.is_first() { &none } else { rules };
            steps.push(self.failed(rules, state, own, error));
        }
        steps
    }

    fn failed(&self, rules: &Rules, mut state: State, own: &Value, error: String) -> Step {
        let Some((caught, skip)) = rules.catch else {
            return Step::Fault(error);
        };
        if matches!(caught, Caught::One(wanted) if error_name(wanted) != error) {
            return Step::Fault(error);
        }
        if self.0 == Language::Second {
            state.data = kept(own);
        }
        state.data["why"] = match self.0 {
            Language::States => json!({"Error": error, "Cause": "so"}),
            Language::First | Language::Second => json!(error),
        };
        Step::Jump(skip, state)
    }
}
