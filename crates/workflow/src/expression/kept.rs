//! What steps keep for later ones: the global variables of the second language, the variables of the States Language.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// Variables by name. A copy shares their values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept(BTreeMap<String, Arc<Value>>);

impl Kept {
    /// No variables.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).map(|value| &**value)
    }

    /// All of them as a map.
    pub fn whole(&self) -> Value {
        let entries = self.0.iter();
        let entries = entries.map(|(name, value)| (name.clone(), Value::clone(value)));
        Value::Object(entries.collect())
    }

    /// Sets what a map names. What is no map sets nothing.
    pub(crate) fn set(&mut self, assigned: &Value) {
        let entries = assigned.as_object().into_iter().flatten();
        let shared = entries.map(|(name, value)| (name.clone(), Arc::new(value.clone())));
        self.0.extend(shared);
    }

    /// Those whose values are not shared with others.
    pub(crate) fn beyond<'k>(
        &'k self,
        others: &Self,
    ) -> impl Iterator<Item = (&'k str, &'k Value)> {
        let own = self.0.iter().filter(|(name, value)| {
            let other = others.0.get(*name);
            !other.is_some_and(|other| Arc::ptr_eq(other, value))
        });
        own.map(|(name, value)| (name.as_str(), &**value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Kept;

    #[test]
    fn a_copy_shares_what_it_does_not_set() {
        let mut around = Kept::none();
        around.set(&json!({"big": "x".repeat(1000), "n": 1}));
        let mut inside = around.clone();
        inside.set(&json!({"own": [2], "n": 1}));
        let own: Vec<_> = inside.beyond(&around).collect();
        assert_eq!(own, [("n", &json!(1)), ("own", &json!([2]))]);
        let address = |kept: &Kept| std::ptr::from_ref(kept.get("big").unwrap());
        assert_eq!(address(&inside), address(&around));
        assert_eq!(around.get("own"), None);
        inside.set(&json!("no map"));
        assert_eq!(inside.whole()["own"], json!([2]));
    }
}
