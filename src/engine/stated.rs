//! What the manifest itself says of a setting or an alias that a command changes by hand.

use serde_json::Value as Json;

use super::Project;
use crate::resource::{Resource, Value};

/// The qualifier of a setting that names none.
const LATEST: &str = "LATEST";
/// The kind that is called by its own name.
const ALIAS: &str = "fc.alias";

impl Project {
    /// The setting of this kind that the manifest states for a version or alias of the block's function, or the alias itself. A
    /// deploy sets back what a command made of it.
    pub fn stated(&self, block: &str, (kind, qualifier): (&str, &str)) -> Option<&Resource> {
        let name = if kind == ALIAS {
            "aliasName"
        } else {
            "qualifier"
        };
        let is_of = |resource: &Resource| match resource.attrs.get(name) {
            Some(Value::Plain(Json::String(own))) => own == qualifier,
            None => qualifier == LATEST,
            // It is not known yet which it will be.
            Some(_) => true,
        };
        let mut all = self.lowered.graph.ordered();
        all.find(|r| r.id.block() == block && r.kind.as_str() == kind && is_of(r))
    }
}
