//! A flow, read step by step. Where branches fail with different errors, either may be the one that counts: all ends
//! that may be are told.

use serde_json::{Map, Value, json};
use workflow::Language;

use super::runner::reply;
use super::tree::{Caught, KEYS, Node, Rules, error_name};

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
struct State {
    /// The input of the flow, branch, iteration or option, in the first language.
    input: Value,
    /// The local variable there; in the second language what flows.
    data: Value,
    log: Option<Vec<String>>,
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

struct Plain(Language);

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
    fn is_first(&self) -> bool {
        self.0 == Language::First
    }

    fn begin(&self, input: Value, log: Option<Vec<String>>) -> State {
        if self.is_first() {
            let data = json!({});
            State { input, data, log }
        } else {
            let (input, data) = (Value::Null, input);
            State { input, data, log }
        }
    }

    /// What a step sees.
    fn own(&self, state: &State) -> Value {
        if self.is_first() {
            union(&state.input, &state.data)
        } else {
            state.data.clone()
        }
    }

    /// The data after a step that puts a value under a key.
    fn put(&self, mut state: State, seen: &Value, key: usize, value: Value) -> State {
        if !self.is_first() {
            state.data = kept(seen);
        }
        state.data[format!("k{key}")] = value;
        state
    }

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
                    return vec![self.failed(rules, state, &own, error)];
                }
                vec![self.replied(&own, state, (*number, *key))]
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
                let shape = if self.is_first() { Value::Array } else { named };
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
                let inputs = items.iter().enumerate().map(|(index, item)| {
                    if self.is_first() {
                        union(&seen, &json!({"k0": item, "k1": index}))
                    } else {
                        json!({"k0": item})
                    }
                });
                let scopes = inputs.map(|input| (&body[..], input)).collect();
                self.inside(scopes, rules, (&state, &seen), (*key, Value::Array))
            }
        }
    }

    fn replied(&self, own: &Value, mut state: State, (number, key): (u8, usize)) -> Step {
        let result = reply(number, own);
        if let Some(log) = &mut state.log {
            log.push(result.to_string());
        }
        Step::On(self.put(state, own, key, result["n"].clone()))
    }

    /// The own input of a step that goes through items.
    fn list(&self, state: &State, own: &Value, key: usize, items: &[i64]) -> Value {
        if self.is_first() {
            return json!({"items": items, "k2": state.data[format!("k{key}")]});
        }
        let mut seen = kept(own);
        seen["items"] = items.iter().map(|item| json!({"k0": item})).collect();
        seen
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
        if !self.is_first() {
            state.data = kept(own);
        }
        state.data["why"] = json!(error);
        Step::Jump(skip, state)
    }
}

/// What branches yield in the second language.
fn named(results: Vec<Value>) -> Value {
    let named = results.into_iter().enumerate();
    let named = named.map(|(index, result)| (format!("Branch{index}"), result));
    Value::Object(named.collect::<Map<_, _>>())
}

/// All keys that constructors hand on.
fn kept(seen: &Value) -> Value {
    let keys = (0..KEYS).map(|key| format!("k{key}"));
    let kept = keys.map(|key| (key.clone(), seen[&key].clone()));
    Value::Object(kept.collect::<Map<_, _>>())
}

fn union(first: &Value, second: &Value) -> Value {
    let mut both = first.clone();
    for (key, value) in second.as_object().into_iter().flatten() {
        both[key] = value.clone();
    }
    both
}
