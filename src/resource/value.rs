//! An attribute's value: known now, or known once another resource exists.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::secret::{Part, Sealed};
use super::{ResourceId, SecretRef};

/// A JSON object, as states and providers hold it.
pub type Object = serde_json::Map<String, Json>;

/// A resource's attributes as the graph holds them.
pub type Attrs = BTreeMap<String, Value>;

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

/// Says what an output of a resource is, if that is known.
pub type Output<'a> = &'a dyn Fn(&ResourceId, &str) -> Option<Json>;

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

    /// All secrets in the value.
    pub fn secrets(&self) -> Vec<&SecretRef> {
        match self {
            Self::Plain(_) | Self::Ref(..) => Vec::new(),
            Self::Secret(secret) => vec![secret],
            Self::List(items) | Self::Join(items) => items.iter().flat_map(Self::secrets).collect(),
            Self::Map(map) => map.values().flat_map(Self::secrets).collect(),
        }
    }

    /// The value with every reference replaced by what `output` says of it. Secrets stay sealed: see [`Sealed`].
    /// What has no reference is lent.
    pub fn resolve(&self, output: Output<'_>) -> Result<Cow<'_, Json>, Unresolved> {
        match self {
            Self::Plain(json) => Ok(Cow::Borrowed(json)),
            other => other.fill(output, &Part::Secret).map(Cow::Owned),
        }
    }

    /// The same with the texts of secrets in their places, as `text` says them: for the provider's call and nothing else.
    pub fn reveal(
        &self,
        output: Output<'_>,
        text: &dyn Fn(&SecretRef) -> String,
    ) -> Result<Json, Unresolved> {
        self.fill(output, &|secret| Part::Text(text(&secret)))
    }

    /// The same without what is not known yet: null stands in its place.
    pub fn outline(&self, output: Output<'_>) -> Json {
        match self {
            Self::List(items) => items.iter().map(|item| item.outline(output)).collect(),
            Self::Map(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), value.outline(output)))
                .collect(),
            Self::Join(items) => {
                let known = |item: &Self| match item.resolve(output) {
                    Ok(json) => parts(json.into_owned()),
                    Err(_) => vec![Part::Unknown],
                };
                joined(items.iter().flat_map(known)).to_json()
            }
            other => other.fill(output, &Part::Secret).unwrap_or_default(),
        }
    }

    fn fill(
        &self,
        output: Output<'_>,
        secret: &dyn Fn(SecretRef) -> Part,
    ) -> Result<Json, Unresolved> {
        match self {
            Self::Plain(json) => Ok(json.clone()),
            Self::Secret(of) => Ok(joined([secret(of.clone())]).to_json()),
            Self::List(items) => items
                .iter()
                .map(|v| v.fill(output, secret))
                .collect::<Result<_, _>>()
                .map(Json::Array),
            Self::Map(map) => map
                .iter()
                .map(|(k, v)| Ok((k.clone(), v.fill(output, secret)?)))
                .collect::<Result<_, _>>()
                .map(Json::Object),
            Self::Ref(id, path) => output(id, path).ok_or_else(|| Unresolved {
                resource: id.clone(),
                output: path.clone(),
            }),
            Self::Join(items) => {
                let mut all = Vec::new();
                for item in items {
                    all.extend(match item {
                        Self::Secret(of) => vec![secret(of.clone())],
                        other => parts(other.fill(output, secret)?),
                    });
                }
                Ok(joined(all).to_json())
            }
        }
    }
}

/// A value as parts of a text.
fn parts(json: Json) -> Vec<Part> {
    match Sealed::of(&json) {
        Some(sealed) => sealed.0,
        None => vec![Part::Text(as_text(json))],
    }
}

/// Parts of a text, neighbours that are no secrets as one.
fn joined(parts: impl IntoIterator<Item = Part>) -> Sealed {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match (all.last_mut(), part) {
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (_, Part::Text(text)) if text.is_empty() => {}
            (_, part) => all.push(part),
        }
    }
    Sealed(all)
}

fn as_text(json: Json) -> String {
    match json {
        Json::String(text) => text,
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret() -> Value {
        Value::Secret(SecretRef::new("env:A", "0".repeat(40)))
    }

    fn output(id: &ResourceId, _: &str) -> Option<Json> {
        (id.as_str() == "known").then(|| 7.into())
    }

    #[test]
    fn secrets_stay_sealed_until_they_are_revealed() {
        let sealed = json!({ "secret": "env:A", "digest": "0".repeat(40) });
        let join = Value::Join(vec![
            "a".into(),
            Value::Join(vec![Value::Ref("known".into(), "x".into()), secret()]),
            "b".into(),
            "c".into(),
        ]);
        let all = Value::Map(Attrs::from([
            ("one".to_owned(), Value::List(vec![secret()])),
            ("text".to_owned(), join),
        ]));
        assert_eq!(
            *all.resolve(&output).unwrap(),
            json!({ "one": [sealed], "text": { "text_with_secrets": ["a7", sealed, "bc"] } })
        );
        assert_eq!(
            all.reveal(&output, &|_| "T".to_owned()).unwrap(),
            json!({ "one": ["T"], "text": "a7Tbc" })
        );
        assert_eq!(all.secrets().len(), 2);
        let alone = Value::Join(vec!["".into(), secret()]);
        assert_eq!(*alone.resolve(&output).unwrap(), sealed);
        assert_eq!(
            *Value::Join(Vec::new()).resolve(&output).unwrap(),
            json!("")
        );
    }

    #[test]
    fn what_is_not_known_yet_leaves_a_gap_in_an_outline() {
        let later = || Value::Ref("later".into(), "x".into());
        let join = |parts| Value::Join(parts).outline(&output);
        assert_eq!(later().outline(&output), Json::Null);
        assert_eq!(join(vec!["a".into(), later()]), Json::Null);
        assert_eq!(join(vec!["a".into(), "b".into()]), json!("ab"));
        let gap = join(vec![secret(), later()]);
        assert!(super::super::is_sealed(&gap), "{gap}");
    }
}
