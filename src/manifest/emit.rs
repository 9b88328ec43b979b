//! Nodes written out again: as YAML that loads to the same values, as JSON.

use std::fmt::Write;

use serde_json::Value;

use super::expression::{Expr, parse};
use super::number::spell;
use super::{Node, NodeKind, scalar};
use crate::resource::{SecretRef, Transform};

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
        NodeKind::Null | NodeKind::Failed => Value::Null,
        NodeKind::Bool(value) => Value::from(*value),
        NodeKind::Int(value) => Value::from(*value),
        NodeKind::Float(value) => Value::from(*value),
        NodeKind::Text(text) => Value::from(text.as_str()),
        NodeKind::List(items) => items.iter().map(to_json).collect(),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.value)))
            .collect(),
        NodeKind::Output { .. } | NodeKind::Secret(_) | NodeKind::Join(_) => {
            Value::from(literal(node))
        }
        NodeKind::Layered(layered) => to_json(&layered.upper),
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
        NodeKind::Null | NodeKind::Failed => out.push_str(" null"),
        NodeKind::Bool(value) => out.push_str(if *value { " true" } else { " false" }),
        NodeKind::Int(value) => push(out, format_args!(" {value}")),
        NodeKind::Float(value) => {
            out.push(' ');
            out.push_str(&number(*value));
        }
        NodeKind::Text(text) => write_text(text, indent, out),
        NodeKind::Output { .. } | NodeKind::Secret(_) | NodeKind::Join(_) => {
            write_text(&literal(node), indent, out);
        }
        NodeKind::Layered(layered) => write(&layered.upper, indent, out),
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
pub fn quoted(text: &str) -> String {
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

/// Whether a text of one line needs no quotes, for this reader and for others.
pub fn is_plain(text: &str) -> bool {
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
        "yes" | "no" | "on" | "off"
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

/// Outputs and secrets as expressions: as written where the place still shows it, otherwise in the usual form.
fn literal(node: &Node) -> String {
    match &node.kind {
        NodeKind::Text(text) => text.clone(),
        NodeKind::Join(parts) => parts.iter().map(literal).collect(),
        NodeKind::Output { resource, path } => match written(node, resource, path) {
            Some(written) => written.to_owned(),
            None if path.is_empty() => format!("${{resources.{resource}.output}}"),
            None => format!("${{resources.{resource}.output.{path}}}"),
        },
        NodeKind::Secret(secret) => {
            written_call(node).map_or_else(|| expression(secret), str::to_owned)
        }
        _ => String::new(),
    }
}

/// A secret as an expression.
fn expression(secret: &SecretRef) -> String {
    let call = match secret.source.split_once(':') {
        Some((function, name)) => format!("{function}('{name}')"),
        None => secret.source.clone(),
    };
    let wrap = |call: String, transform: &Transform| match transform {
        Transform::Base64 => format!("base64({call})"),
    };
    format!("${{{}}}", secret.transforms.iter().fold(call, wrap))
}

/// The call that a value came from, where the place still shows one.
fn written_call(node: &Node) -> Option<&str> {
    let written = node.at.source.text.get(node.at.start..node.at.end)?;
    let inner = written.strip_prefix("${")?.strip_suffix('}')?;
    matches!(parse(inner), Ok(Expr::Call { .. })).then_some(written)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Source, Span};
    use crate::manifest::{Entry, tree};
    use proptest::prelude::*;

    fn span() -> Span {
        Span::new(&Source::new("s.yaml", ""), 0, 0)
    }

    /// The node without its places.
    fn bare(node: &Node) -> Node {
        let kind = match &node.kind {
            NodeKind::List(items) => NodeKind::List(items.iter().map(bare).collect()),
            NodeKind::Map(entries) => {
                let bare = |entry: &Entry| Entry {
                    key: entry.key.clone(),
                    key_at: span(),
                    value: bare(&entry.value),
                };
                NodeKind::Map(entries.iter().map(bare).collect())
            }
            other => other.clone(),
        };
        Node::new(span(), kind)
    }

    fn reload(yaml: &str) -> Node {
        let (root, found) = tree::parse(&Source::new("s.yaml", yaml));
        assert!(!found.has_errors(), "{yaml}\n{found:?}");
        bare(&root.unwrap())
    }

    #[test]
    fn style_is_what_a_person_writes() {
        let text = "edition: 3.0.0\nname: app\nx:\n  - a: 1\n    b: []\n  - - c\n    - d e\n  - {}\nrun: |\n  one\n    two\n\n  three\ne: \"\"\nyes: \"yes\"\nn: 1.5\nz: \"0755\"\n";
        let (root, _) = tree::parse(&Source::new("s.yaml", text));
        assert_eq!(
            to_yaml(&root.unwrap()),
            text.replace("\nyes:", "\n\"yes\":")
        );
    }

    #[test]
    fn json_keeps_the_order_and_has_no_infinity() {
        let (root, _) = tree::parse(&Source::new("s.yaml", "b: .inf\na: [1, 1.5, x]\n"));
        assert_eq!(
            to_json(&root.unwrap()).to_string(),
            "{\"b\":null,\"a\":[1,1.5,\"x\"]}"
        );
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let text = prop_oneof![
            "[ -~]{0,12}",
            "\\PC{0,8}",
            "[a-c \n\t:#'\"-]{0,16}",
            "[0-9a-fx_.:eE+-]{1,8}",
            proptest::sample::select(vec![
                "yes",
                "null",
                "~",
                "<<",
                "...",
                "---",
                "2020-01-01",
                "${vars.x}",
                "x: y",
                "a #b",
                "\u{85}",
                "\u{feff}x",
                "\r\n",
                " "
            ])
            .prop_map(str::to_owned),
        ];
        let leaf = prop_oneof![
            Just(NodeKind::Null),
            any::<bool>().prop_map(NodeKind::Bool),
            any::<i32>().prop_map(|value| NodeKind::Int(i64::from(value))),
            any::<f64>()
                .prop_filter("NaN differs from itself", |value| !value.is_nan())
                .prop_map(crate::manifest::number::number),
            text.clone().prop_map(NodeKind::Text),
        ];
        leaf.prop_map(|kind| Node::new(span(), kind))
            .prop_recursive(4, 40, 5, move |inner| {
                let map = prop::collection::btree_map(text.clone(), inner.clone(), 0..5);
                prop_oneof![
                    prop::collection::vec(inner, 0..5)
                        .prop_map(|items| Node::new(span(), NodeKind::List(items))),
                    map.prop_map(|entries| {
                        let entries = entries.into_iter().map(|(key, value)| Entry {
                            key,
                            key_at: span(),
                            value,
                        });
                        Node::new(span(), NodeKind::Map(entries.collect()))
                    }),
                ]
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn what_is_written_reads_back_the_same(node in any_node()) {
            let yaml = to_yaml(&node);
            prop_assert_eq!(reload(&yaml), node, "{}", yaml);
        }
    }
}
