//! One expression read by hand: a reference, a call or a literal.

use std::ops::Range;

use super::syntax::{Expr, Reference, SyntaxError};

/// How deep calls may nest.
const DEPTH: usize = 20;

/// Reads what stands between `${` and `}`.
pub(in crate::manifest) fn parse(inner: &str) -> Result<Expr, SyntaxError> {
    let trimmed = inner.trim();
    if trimmed.is_empty() {
        return Err(SyntaxError::new(0..inner.len(), "the expression is empty")
            .hint("name a value, such as ${vars.region}"));
    }
    if let Some(open) = call_start(inner) {
        return call(inner, open);
    }
    if let Ok(number) = trimmed.parse::<f64>()
        && trimmed.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    {
        return Ok(Expr::Number(number));
    }
    // The original tolerates a blank before `vars` and nowhere else.
    let start = if inner.trim_start().starts_with("this") {
        0
    } else {
        inner.len() - inner.trim_start().len()
    };
    reference(inner, start..inner.len()).map(Expr::Reference)
}

/// Where the parenthesis of a call opens: after a name and nothing else.
fn call_start(inner: &str) -> Option<usize> {
    let open = inner.find('(')?;
    let name = inner[..open].trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    let first = name.chars().next()?;
    (name.chars().all(fits) && !first.is_ascii_digit()).then_some(open)
}

fn call(inner: &str, open: usize) -> Result<Expr, SyntaxError> {
    let name_start = inner.len() - inner.trim_start().len();
    let name_end = inner[..open].trim_end().len();
    let end = inner.trim_end().len();
    let close = match inner[open..end].rfind(')') {
        Some(close) if open + close + 1 == end => open + close,
        Some(close) => {
            let rest = open + close + 1..end;
            let detail = format!(
                "nothing may follow the call, and `{}` does",
                inner[rest.clone()].trim()
            );
            return Err(SyntaxError::new(rest, detail).hint("expressions have no operators"));
        }
        None => {
            return Err(SyntaxError::new(open..end, "the parenthesis is not closed")
                .hint("the first `}` ends an expression, so an argument cannot contain one"));
        }
    };
    let arguments = match quoting(&inner[open + 1..close]) {
        Quoting::Quoted => {
            let mut reader = Reader {
                text: &inner[..close],
                at: open + 1,
                depth: 0,
            };
            let arguments = reader.arguments()?;
            reader.expect_end()?;
            arguments
        }
        Quoting::OnlyEmpty => {
            return Err(
                SyntaxError::new(open + 1..close, "the first argument has no quotes")
                    .hint("put it in quotes: env('NAME', '')"),
            );
        }
        Quoting::Bare => bare(inner, open + 1..close),
    };
    Ok(Expr::Call {
        name: inner[name_start..name_end].to_owned(),
        name_at: name_start..name_end,
        arguments,
    })
}

/// Without any quotes all between the parentheses is one text.
fn bare(inner: &str, range: Range<usize>) -> Vec<(Expr, Range<usize>)> {
    let text = inner[range.clone()].trim();
    if text.is_empty() {
        return Vec::new();
    }
    vec![(Expr::Text(text.to_owned()), range)]
}

enum Quoting {
    /// Some quoted text is not empty.
    Quoted,
    /// There are quotes, all around nothing.
    OnlyEmpty,
    Bare,
}

fn quoting(arguments: &str) -> Quoting {
    let mut found = Quoting::Bare;
    let mut rest = arguments;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = &rest[start..=start];
        let Some(size) = rest[start + 1..].find(quote) else {
            return Quoting::Quoted;
        };
        if size > 0 {
            return Quoting::Quoted;
        }
        found = Quoting::OnlyEmpty;
        rest = &rest[start + 2..];
    }
    found
}

/// `a.b["c d"].e`, split at the dots. Segments may hold anything but quotes and brackets around them.
fn reference(text: &str, range: Range<usize>) -> Result<Reference, SyntaxError> {
    let written = &text[range.clone()];
    if written.contains('\'') {
        let error = SyntaxError::new(range, "single quotes cannot stand in a reference");
        return Err(error.hint(
            "write a key after a dot, ${vars.my-key}, or in double quotes, ${vars[\"my-key\"]}",
        ));
    }
    let mut segments = Vec::new();
    let mut rest = written;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let mut end = end;
        // Only `["` opens a key; `[0]` belongs to the name and is then not found under it.
        while rest[end..].starts_with('[') && !rest[end..].starts_with("[\"") {
            end += 1;
            end += rest[end..].find(['.', '[']).unwrap_or(rest.len() - end);
        }
        segments.push(rest[..end].to_owned());
        rest = &rest[end..];
        while let Some(quoted) = rest.strip_prefix("[\"") {
            let Some(close) = quoted.find("\"]") else {
                return Err(SyntaxError::new(range, "the bracket is not closed")
                    .hint("write ${vars[\"key\"]}"));
            };
            segments.push(quoted[..close].to_owned());
            rest = &quoted[close + 2..];
        }
        match rest.strip_prefix('.') {
            Some(next) => rest = next,
            None if rest.is_empty() => break,
            None => {
                return Err(SyntaxError::new(
                    range,
                    format!("`{rest}` cannot follow a key in brackets"),
                ));
            }
        }
    }
    if written.contains('"') && !written.contains("[\"") {
        return Err(
            SyntaxError::new(range, "quotes cannot stand in a reference")
                .hint("expressions have no operators and no text"),
        );
    }
    if let Some(empty) = segments.iter().position(String::is_empty) {
        let what = if empty == 0 {
            "starts with a dot"
        } else {
            "has nothing after a dot"
        };
        return Err(SyntaxError::new(
            range,
            format!("`{}` {what}", written.trim()),
        ));
    }
    let root = segments.remove(0);
    Ok(Reference { root, segments })
}

/// Reads arguments as JavaScript would: texts, numbers, words, references, calls.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn arguments(&mut self) -> Result<Vec<(Expr, Range<usize>)>, SyntaxError> {
        let mut arguments = Vec::new();
        self.blanks();
        if self.rest().is_empty() || self.rest().starts_with(')') {
            return Ok(arguments);
        }
        loop {
            self.blanks();
            let start = self.at;
            let value = self.value()?;
            arguments.push((value, start..self.at));
            self.blanks();
            if !self.rest().starts_with(',') {
                return Ok(arguments);
            }
            self.at += 1;
        }
    }

    fn expect_end(&self) -> Result<(), SyntaxError> {
        if self.rest().is_empty() {
            return Ok(());
        }
        let error = SyntaxError::new(
            self.at..self.text.len(),
            format!("`{}` cannot stand here", self.rest().trim()),
        );
        Err(error.hint("separate arguments with `,` and put texts in quotes"))
    }

    fn value(&mut self) -> Result<Expr, SyntaxError> {
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            Some(c) if c.is_alphabetic() || c == '_' => self.word(),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '.') => self.number(),
            _ => Err(SyntaxError::new(
                self.at..self.text.len(),
                "an argument is missing or cannot be read",
            )
            .hint("an argument is a text in quotes, a number, vars.x or a call")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Expr, SyntaxError> {
        let start = self.at;
        let mut text = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => {
                    text.push(unescape(c));
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if c == quote => {
                    self.at = start + offset + 1;
                    return Ok(Expr::Text(text));
                }
                _ => text.push(c),
            }
        }
        Err(
            SyntaxError::new(start..self.text.len(), "the quoted text is not closed")
                .hint("the first `}` ends an expression, so an argument cannot contain one"),
        )
    }

    fn number(&mut self) -> Result<Expr, SyntaxError> {
        let start = self.at;
        let in_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        self.skip_while(in_number);
        let text = &self.text[start..self.at];
        text.parse().map(Expr::Number).map_err(|_| {
            SyntaxError::new(start..self.at, format!("`{text}` is not a number"))
                .hint("put a text in quotes")
        })
    }

    fn word(&mut self) -> Result<Expr, SyntaxError> {
        let start = self.at;
        self.skip_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '/' | ':'));
        let word = &self.text[start..self.at];
        let word_at = start..self.at;
        self.blanks();
        if self.rest().starts_with('(') {
            return self.nested(word.to_owned(), word_at);
        }
        match word {
            "null" | "undefined" => Ok(Expr::Null),
            "true" => Ok(Expr::Bool(true)),
            "false" => Ok(Expr::Bool(false)),
            _ => reference(self.text, word_at).map(Expr::Reference),
        }
    }

    fn nested(&mut self, name: String, name_at: Range<usize>) -> Result<Expr, SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(SyntaxError::new(
                name_at,
                format!("calls nest deeper than {DEPTH} levels"),
            ));
        }
        self.at += 1;
        let arguments = self.arguments()?;
        if !self.rest().starts_with(')') {
            return Err(SyntaxError::new(
                name_at,
                format!("the parenthesis of `{name}` is not closed"),
            ));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Expr::Call {
            name,
            name_at,
            arguments,
        })
    }

    fn blanks(&mut self) {
        self.skip_while(char::is_whitespace);
    }

    fn skip_while(&mut self, fits: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !fits(c)).unwrap_or(rest.len());
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
}

fn unescape(c: char) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(inner: &str) -> Option<Vec<String>> {
        match parse(inner) {
            Ok(Expr::Reference(Reference { root, mut segments })) => {
                segments.insert(0, root);
                Some(segments)
            }
            _ => None,
        }
    }

    fn arguments(inner: &str) -> Option<Vec<Expr>> {
        match parse(inner) {
            Ok(Expr::Call { arguments, .. }) => {
                Some(arguments.into_iter().map(|(value, _)| value).collect())
            }
            _ => None,
        }
    }

    fn text(text: &str) -> Expr {
        Expr::Text(text.to_owned())
    }

    #[test]
    fn references_split_at_dots_only() {
        assert_eq!(path("vars.a.b").unwrap(), ["vars", "a", "b"]);
        assert_eq!(path(" vars.my-key").unwrap(), ["vars", "my-key"]);
        assert_eq!(path("vars.a ").unwrap(), ["vars", "a "]);
        assert_eq!(path("vars.n + 1").unwrap(), ["vars", "n + 1"]);
        assert_eq!(path("vars.arr[0]").unwrap(), ["vars", "arr[0]"]);
        assert_eq!(path("vars[\"my-key\"].x").unwrap(), ["vars", "my-key", "x"]);
        assert_eq!(path("vars[\"a.b\"][\"c\"]").unwrap(), ["vars", "a.b", "c"]);
        assert_eq!(path(" this.name").unwrap(), [" this", "name"]);
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for inner in [
            "",
            " ",
            "vars['k']",
            "vars.region || 'x'",
            "'lit'",
            "vars.",
            "vars..a",
            ".a",
            "vars[\"a\"",
            "vars[\"a\"]b",
            "\"x\"",
        ] {
            assert!(parse(inner).is_err(), "{inner}");
        }
    }

    #[test]
    fn unquoted_arguments_are_one_text() {
        assert_eq!(arguments("env(FOO)").unwrap(), [text("FOO")]);
        assert_eq!(arguments("env(X, def)").unwrap(), [text("X, def")]);
        assert_eq!(
            arguments("json(file(a.json))").unwrap(),
            [text("file(a.json)")]
        );
        assert_eq!(arguments("env()").unwrap(), []);
        assert_eq!(arguments(" env( FOO ) ").unwrap(), [text("FOO")]);
    }

    #[test]
    fn quoted_arguments_are_read_as_written() {
        assert_eq!(arguments("env('A','')").unwrap(), [text("A"), text("")]);
        assert_eq!(
            arguments("env('A', 5)").unwrap(),
            [text("A"), Expr::Number(5.0)]
        );
        assert_eq!(
            arguments("env(\"A\", null)").unwrap(),
            [text("A"), Expr::Null]
        );
        assert_eq!(arguments("env('it\\'s')").unwrap(), [text("it's")]);
        let nested = arguments("json(file('a.json'))").unwrap();
        assert!(
            matches!(&nested[0], Expr::Call { name, name_at, .. } if name == "file" && *name_at == (5..9))
        );
        let default = arguments("env('A', vars.my-key.b)").unwrap();
        assert!(matches!(&default[1], Expr::Reference(found) if found.path() == "vars.my-key.b"));
    }

    #[test]
    fn broken_calls_are_refused() {
        for inner in [
            "env(X, '')",
            "env('A'",
            "json('{\"a\":1",
            "env('A') + 1",
            "env('A' 'B')",
            "env('A',)",
            "env('A', 1x)",
            "env('A', file('b')",
        ] {
            assert!(parse(inner).is_err(), "{inner}");
        }
    }

    #[test]
    fn deep_calls_are_refused() {
        let inner = format!("{}'x'{}", "json(".repeat(100), ")".repeat(100));
        assert!(parse(&inner).is_err());
    }
}
