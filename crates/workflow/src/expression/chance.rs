//! Chance that is the same each time: drawn from a seed, one number after the other.

use std::cell::Cell;

use serde_json::{Value, json};
use sha2::Digest as _;

use super::function::hex;

/// A row of numbers: the same seed, the same row.
#[derive(Debug)]
pub struct Chance {
    seed: String,
    drawn: Cell<u64>,
}

impl Chance {
    /// The row of a seed.
    pub fn of(seed: impl Into<String>) -> Self {
        Self {
            seed: seed.into(),
            drawn: Cell::new(0),
        }
    }

    fn draw(&self) -> [u8; 32] {
        let number = self.drawn.get();
        self.drawn.set(number + 1);
        sha2::Sha256::digest(format!("{}/{number}", self.seed)).into()
    }

    /// From the first up to, not including, the second.
    pub(super) fn between(&self, from: i64, to: i64) -> Result<Value, String> {
        let span = to
            .checked_sub(from)
            .and_then(|span| u64::try_from(span).ok())
            .filter(|span| *span > 0);
        let span = span.ok_or("the second number must be above the first")?;
        let drawn = self.draw()[..8]
            .iter()
            .fold(0u64, |number, byte| number << 8 | u64::from(*byte))
            % span;
        Ok(json!(from.saturating_add_unsigned(drawn)))
    }

    /// From nothing up to and including this.
    pub(crate) fn up_to(&self, most: i64) -> i64 {
        let drawn = self.between(0, most.max(0).saturating_add(1));
        drawn.ok().and_then(|drawn| drawn.as_i64()).unwrap_or(most)
    }

    /// A unique identifier of the fourth version.
    pub(crate) fn identifier(&self) -> String {
        let text = hex(&self.draw()[..16]);
        format!(
            "{}-{}-4{}-8{}-{}",
            &text[..8],
            &text[8..12],
            &text[13..16],
            &text[17..20],
            &text[20..32]
        )
    }
}
