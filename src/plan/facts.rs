//! Attributes as a decision looks at them: lent by whoever has them, copied only where they are corrected.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::resource::Object;

/// Attributes by name. A site has thousands of files in one of them, so each holder keeps its own and lends it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts<'a>(BTreeMap<&'a str, Cow<'a, Json>>);

impl<'a> Facts<'a> {
    /// An attribute.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name).map(Cow::as_ref)
    }

    /// The names of all, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.keys().copied()
    }

    /// Sets an attribute.
    pub fn insert(&mut self, name: &'a str, value: Cow<'a, Json>) {
        self.0.insert(name, value);
    }

    /// The same attributes but for some, lent on.
    #[must_use]
    pub fn without(&self, names: &[String]) -> Facts<'_> {
        let kept = self.0.iter();
        let kept = kept.filter(|(name, _)| names.iter().all(|other| other != **name));
        Facts(
            kept.map(|(name, value)| (*name, Cow::Borrowed(&**value)))
                .collect(),
        )
    }

    /// Attributes of their own.
    pub fn into_object(self) -> Object {
        let all = self.0.into_iter();
        all.map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect()
    }
}

impl<'a> From<&'a Object> for Facts<'a> {
    fn from(attrs: &'a Object) -> Self {
        let lend = |(name, value): (&'a String, &'a Json)| (name.as_str(), Cow::Borrowed(value));
        Self(attrs.iter().map(lend).collect())
    }
}
