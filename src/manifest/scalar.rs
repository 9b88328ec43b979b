//! What an unquoted scalar is, by the YAML 1.2 core rules as js-yaml 4 reads them. Dates stay text.

use super::NodeKind;
use super::number::{number, spell};

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> NodeKind {
    let Some(&first) = text.as_bytes().first() else {
        return NodeKind::Null;
    };
    if !matches!(
        first,
        b'0'..=b'9' | b'+' | b'-' | b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F'
    ) {
        return NodeKind::Text(text.to_owned());
    }
    match text {
        "~" | "null" | "Null" | "NULL" => NodeKind::Null,
        "true" | "True" | "TRUE" => NodeKind::Bool(true),
        "false" | "False" | "FALSE" => NodeKind::Bool(false),
        _ => integer(text)
            .or_else(|| float(text))
            .map_or_else(|| NodeKind::Text(text.to_owned()), number),
    }
}

/// Whether `text` is a whole number whose digits do not survive as `kind`.
pub(super) fn loses_digits(text: &str, kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Float(value) => text.bytes().all(|b| b.is_ascii_digit()) && spell(*value) != text,
        _ => false,
    }
}

/// `12`, `-0x1F`, `0o17`, `0b11`, `1_000`; a leading zero is decimal.
pub(super) fn integer(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let size = match digits.get(..2) {
        Some("0x") => based(&digits[2..], 16)?,
        Some("0o") => based(&digits[2..], 8)?,
        Some("0b") => based(&digits[2..], 2)?,
        _ if digits.starts_with('_') || digits.ends_with('_') => return None,
        _ if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        _ if digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') => {
            digits.replace('_', "").parse().ok()?
        }
        _ => return None,
    };
    Some(if negative { -size } else { size })
}

fn based(digits: &str, base: u32) -> Option<f64> {
    if digits.ends_with('_') {
        return None;
    }
    let mut size = 0.0;
    let mut any = false;
    for c in digits.chars().filter(|&c| c != '_') {
        size = size * f64::from(base) + f64::from(c.to_digit(base)?);
        any = true;
    }
    any.then_some(size)
}

/// `1.5`, `1e3`, `.5`, `1.`, `-.inf`, `.nan`. As in the vendor's parser `-.5` and `+.5` are text.
pub(super) fn float(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    if text.ends_with('_') {
        return None;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, Some(power)),
        None => (unsigned, None),
    };
    let of_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shape = if whole.is_empty() {
        unsigned.len() == text.len() && !fraction.is_empty()
    } else {
        whole.as_bytes()[0].is_ascii_digit()
    };
    let power_fits = power.is_none_or(|p| {
        let digits = p.strip_prefix(['-', '+']).unwrap_or(p);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    if !(shape && of_digits(whole) && of_digits(fraction) && power_fits) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> NodeKind {
        NodeKind::Text(text.to_owned())
    }

    #[test]
    fn words_of_yaml_1_1_are_text() {
        for word in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "Yes",
            "nULL",
            "tRue",
            "1.2.3",
            "3.0.0",
            "12:30",
            "2020-01-01",
            "-",
            "+",
            ".",
        ] {
            assert_eq!(resolve(word), text(word), "{word}");
        }
    }

    #[test]
    fn whole_numbers_in_all_spellings() {
        for (word, value) in [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("0755", 755),
            ("0o755", 493),
            ("0x1F", 31),
            ("-0x1f", -31),
            ("0b101", 5),
            ("1_000", 1000),
            ("1e3", 1000),
            ("1.", 1),
            ("2.0", 2),
            ("9007199254740991", 9_007_199_254_740_991),
        ] {
            assert_eq!(resolve(word), NodeKind::Int(value), "{word}");
        }
    }

    #[test]
    fn numbers_with_a_fraction_or_too_many_digits() {
        assert_eq!(resolve("1.10"), NodeKind::Float(1.1));
        assert_eq!(resolve(".5"), NodeKind::Float(0.5));
        assert_eq!(resolve("-1.5e-3"), NodeKind::Float(-0.0015));
        assert_eq!(
            resolve("12345678901234567890"),
            NodeKind::Float(12_345_678_901_234_567_000.0)
        );
        assert_eq!(resolve("-.inf"), NodeKind::Float(f64::NEG_INFINITY));
        assert!(matches!(resolve(".nan"), NodeKind::Float(v) if v.is_nan()));
    }

    #[test]
    fn near_numbers_are_text() {
        for word in [
            "-.5", "1_", "_1", "0x", "0xg", "0o8", "0b2", "1e", "1e+", "e3", "1.2_", "0_",
            "infinity", "nan", "1a", "--1", "._",
        ] {
            assert_eq!(resolve(word), text(word), "{word}");
        }
    }

    #[test]
    fn empty_and_null_are_null() {
        for word in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(word), NodeKind::Null, "{word}");
        }
    }

    #[test]
    fn only_lost_digits_are_told() {
        for (word, lost) in [
            ("12345678901234567890", true),
            ("1e300", false),
            ("9007199254740991", false),
            ("12345678901234567000", false),
        ] {
            assert_eq!(loses_digits(word, &resolve(word)), lost, "{word}");
        }
    }
}
