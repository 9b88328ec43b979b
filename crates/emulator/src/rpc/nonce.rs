//! Remembers the nonces of accepted calls, so that a recorded call has no effect when sent again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Nonces remembered at most in each of two generations.
const GENERATION: usize = 65_536;
/// Bytes of the longest nonce.
const LONGEST: usize = 256;

/// The nonces of the last calls. Memory is bounded: in a flood of calls the oldest are forgotten early.
pub(super) struct Nonces {
    lifetime: SignedDuration,
    seen: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    begun: Option<Timestamp>,
    present: HashSet<String>,
    past: HashSet<String>,
}

impl Nonces {
    /// Remembers each nonce for `lifetime` at least.
    pub(super) fn new(lifetime: SignedDuration) -> Self {
        Self {
            lifetime,
            seen: Mutex::default(),
        }
    }

    /// Whether a nonce is new; it is not any more after this.
    pub(super) fn take(&self, nonce: &str, now: Timestamp) -> bool {
        if nonce.is_empty() || nonce.len() > LONGEST {
            return false;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = *seen.begun.get_or_insert(now);
        if now.duration_since(begun) > self.lifetime || seen.present.len() >= GENERATION {
            seen.past = std::mem::take(&mut seen.present);
            seen.begun = Some(now);
        }
        !seen.past.contains(nonce) && seen.present.insert(nonce.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_new_once_within_its_lifetime() {
        let nonces = Nonces::new(SignedDuration::from_secs(60));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(nonces.take("a", at(0)));
        assert!(!nonces.take("a", at(0)));
        assert!(nonces.take("b", at(59)));
        assert!(!nonces.take("a", at(61)));
        assert!(!nonces.take("b", at(62)));
        assert!(nonces.take("a", at(1000)));
        assert!(nonces.take("c", at(2000)));
        assert!(nonces.take("a", at(3000)));
    }

    #[test]
    fn absurd_nonces_are_refused_and_a_flood_is_forgotten() {
        let nonces = Nonces::new(SignedDuration::from_secs(60));
        let now = Timestamp::from_second(0).unwrap();
        assert!(!nonces.take("", now));
        assert!(!nonces.take(&"x".repeat(LONGEST + 1), now));
        for number in 0..3 * GENERATION {
            assert!(nonces.take(&number.to_string(), now));
        }
        let seen = nonces.seen.lock().unwrap();
        assert!(seen.present.len() + seen.past.len() <= 2 * GENERATION);
    }
}
