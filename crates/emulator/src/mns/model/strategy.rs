//! When a push that failed is tried again (`NotifyStrategy` of the vendor's docs).

use serde::{Deserialize, Serialize};

/// How often and when. The words are the vendor's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Strategy {
    /// Three times, after 10 to 20 seconds each.
    #[default]
    #[serde(rename = "BACKOFF_RETRY")]
    Backoff,
    /// 176 times in a day: after 1, 2, 4 … 256 seconds, then every 512.
    #[serde(rename = "EXPONENTIAL_DECAY_RETRY")]
    Decay,
}

impl Strategy {
    /// By the vendor's word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let both = [Self::Backoff, Self::Decay];
        both.into_iter().find(|strategy| strategy.word() == word)
    }

    /// The vendor's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Backoff => "BACKOFF_RETRY",
            Self::Decay => "EXPONENTIAL_DECAY_RETRY",
        }
    }

    /// Milliseconds until the next try after so many that failed, the first being 1; nothing: no more. `chance` is any number.
    pub(crate) fn wait_ms(self, failed: u32, chance: u32) -> Option<i64> {
        match self {
            Self::Backoff => (failed <= 3).then(|| 10_000 + i64::from(chance % 10_001)),
            Self::Decay => (failed <= 176).then(|| 1000 << failed.saturating_sub(1).min(9)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_as_many_and_as_far_apart_as_the_vendor_says() {
        let waits = |strategy: Strategy, chance| {
            (1..).map_while(move |failed| strategy.wait_ms(failed, chance))
        };
        let backoff: Vec<i64> = waits(Strategy::Backoff, 10_000).collect();
        assert_eq!(backoff, [20_000; 3]);
        assert!(waits(Strategy::Backoff, 10_001).all(|wait| wait == 10_000));
        let decay: Vec<i64> = waits(Strategy::Decay, 5).collect();
        assert_eq!(decay[..4], [1000, 2000, 4000, 8000]);
        assert_eq!(decay[8..10], [256_000, 512_000]);
        assert_eq!(decay.iter().filter(|wait| **wait == 512_000).count(), 167);
        assert_eq!(decay.len(), 176);
        assert_eq!(decay.iter().sum::<i64>() / 1000, 86_015);
    }
}
