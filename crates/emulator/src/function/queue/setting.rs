//! What `PutAsyncInvokeConfig` says about a function's events.

use serde::Deserialize;

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

    /// The function and qualifier that hear of an end. Destinations of other products are kept and not told.
    pub(super) fn destination(&self, succeeded: bool) -> Option<(String, String)> {
        let all = &self.destination_config;
        let one = if succeeded {
            &all.on_success
        } else {
            &all.on_failure
        };
        function_of(&one.as_ref()?.destination)
    }
}

/// `acs:fc:REGION:ACCOUNT:functions/NAME[/QUALIFIER]`, taken apart.
fn function_of(arn: &str) -> Option<(String, String)> {
    let mut parts = arn.splitn(5, ':');
    if (parts.next(), parts.next()) != (Some("acs"), Some("fc")) {
        return None;
    }
    let path = parts.nth(2)?.strip_prefix("functions/")?;
    let (name, qualifier) = path.split_once('/').unwrap_or((path, "LATEST"));
    (!name.is_empty()).then(|| (name.to_owned(), qualifier.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_function_with_its_qualifier() {
        let parts = |arn: &str| function_of(arn);
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(parts("acs:fc:r:1:functions/f"), pair("f", "LATEST"));
        assert_eq!(parts("acs:fc:r:1:functions/f/prod"), pair("f", "prod"));
        assert_eq!(parts("acs:fc:r:1:functions/"), None);
        assert_eq!(parts("acs:mns:r:1:/queues/q/messages"), None);
    }
}
