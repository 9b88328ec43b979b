//! What `PutAsyncInvokeConfig` says about a function's events.

use serde::Deserialize;

use super::hearer::Hearer;

/// How the events of a function are handled; bounds and defaults are filled in where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Setting {
    async_task: bool,
    destination_config: Destinations,
    max_async_event_age_in_seconds: i64,
    max_async_retry_attempts: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Destinations {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Destination {
    destination: String,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            async_task: false,
            destination_config: Destinations::default(),
            max_async_event_age_in_seconds: 86_400,
            max_async_retry_attempts: 3,
        }
    }
}

impl Setting {
    /// Whether the way of each event is recorded.
    pub(super) fn is_task(&self) -> bool {
        self.async_task
    }

    /// Retries of a function that fails.
    pub(super) fn retries(&self) -> u32 {
        self.max_async_retry_attempts
    }

    /// Milliseconds that an event may wait.
    pub(super) fn age_ms(&self) -> i64 {
        self.max_async_event_age_in_seconds * 1000
    }

    /// Who hears of an end. Destinations of other products are kept and not told.
    pub(super) fn destination(&self, succeeded: bool) -> Option<Hearer> {
        let all = &self.destination_config;
        let one = if succeeded {
            &all.on_success
        } else {
            &all.on_failure
        };
        Hearer::of_arn(&one.as_ref()?.destination)
    }
}
