//! The part of a body that a `Range` field asks for; pure.

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything: no range, more than one, or one that is not understood.
    Whole,
    /// From the first to the last byte, both included.
    Bytes { first: u64, last: u64 },
    /// Nothing of it exists.
    Beyond,
}

impl Part {
    /// Reads `bytes=a-b`, `bytes=a-` or `bytes=-n` against a body of `length` bytes.
    pub(super) fn parse(value: &str, length: u64) -> Self {
        let Some((unit, spec)) = value.split_once('=') else {
            return Self::Whole;
        };
        let Some((first, last)) = spec.trim().split_once('-') else {
            return Self::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        match (number(first), number(last)) {
            (Some(first), None) if last.is_empty() => Self::between(first, u64::MAX, length),
            (Some(first), Some(last)) if first <= last => Self::between(first, last, length),
            (None, Some(0)) if first.is_empty() => Self::Beyond,
            (None, Some(tail)) if first.is_empty() => {
                Self::between(length.saturating_sub(tail), u64::MAX, length)
            }
            _ => Self::Whole,
        }
    }

    fn between(first: u64, last: u64, length: u64) -> Self {
        if first >= length {
            return Self::Beyond;
        }
        Self::Bytes {
            first,
            last: last.min(length - 1),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_cut_to_the_body() {
        let bytes = |first, last| Part::Bytes { first, last };
        let cases = [
            ("bytes=0-4", bytes(0, 4)),
            ("bytes=5-", bytes(5, 9)),
            ("bytes=-3", bytes(7, 9)),
            ("bytes=-30", bytes(0, 9)),
            ("bytes=8-99999999999999999999", bytes(8, 9)),
            ("BYTES=1-1", bytes(1, 1)),
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=4-3", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=0-4", Part::Whole),
            ("bytes=+1-2", Part::Whole),
        ];
        for (value, expected) in cases {
            assert_eq!(Part::parse(value, 10), expected, "{value}");
        }
        assert_eq!(Part::parse("bytes=0-", 0), Part::Beyond);
    }

    proptest! {
        #[test]
        fn a_part_lies_inside_the_body(value in "bytes=[0-9]{0,3}-[0-9]{0,3}", length in 0_u64..500) {
            if let Part::Bytes { first, last } = Part::parse(&value, length) {
                prop_assert!(first <= last && last < length);
            }
        }

        #[test]
        fn parsing_never_panics(value in ".*", length in any::<u64>()) {
            let _ = Part::parse(&value, length);
        }
    }
}
