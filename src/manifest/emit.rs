//! Nodes written out again: as YAML that loads to the same values, as JSON.

use std::fmt::Write;

use serde_json::Value;

use super::expression::{Expr, parse};
use super::number::spell;
use super::{Node, NodeKind, scalar};

/// The node as YAML in block style. Outputs stay the expressions that they are in the file.
pub fn to_yaml(node: &Node) -> String {
    let mut out = String::new();
    write(node, 0, &mut out);
    let text = out.trim_start_matches([' ', '\n']);
    format!("{text}{}", if text.ends_with('\n') { "" } else { "\n" })
}

/// The node as JSON, in the order of the file. Outputs stay expressions; numbers that JSON lacks become null.
pub fn to_json(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(value) => Value::from(*value),
        NodeKind::Int(value) => Value::from(*value),
        NodeKind::Float(value) => Value::from(*value),
        NodeKind::Text(text) => Value::from(text.as_str()),
        NodeKind::List(items) => items.iter().map(to_json).collect(),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.value)))
            .collect(),
        NodeKind::Output { .. } | NodeKind::Join(_) => Value::from(literal(node)),
    }
}

/// Writes a value after its key or dash: scalars on the same line, collections on the next.
fn write(node: &Node, indent: usize, out: &mut String) {
    match &node.kind {
        NodeKind::List(items) if items.is_empty() => out.push_str(" []"),
        NodeKind::Map(entries) if entries.is_empty() => out.push_str(" {}"),
        NodeKind::List(items) => {
            for item in items {
                line(indent, out);
                out.push('-');
                write_item(item, indent, out);
            }
        }
        NodeKind::Map(entries) => {
            for entry in entries {
                line(indent, out);
                out.push_str(&quoted(&entry.key));
                out.push(':');
                write(&entry.value, indent + 2, out);
            }
        }
        NodeKind::Null => out.push_str(" null"),
        NodeKind::Bool(value) => out.push_str(if *value { " true" } else { " false" }),
        NodeKind::Int(value) => push(out, format_args!(" {value}")),
        NodeKind::Float(value) => {
            out.push(' ');
            out.push_str(&number(*value));
        }
        NodeKind::Text(text) => write_text(text, indent, out),
        NodeKind::Output { .. } | NodeKind::Join(_) => write_text(&literal(node), indent, out),
    }
}

/// An item that is a collection starts on the line of its dash.
fn write_item(item: &Node, indent: usize, out: &mut String) {
    let before = out.len();
    write(item, indent + 2, out);
    if out[before..].starts_with('\n') {
        let blank = out[before..].len() - out[before..].trim_start().len();
        out.replace_range(before..before + blank, " ");
    }
}

fn line(indent: usize, out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.extend(std::iter::repeat_n(' ', indent));
}

fn push(out: &mut String, text: std::fmt::Arguments) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a String takes everything");
}

fn number(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    spell(value)
}

fn write_text(text: &str, indent: usize, out: &mut String) {
    if indent == 0 || !fits_block(text) {
        out.push(' ');
        out.push_str(&quoted(text));
        return;
    }
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => " |-",
        1 => " |",
        _ => " |+",
    });
    for part in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !part.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(part);
        }
    }
    if text.ends_with("\n\n") {
        out.push('\n');
    }
}

/// Whether a text of several lines can stand as a literal block.
fn fits_block(text: &str) -> bool {
    let clean =
        |line: &str| line.chars().all(is_clean) && (line.is_empty() || !line.trim().is_empty());
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\n'])
        && text.split('\n').all(clean)
}

/// A text on one line: plain where that reads back as the same text, otherwise in double quotes.
fn quoted(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_clean(c) => out.push(c),
            c if u32::from(c) > 0xffff => push(&mut out, format_args!("\\U{:08x}", u32::from(c))),
            c => push(&mut out, format_args!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn is_plain(text: &str) -> bool {
    let first = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '$');
    let starts = text.starts_with(first) || text.starts_with("./") || text.starts_with("../");
    let breaks = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    starts
        && !breaks
        && text.chars().all(is_clean)
        && !is_other_yaml(text)
        && matches!(scalar::resolve(text), NodeKind::Text(_))
}

/// Whether another YAML reader may take the text for something else: YAML 1.1 words, dates, base 60.
fn is_other_yaml(text: &str) -> bool {
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "yes" | "no" | "on" | "off" | "y" | "n"
    );
    let digits =
        |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 'T' | 't' | 'Z' | ' ' | '+');
    word || text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(['-', ':'])
        && text.chars().all(digits)
}

/// Whether a character stands for itself in YAML.
fn is_clean(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Outputs as expressions: as written where the place still shows it, otherwise in the usual form.
fn literal(node: &Node) -> String {
    match &node.kind {
        NodeKind::Text(text) => text.clone(),
        NodeKind::Join(parts) => parts.iter().map(literal).collect(),
        NodeKind::Output { resource, path } => match written(node, resource, path) {
            Some(written) => written.to_owned(),
            None if path.is_empty() => format!("${{resources.{resource}.output}}"),
            None => format!("${{resources.{resource}.output.{path}}}"),
        },
        _ => String::new(),
    }
}

fn written<'n>(node: &'n Node, resource: &str, path: &str) -> Option<&'n str> {
    let written = node.at.source.text.get(node.at.start..node.at.end)?;
    let inner = written.strip_prefix("${")?.strip_suffix('}')?;
    let Ok(Expr::Reference(reference)) = parse(inner) else {
        return None;
    };
    let [name, member, rest @ ..] = &reference.segments[..] else {
        return None;
    };
    let root = matches!(reference.root.as_str(), "resources" | "components");
    let fits = root
        && name == resource
        && matches!(member.as_str(), "output" | "info")
        && rest.join(".") == path;
    fits.then_some(written)
}
