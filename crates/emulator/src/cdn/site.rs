//! A domain as the data plane sees it: compiled once for each change of its configuration.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Counts refreshes, over all versions of the site.
    refreshes: Arc<AtomicU64>,
}

impl Site {
    /// Compiles a domain; the count of refreshes goes on from the version before.
    pub(super) fn new(domain: &Domain, configs: &[Config], before: Option<&Self>) -> Self {
        // What the API took is valid; a record of a later version of this program has no effect here.
        let rules = configs
            .iter()
            .filter_map(|config| Rule::parse(&config.function, &config.arguments).ok());
        Self {
            name: domain.name.as_str().into(),
            status: domain.status,
            sources: domain.sources.clone(),
            policy: Policy::new(rules),
            refreshes: before.map_or_else(Arc::default, |site| Arc::clone(&site.refreshes)),
        }
    }

    /// The number of the present time between two refreshes.
    pub(super) fn epoch(&self) -> u64 {
        self.refreshes.load(Ordering::Acquire)
    }

    /// Begins a new time: fetches that began before may hold what was refreshed.
    pub(super) fn begin_epoch(&self) {
        self.refreshes.fetch_add(1, Ordering::AcqRel);
    }
}
