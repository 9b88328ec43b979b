//! Numbers and values in words.

use serde_json::Value as Json;

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

/// A value on one line; texts without quotes.
pub(in crate::cli) fn value(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(items) if items.is_empty() => "none".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let cases = [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4096, "4.0 kB"), (1_234_567, "1.2 MB"), (5_000_000_000_000, "5.0 TB")];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }
}
