//! Quotes: as few as other YAML readers allow, double ones where there is a choice.

use super::layout::{Scalar, Style};
use crate::manifest::is_plain;

/// The scalar as it is written best; `in_flow` inside brackets, where some characters mean more.
pub(super) fn scalar(scalar: &Scalar, in_flow: bool) -> String {
    let quoted = matches!(scalar.style, Style::Single | Style::Double);
    if in_flow && scalar.style == Style::Plain && scalar.raw.contains([',', '[', ']', '{', '}']) {
        // Only a text that came from elsewhere is bare here.
        let escaped = scalar.raw.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"{escaped}\"");
    }
    if !quoted || scalar.raw.contains('\n') {
        return scalar.raw.clone();
    }
    let value = &scalar.value;
    if is_bare(value) && !(in_flow && value.contains([',', '[', ']', '{', '}', ':', '"', '\''])) {
        return value.clone();
    }
    if scalar.style == Style::Single && !value.contains(['"', '\\']) {
        return format!("\"{value}\"");
    }
    scalar.raw.clone()
}

/// Whether quotes would say nothing. `y` and `n` are truth values to some readers.
fn is_bare(text: &str) -> bool {
    let word = matches!(text, "y" | "Y" | "n" | "N");
    !word && !text.contains('\t') && is_plain(text)
}

/// The raw text's lines, ready to be indented anew. White space at the ends of folded lines means nothing.
pub(super) fn lines(raw: &str) -> Vec<&str> {
    let last = raw.matches('\n').count();
    let clean = |(number, line): (usize, &'_ str)| -> (usize, usize) {
        let start = if number == 0 {
            0
        } else {
            line.len() - line.trim_start_matches([' ', '\t']).len()
        };
        let body = &line[start..];
        let trimmed = body.trim_end_matches([' ', '\t']);
        let keep = number == last || trimmed.ends_with('\\');
        (start, start + if keep { body.len() } else { trimmed.len() })
    };
    raw.split('\n')
        .enumerate()
        .map(|(number, line)| {
            let (start, end) = clean((number, line));
            &line[start..end]
        })
        .collect()
}
