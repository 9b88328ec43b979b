//! What differs between two sets of attributes.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One difference. `path` leads to it from the attributes' root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDiff {
    /// Keys from the root, such as `["files", "index.html"]`.
    pub path: Vec<String>,
    /// What is there; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// What shall be there; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
    /// Whether `after` is only known once other changes are done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}
