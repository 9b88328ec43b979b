//! How the data looks at each step, which is where the languages differ.

use serde_json::{Map, Value, json};
use workflow::Language;

use super::plain::{Plain, State};
use super::tree::KEYS;

impl Plain {
    pub(super) fn is_first(&self) -> bool {
        self.0 == Language::First
    }

    pub(super) fn begin(&self, input: Value, log: Option<Vec<String>>) -> State {
        if self.is_first() {
            let data = json!({});
            State { input, data, log }
        } else {
            let (input, data) = (Value::Null, input);
            State { input, data, log }
        }
    }

    /// What a step sees.
    pub(super) fn own(&self, state: &State) -> Value {
        if self.is_first() {
            union(&state.input, &state.data)
        } else {
            state.data.clone()
        }
    }

    /// The data after a step that puts a value under a key.
    pub(super) fn put(&self, mut state: State, seen: &Value, key: usize, value: Value) -> State {
        if self.0 == Language::Second {
            state.data = kept(seen);
        }
        state.data[format!("k{key}")] = value;
        state
    }

    /// The data once there are items: a machine has them among it.
    pub(super) fn with_items(&self, state: &State, seen: &Value) -> Value {
        match self.0 {
            Language::States => seen.clone(),
            Language::First | Language::Second => state.data.clone(),
        }
    }

    /// What each iteration gets.
    pub(super) fn items(&self, items: &[i64], own: &Value, seen: &Value) -> Vec<Value> {
        let inputs = items.iter().enumerate().map(|(index, item)| match self.0 {
            Language::First => union(seen, &json!({"k0": item, "k1": index})),
            Language::Second => json!({"k0": item}),
            Language::States => json!({"k0": item, "k1": index, "k2": own["k2"]}),
        });
        inputs.collect()
    }

    /// The own input of a step that goes through items.
    pub(super) fn list(&self, state: &State, own: &Value, key: usize, items: &[i64]) -> Value {
        match self.0 {
            Language::First => json!({"items": items, "k2": state.data[format!("k{key}")]}),
            Language::Second => {
                let mut seen = kept(own);
                seen["items"] = items.iter().map(|item| json!({"k0": item})).collect();
                seen
            }
            Language::States => union(own, &json!({"items": items})),
        }
    }
}

/// What branches yield in the second language.
pub(super) fn named(results: Vec<Value>) -> Value {
    let named = results.into_iter().enumerate();
    let named = named.map(|(index, result)| (format!("Branch{index}"), result));
    Value::Object(named.collect::<Map<_, _>>())
}

/// All keys that constructors hand on.
pub(super) fn kept(seen: &Value) -> Value {
    let keys = (0..KEYS).map(|key| format!("k{key}"));
    let kept = keys.map(|key| (key.clone(), seen[&key].clone()));
    Value::Object(kept.collect::<Map<_, _>>())
}

pub(super) fn union(first: &Value, second: &Value) -> Value {
    let mut both = first.clone();
    for (key, value) in second.as_object().into_iter().flatten() {
        both[key] = value.clone();
    }
    both
}
