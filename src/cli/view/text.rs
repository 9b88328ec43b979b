//! Numbers and values in words.

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::resource::{PLAIN, Part, Sealed};

/// A number of bytes, as people say it (decimal units).
pub(in crate::cli) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A number with its noun, plural where needed.
pub(in crate::cli) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A text from outside on one line that a terminal shows as it is: what would move the cursor, change colours, break
/// the line or turn the direction of writing is escaped as Rust escapes it.
pub(in crate::cli) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_active(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// A value on one line; texts without quotes, secrets by where they come from.
pub(in crate::cli) fn value(json: &Json) -> String {
    if let Some(sealed) = Sealed::of(json) {
        return plain(&sealed.0.iter().map(part).collect::<String>()).into_owned();
    }
    match json {
        Json::String(text) => plain(text).into_owned(),
        Json::Array(items) if items.is_empty() => "none".to_owned(),
        other => plain(&other.to_string()).into_owned(),
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => text.clone(),
        Part::Unknown => "(known after the deploy)".to_owned(),
        Part::Secret(secret) if secret.source == PLAIN => "(plain text)".to_owned(),
        Part::Secret(secret) if secret.transforms.is_empty() => {
            format!("(secret {})", secret.source)
        }
        Part::Secret(secret) => format!("(secret {} in base64)", secret.source),
    }
}

/// Control characters, separators of lines, and marks of direction (Unicode, "Bidirectional Algorithm").
fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_steers_the_terminal() {
        let cases = [
            ("\u{1b}[31mred", r"\u{1b}[31mred"),
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{9b}2J\u{7f}", r"\u{9b}2J\u{7f}"),
            ("evil\u{202e}gpj.exe", r"evil\u{202e}gpj.exe"),
            ("日本 é `x` \\ \"", "日本 é `x` \\ \""),
        ];
        for (text, shown) in cases {
            assert_eq!(plain(text), shown);
            assert_eq!(value(&text.into()), shown);
        }
        let nested = serde_json::json!({ "a\u{7f}": "\u{1b}]0;" });
        assert!(!value(&nested).contains(char::is_control));
    }

    #[test]
    fn a_secret_is_said_by_where_it_comes_from() {
        let digest = "0".repeat(40);
        let one = serde_json::json!({ "secret": "env:A", "digest": digest });
        assert_eq!(value(&one), "(secret env:A)");
        let coded = serde_json::json!({ "secret": "secret:A", "as": ["base64"], "digest": "" });
        let all = serde_json::json!({ "text_with_secrets": ["Basic ", coded, "\n"] });
        assert_eq!(value(&all), r"Basic (secret secret:A in base64)\n");
    }

    #[test]
    fn sizes_read_well() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (4096, "4.0 kB"),
            (1_234_567, "1.2 MB"),
            (5_000_000_000_000, "5.0 TB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }
}
