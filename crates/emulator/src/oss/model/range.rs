//! Which bytes of an object a `Range` header asks for.

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Asked {
    Whole,
    /// First byte and length, within the object.
    Part {
        first: u64,
        length: u64,
    },
    /// Nothing of the object lies in the range.
    Unsatisfiable,
}

/// Picks the bytes. With `standard`, as RFC 9110 has it; without, as the vendor does unless told otherwise: a range that
/// does not lie within the object is ignored. Several ranges, other units and nonsense ask for the whole.
pub(in crate::oss) fn pick(header: Option<&str>, size: u64, standard: bool) -> Asked {
    let Some((first, last)) = header.and_then(parse) else {
        return Asked::Whole;
    };
    let (first, last, inside) = match (first, last) {
        (Some(first), Some(last)) if last < first => return Asked::Whole,
        (Some(first), last) => {
            let inside = first < size && last.is_none_or(|last| last < size);
            (
                first,
                last.unwrap_or(u64::MAX).min(size.saturating_sub(1)),
                inside,
            )
        }
        (None, Some(tail)) => {
            let inside = tail > 0 && tail <= size;
            let first = if tail == 0 {
                size
            } else {
                size.saturating_sub(tail)
            };
            (first, size.saturating_sub(1), inside)
        }
        (None, None) => return Asked::Whole,
    };
    match (inside, standard) {
        (false, false) => Asked::Whole,
        (false, true) if first >= size => Asked::Unsatisfiable,
        _ => Asked::Part {
            first,
            length: last - first + 1,
        },
    }
}

fn parse(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    };
    Some((number(first)?, number(last)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(first: u64, length: u64) -> Asked {
        Asked::Part { first, length }
    }

    #[test]
    fn ranges_inside_are_cut_out() {
        for standard in [false, true] {
            assert_eq!(pick(Some("bytes=0-99"), 1000, standard), part(0, 100));
            assert_eq!(pick(Some("bytes=900-"), 1000, standard), part(900, 100));
            assert_eq!(pick(Some("bytes=-10"), 1000, standard), part(990, 10));
            for whole in [
                "bytes=5-4",
                "bytes=0-1,3-4",
                "chars=0-1",
                "bytes=-",
                "bytes=a-b",
            ] {
                assert_eq!(pick(Some(whole), 1000, standard), Asked::Whole, "{whole}");
            }
        }
    }

    #[test]
    fn ranges_outside_depend_on_the_behaviour_asked_for() {
        assert_eq!(pick(Some("bytes=500-2000"), 1000, true), part(500, 500));
        assert_eq!(pick(Some("bytes=500-2000"), 1000, false), Asked::Whole);
        assert_eq!(pick(Some("bytes=1000-"), 1000, true), Asked::Unsatisfiable);
        assert_eq!(pick(Some("bytes=1000-"), 1000, false), Asked::Whole);
        assert_eq!(pick(Some("bytes=-0"), 1000, true), Asked::Unsatisfiable);
        assert_eq!(pick(Some("bytes=-2000"), 1000, true), part(0, 1000));
        assert_eq!(pick(Some("bytes=0-"), 0, true), Asked::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn a_part_lies_within_the_object(header in "bytes=[0-9]{0,3}-[0-9]{0,3}", size in 0_u64..500, standard: bool) {
            if let Asked::Part { first, length } = pick(Some(&header), size, standard) {
                prop_assert!(length > 0 && first + length <= size);
            }
        }
    }
}
