//! Durations as `@every` takes them: numbers with units, such as `1h30m` or `1.5h`.

/// Units and their nanoseconds; the longer of two that begin alike comes first.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The most digits of a number: more would say nothing that a clock could tell.
const DIGITS: usize = 15;

/// A thousand years: far from what a sum of moments can hold.
const LONGEST_MS: i64 = 1_000 * 366 * 86_400_000;

/// A duration in milliseconds, of which whole seconds count; `Err` with the offset of what is none.
pub(super) fn milliseconds(text: &str) -> Result<i64, usize> {
    let mut rest = text;
    let mut total = 0_i128;
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, after) = rest.split_at(end.ok_or(at)?);
        let unit = UNITS.iter().find(|(unit, _)| after.starts_with(unit));
        let (unit, nanoseconds) = unit.ok_or(at)?;
        total += times(number, *nanoseconds).ok_or(at)?;
        rest = &after[unit.len()..];
    }
    let milliseconds = i64::try_from(total / 1_000_000_000 * 1_000);
    milliseconds.ok().filter(|ms| *ms < LONGEST_MS).ok_or(0)
}

/// A number with a fraction, if wanted, times a unit.
fn times(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > DIGITS || fraction.contains('.') {
        return None;
    }
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some(digits.parse::<i128>().ok()? * unit / scale)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn numbers_have_units() {
        for (text, milli) in [
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("90s", 90_000),
            ("1500ms", 1_000),
            ("1m500ms", 60_000),
            (".5m", 30_000),
            ("0s", 0),
            ("", 0),
        ] {
            assert_eq!(milliseconds(text), Ok(milli), "{text}");
        }
        for (text, at) in [
            ("5", 0),
            ("m", 0),
            ("5 minutes", 0),
            ("1h5", 2),
            ("1h-5m", 2),
            ("1.2.3h", 0),
            ("1d", 0),
            ("9999999999999999h", 0),
            ("999999999999999h999999999999999h", 0),
        ] {
            assert_eq!(milliseconds(text), Err(at), "{text}");
        }
    }
}
