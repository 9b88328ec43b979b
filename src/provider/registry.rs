//! Which provider serves which kind.

use std::sync::Arc;

use super::{ErrorKind, Provider, ProviderError};
use crate::resource::{Kind, Specs};
use crate::secret::Secrets;

/// All providers of a run.
#[derive(Clone, Default)]
pub struct Providers(Vec<Arc<dyn Provider>>);

impl Providers {
    /// A registry of these; the first that serves a kind gets it.
    pub fn new(providers: impl IntoIterator<Item = Arc<dyn Provider>>) -> Self {
        Self(providers.into_iter().collect())
    }

    /// The same, with one more behind the others.
    #[must_use]
    pub fn and(mut self, provider: Arc<dyn Provider>) -> Self {
        self.0.push(provider);
        self
    }

    /// The provider that serves a kind.
    pub fn of(&self, kind: &Kind) -> Result<&dyn Provider, ProviderError> {
        let found = self.0.iter().find(|p| p.specs().contains_key(kind));
        found.map(AsRef::as_ref).ok_or_else(|| {
            ProviderError::new(
                ErrorKind::Unsupported,
                "find provider",
                format!("nothing here serves `{kind}`"),
            )
        })
    }

    /// The rules of all kinds.
    pub fn specs(&self) -> Specs {
        self.0.iter().rev().flat_map(|p| p.specs()).collect()
    }
}

/// What the cloud is asked and changed with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Who serves the kinds.
    pub providers: &'a Providers,
    /// Who knows the texts of secrets.
    pub secrets: &'a dyn Secrets,
}
