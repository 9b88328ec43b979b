//! A layout tree as text: two blanks a level, dashes below their key indented too, one blank line at most.

use super::layout::{Body, Collection, Document, Entry, Form, Line, Node};
use super::quote;

const STEP: usize = 2;

/// The whole file, with one newline at its end.
pub(super) fn print(document: &Document) -> String {
    let mut printer = Printer {
        out: String::new(),
        gap: false,
    };
    printer.lines(&document.head, 0);
    match &document.root.body {
        Body::Collection(root) if root.form == Form::Block => {
            if !document.root.props.is_empty() {
                printer.out.push_str(&document.root.props.join(" "));
                printer.out.push('\n');
            }
            printer.block(root, 0);
        }
        _ if document.root.is_empty() && document.root.props.is_empty() => {}
        _ => {
            printer.value(&document.root, 0, None);
            let line = printer.out.rfind('\n').map_or(0, |at| at + 1);
            if printer.out[line..].starts_with(' ') {
                printer.out.remove(line);
            }
            printer.out.push('\n');
        }
    }
    printer.lines(&document.tail, 0);
    printer.out
}

/// One entry of a map in block form as lines.
pub(super) fn print_entry(entry: &Entry) -> Vec<String> {
    let mut printer = Printer {
        out: String::new(),
        gap: false,
    };
    printer.entry(entry, 0);
    printer.out.lines().map(str::to_owned).collect()
}

struct Printer {
    out: String,
    /// Whether a blank line comes before the next line.
    gap: bool,
}

impl Printer {
    /// Comments and blank lines, each on its line.
    fn lines(&mut self, lines: &[Line], indent: usize) {
        for line in lines {
            match line {
                Line::Blank => self.gap = true,
                Line::Comment(text, _) => {
                    self.start(indent);
                    self.out.push_str(text);
                    self.out.push('\n');
                }
                Line::Marker => {
                    self.start(0);
                    self.out.push_str("---\n");
                }
            }
        }
    }

    /// Starts a line. The blank line before it is never doubled, nor the first of the file.
    fn start(&mut self, indent: usize) {
        if std::mem::take(&mut self.gap) && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        self.indent(indent);
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn block(&mut self, collection: &Collection, indent: usize) {
        for (number, entry) in collection.entries.iter().enumerate() {
            let before = if number == 0 {
                without_blanks(&entry.before)
            } else {
                &entry.before
            };
            self.lines(before, indent);
            self.start(indent);
            self.entry(entry, indent);
            self.lines(&entry.inner, indent + STEP);
        }
        self.lines(&collection.end, indent);
    }

    /// An entry from its key or dash to its newline.
    fn entry(&mut self, entry: &Entry, indent: usize) {
        let mut comment = None;
        if let Some(key) = &entry.key {
            self.key(key, false);
            self.out.push(':');
            comment = key.comment.as_deref();
        } else {
            self.out.push('-');
        }
        if let (None, Some(nested)) = (&entry.key, inline(&entry.value)) {
            self.out.push(' ');
            let first = self.out.len();
            self.gap = false;
            self.block(nested, indent + STEP);
            self.out.replace_range(first..first + indent + STEP, "");
            return;
        }
        self.value(&entry.value, indent, comment);
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn key(&mut self, key: &Node, in_flow: bool) {
        for prop in &key.props {
            self.out.push_str(prop);
            self.out.push(' ');
        }
        if let Body::Scalar(scalar) = &key.body {
            self.out.push_str(&quote::scalar(scalar, in_flow));
            if scalar.raw.starts_with('*') {
                self.out.push(' ');
            }
        }
    }

    /// A value after its key or dash at `indent`; `comment` stood behind the key.
    fn value(&mut self, node: &Node, indent: usize, comment: Option<&str>) {
        for prop in &node.props {
            self.out.push(' ');
            self.out.push_str(prop);
        }
        match &node.body {
            Body::Collection(block) if block.form == Form::Block => {
                self.comment(comment);
                self.out.push('\n');
                self.block(block, indent + STEP);
                return;
            }
            Body::Collection(flow) => {
                self.out.push(' ');
                self.flow(flow, indent + STEP);
            }
            Body::Block { header, lines } => {
                self.out.push(' ');
                self.out.push_str(header);
                self.comment(node.comment.as_deref().or(comment));
                self.text(header, lines, indent);
                return;
            }
            Body::Scalar(scalar) if scalar.raw.is_empty() => {}
            Body::Scalar(_) => {
                self.out.push(' ');
                self.scalar(node, indent + STEP, false);
            }
        }
        self.comment(node.comment.as_deref().or(comment));
    }

    fn scalar(&mut self, node: &Node, indent: usize, in_flow: bool) {
        let Body::Scalar(scalar) = &node.body else {
            return;
        };
        let raw = if node.props.is_empty() {
            quote::scalar(scalar, in_flow)
        } else {
            scalar.raw.clone()
        };
        for (number, line) in quote::lines(&raw).into_iter().enumerate() {
            if number > 0 {
                self.out.push('\n');
                if !line.is_empty() {
                    self.indent(indent);
                }
            }
            self.out.push_str(line);
        }
    }

    /// The lines of a `|` or `>` text. A digit in the header counts from the collection around it.
    fn text(&mut self, header: &str, lines: &[String], indent: usize) {
        let depth = header.chars().find_map(|c| c.to_digit(10));
        let depth = indent + depth.map_or(STEP, |digit| digit as usize);
        for line in lines {
            self.out.push('\n');
            if !line.is_empty() {
                self.indent(depth);
                self.out.push_str(line);
            }
        }
        self.out.push('\n');
    }

    fn comment(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.out.push(' ');
            self.out.push_str(comment);
        }
    }

    /// A collection in brackets; `indent` is that of its entries' brackets.
    fn flow(&mut self, flow: &Collection, indent: usize) {
        let (open, close) = match (&flow.form, flow.is_map) {
            (Form::Pair, _) => ("", ""),
            (_, true) => ("{", "}"),
            (_, false) => ("[", "]"),
        };
        self.out.push_str(open);
        if let Form::Lines(comment) = &flow.form {
            self.comment(comment.as_deref());
            self.out.push('\n');
            self.flow_lines(flow, indent);
            self.gap = false;
            self.indent(indent);
        } else {
            let pad = if flow.is_map && !flow.entries.is_empty() && !open.is_empty() {
                " "
            } else {
                ""
            };
            self.out.push_str(pad);
            for (number, entry) in flow.entries.iter().enumerate() {
                if number > 0 {
                    self.out.push_str(", ");
                }
                self.flow_entry(entry, indent);
            }
            self.out.push_str(pad);
        }
        self.out.push_str(close);
    }

    fn flow_lines(&mut self, flow: &Collection, indent: usize) {
        for (number, entry) in flow.entries.iter().enumerate() {
            let before = if number == 0 {
                without_blanks(&entry.before)
            } else {
                &entry.before
            };
            self.lines(before, indent + STEP);
            self.start(indent + STEP);
            self.flow_entry(entry, indent + STEP);
            if number + 1 < flow.entries.len() {
                self.out.push(',');
            }
            let key = entry.key.as_ref().and_then(|key| key.comment.as_deref());
            self.comment(entry.value.comment.as_deref().or(key));
            self.out.push('\n');
        }
        self.lines(&flow.end, indent + STEP);
    }

    fn flow_entry(&mut self, entry: &Entry, indent: usize) {
        if let Some(key) = &entry.key {
            self.key(key, true);
            self.out.push_str(": ");
        }
        let node = &entry.value;
        for prop in &node.props {
            self.out.push_str(prop);
            self.out.push(' ');
        }
        match &node.body {
            Body::Collection(flow) => self.flow(flow, indent),
            Body::Scalar(scalar) if scalar.raw.is_empty() => self.out.push_str("null"),
            _ => self.scalar(node, indent + STEP, true),
        }
    }
}

/// A collection that starts on the line of its dash.
fn inline(value: &Node) -> Option<&Collection> {
    let collection = value.collection()?;
    let first = collection.entries.first()?;
    let fits = collection.form == Form::Block
        && value.props.is_empty()
        && without_blanks(&first.before).is_empty();
    fits.then_some(collection)
}

fn without_blanks(lines: &[Line]) -> &[Line] {
    let blanks = lines
        .iter()
        .take_while(|line| **line == Line::Blank)
        .count();
    &lines[blanks..]
}
