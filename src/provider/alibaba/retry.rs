//! When a failed request is tried again, and after how long.

use std::time::{Duration, Instant};

use super::fault::Fault;
use crate::provider::ErrorKind;

/// How patient to be.
#[derive(Debug, Clone)]
pub(super) struct RetryPolicy {
    /// Tries in all, the first included.
    pub(super) tries: u32,
    /// Tries in all when nothing listens at the address.
    pub(super) tries_unreachable: u32,
    /// The longest first pause; doubled for each further one.
    pub(super) base: Duration,
    /// The longest pause.
    pub(super) cap: Duration,
    /// No pause ends later than this after the first try.
    pub(super) total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 5,
            tries_unreachable: 3,
            base: Duration::from_millis(300),
            cap: Duration::from_secs(8),
            total: Duration::from_secs(30),
        }
    }
}

/// The tries of one request.
pub(super) struct Tries<'a> {
    policy: &'a RetryPolicy,
    begun: Instant,
    failed: u32,
}

impl<'a> Tries<'a> {
    pub(super) fn begin(policy: &'a RetryPolicy) -> Self {
        Self {
            policy,
            begun: Instant::now(),
            failed: 0,
        }
    }

    /// How long to wait before the next try; `None`: the failure is final.
    ///
    /// Exponential with full jitter, so that many clients do not come back together; what the server asks for is
    /// a lower bound.
    pub(super) fn pause_after(&mut self, fault: &Fault) -> Option<Duration> {
        self.failed += 1;
        let allowed = match fault.error.kind {
            ErrorKind::Temporary => self.policy.tries,
            ErrorKind::Unreachable => self.policy.tries_unreachable,
            _ => 1,
        };
        if self.failed >= allowed {
            return None;
        }
        let longest = self.policy.base * 2_u32.saturating_pow(self.failed - 1);
        let jittered = longest.min(self.policy.cap).mul_f64(random_fraction());
        let pause = jittered.max(fault.retry_after.unwrap_or_default());
        (self.begun.elapsed() + pause <= self.policy.total).then_some(pause)
    }
}

/// Between 0 and 1.
fn random_fraction() -> f64 {
    let mut bytes = [0_u8; 4];
    // Without randomness the pause is only less spread.
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ProviderError;

    fn fault(kind: ErrorKind, retry_after: Option<u64>) -> Fault {
        Fault {
            retry_after: retry_after.map(Duration::from_secs),
            ..ProviderError::new(kind, "Op", "").into()
        }
    }

    #[test]
    fn temporary_errors_get_five_tries_with_growing_bounds() {
        let policy = RetryPolicy::default();
        let mut tries = Tries::begin(&policy);
        for bound in [300, 600, 1200, 2400] {
            let pause = tries.pause_after(&fault(ErrorKind::Temporary, None));
            assert!(pause.unwrap() <= Duration::from_millis(bound));
        }
        assert_eq!(tries.pause_after(&fault(ErrorKind::Temporary, None)), None);
    }

    #[test]
    fn final_errors_are_not_tried_again() {
        let policy = RetryPolicy::default();
        for kind in [
            ErrorKind::Denied,
            ErrorKind::NotFound,
            ErrorKind::Conflict,
            ErrorKind::Invalid,
            ErrorKind::Source,
        ] {
            let mut tries = Tries::begin(&policy);
            assert_eq!(tries.pause_after(&fault(kind, Some(1))), None, "{kind:?}");
        }
        let mut tries = Tries::begin(&policy);
        let refused = fault(ErrorKind::Unreachable, None);
        assert!(tries.pause_after(&refused).is_some());
        assert!(tries.pause_after(&refused).is_some());
        assert_eq!(tries.pause_after(&refused), None);
    }

    #[test]
    fn what_the_server_asks_for_is_a_lower_bound_within_the_time_left() {
        let policy = RetryPolicy::default();
        let mut tries = Tries::begin(&policy);
        let pause = tries.pause_after(&fault(ErrorKind::Temporary, Some(9)));
        assert_eq!(pause, Some(Duration::from_secs(9)));
        assert_eq!(
            tries.pause_after(&fault(ErrorKind::Temporary, Some(60))),
            None
        );
    }
}
