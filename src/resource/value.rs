//! An attribute's value: known now, or known once another resource exists.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::ResourceId;

/// A JSON object, as states and providers hold it.
pub type Object = serde_json::Map<String, Json>;

/// A resource's attributes as the graph holds them.
pub type Attrs = BTreeMap<String, Value>;

/// Enough of a secret to see that it changed; never its text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SecretRef {
    /// Where the text comes from, such as `env:DB_PASSWORD`.
    pub source: String,
    /// A keyed fingerprint of the text.
    pub digest: String,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Known now.
    Plain(Json),
    /// A list with something in it that is not known yet.
    List(Vec<Value>),
    /// A map with something in it that is not known yet.
    Map(Attrs),
    /// An output of another resource; the text is a dotted path into its outputs.
    Ref(ResourceId, String),
    /// Texts joined into one.
    Join(Vec<Value>),
    /// A secret, resolved at the provider's call.
    Secret(SecretRef),
}

/// What stopped a resolution: this output of this resource is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("output `{output}` of `{resource}` is not known")]
pub struct Unresolved {
    /// The resource referred to.
    pub resource: ResourceId,
    /// The output's dotted path.
    pub output: String,
}

impl Value {
    /// All resources that the value refers to.
    pub fn references(&self) -> Vec<&ResourceId> {
        match self {
            Self::Plain(_) | Self::Secret(_) => Vec::new(),
            Self::Ref(id, _) => vec![id],
            Self::List(items) | Self::Join(items) => {
                items.iter().flat_map(Self::references).collect()
            }
            Self::Map(map) => map.values().flat_map(Self::references).collect(),
        }
    }

    /// The value with every reference replaced by what `output` says of it.
    pub fn resolve(
        &self,
        output: &dyn Fn(&ResourceId, &str) -> Option<Json>,
    ) -> Result<Json, Unresolved> {
        match self {
            Self::Plain(json) => Ok(json.clone()),
            Self::Secret(secret) => {
                Ok(serde_json::json!({ "secret": secret.source, "digest": secret.digest }))
            }
            Self::List(items) => items
                .iter()
                .map(|v| v.resolve(output))
                .collect::<Result<_, _>>()
                .map(Json::Array),
            Self::Map(map) => resolve_all(map, output).map(Json::Object),
            Self::Ref(id, path) => output(id, path).ok_or_else(|| Unresolved {
                resource: id.clone(),
                output: path.clone(),
            }),
            Self::Join(parts) => {
                let mut text = String::new();
                for part in parts {
                    text.push_str(&as_text(&part.resolve(output)?));
                }
                Ok(Json::String(text))
            }
        }
    }
}

/// All attributes resolved, or the first that cannot be.
pub(super) fn resolve_all(
    attrs: &Attrs,
    output: &dyn Fn(&ResourceId, &str) -> Option<Json>,
) -> Result<Object, Unresolved> {
    attrs
        .iter()
        .map(|(k, v)| Ok((k.clone(), v.resolve(output)?)))
        .collect()
}

fn as_text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self::Plain(json)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Plain(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Plain(text.into())
    }
}
