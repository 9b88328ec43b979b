//! Numbers as JavaScript has them: one kind, 53 bits of precision, its own spelling.

use super::NodeKind;

/// The largest whole number that a double holds exactly together with its neighbours.
const SAFE: f64 = 9_007_199_254_740_991.0;

/// A number as a node: whole ones that are exact become `Int`, so `1.0` and `1` are the same.
pub(super) fn number(value: f64) -> NodeKind {
    if value.fract() == 0.0 && value.abs() <= SAFE {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        return NodeKind::Int(value as i64);
    }
    NodeKind::Float(value)
}

/// The text that JavaScript's `String(value)` gives.
pub(super) fn spell(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&size) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_whole_however_they_come() {
        assert_eq!(number(1000.0), NodeKind::Int(1000));
        assert_eq!(number(-0.0), NodeKind::Int(0));
        assert_eq!(number(1.5), NodeKind::Float(1.5));
        assert_eq!(
            number(1.234_567_890_123_456_8e19),
            NodeKind::Float(1.234_567_890_123_456_8e19)
        );
    }

    #[test]
    fn spelling_follows_javascript() {
        assert_eq!(spell(12_345_678_901_234_567_890.0), "12345678901234567000");
        assert_eq!(spell(1e21), "1e+21");
        assert_eq!(spell(1.5e-7), "1.5e-7");
        assert_eq!(spell(0.000_001), "0.000001");
        assert_eq!(spell(-2.5), "-2.5");
        assert_eq!(spell(f64::NEG_INFINITY), "-Infinity");
        assert_eq!(spell(f64::NAN), "NaN");
    }
}
