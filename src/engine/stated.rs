//! What the manifest itself says of a setting that a command changes by hand.

use serde_json::Value as Json;

use super::Project;
use crate::resource::{Resource, Value};

/// The qualifier of a setting that names none.
const LATEST: &str = "LATEST";

impl Project {
    /// The setting of this kind that the manifest states for a version or alias of the block's function. A deploy sets back
    /// what a command made of it.
    pub fn stated(&self, block: &str, (kind, qualifier): (&str, &str)) -> Option<&Resource> {
        let is_of = |resource: &Resource| match resource.attrs.get("qualifier") {
            Some(Value::Plain(Json::String(own))) => own == qualifier,
            None => qualifier == LATEST,
            // It is not known yet which it will be.
            Some(_) => true,
        };
        let mut all = self.lowered.graph.ordered();
        all.find(|r| r.id.block() == block && r.kind.as_str() == kind && is_of(r))
    }
}
