//! A domain as the data plane sees it: compiled once for each change of its configuration.

use std::sync::Arc;

use super::domain::{Domain, Source, Status};
use super::policy::Policy;
use super::rule::Rule;
use super::store::Config;

/// Everything that serving a domain needs.
pub(super) struct Site {
    pub(super) name: Arc<str>,
    pub(super) status: Status,
    /// By priority.
    pub(super) sources: Vec<Source>,
    pub(super) policy: Policy,
}

impl Site {
    /// Compiles a domain.
    pub(super) fn new(domain: &Domain, configs: &[Config]) -> Self {
        // What the API took is valid; a record of a later version of this program has no effect here.
        let rules = configs
            .iter()
            .filter_map(|config| Rule::parse(&config.function, &config.arguments).ok());
        Self {
            name: domain.name.as_str().into(),
            status: domain.status,
            sources: domain.sources.clone(),
            policy: Policy::new(rules),
        }
    }
}
