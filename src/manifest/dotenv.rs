//! `.env` files: variables for expressions and for the programs that are run.
//!
//! The rules are those of the `dotenv` and `dotenv-expand` packages, which the original uses: the process's own variables
//! win, then the first file that names one.

use std::collections::BTreeMap;
use std::path::Path;

use super::expression::holds_expression;
use super::{Environment, Node, read};
use crate::diagnostic::{Diagnostic, Diagnostics, code};

/// The name of such a file.
const NAME: &str = ".env";

/// The variables of all `.env` files of a manifest that the process itself does not have: those beside the code of its
/// resources, in their order, then the one in its folder. A file that cannot be read is a warning.
pub(super) fn variables(
    root: &Node,
    folder: &Path,
    environment: &dyn Environment,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, String> {
    let resources = root.get("resources").map(Node::entries).unwrap_or_default();
    let codes = resources.iter().filter_map(|resource| {
        let code = resource.value.get("props")?.get("code")?.as_str()?;
        (!holds_expression(code)).then(|| folder.join(code).join(NAME))
    });
    let mut variables = BTreeMap::new();
    for path in codes.chain([folder.join(NAME)]) {
        if !path.is_file() {
            continue;
        }
        match read::read(&path) {
            Ok(source) => add(&source.text, environment, &mut variables),
            Err(error) => {
                diagnostics.push(Diagnostic::warning(code::ENV_FILE, error.to_string()));
            }
        }
    }
    variables
}

/// Adds the variables of one file.
fn add(text: &str, environment: &dyn Environment, variables: &mut BTreeMap<String, String>) {
    for (name, value, expands) in parse(text) {
        if environment.is_set(&name) || variables.contains_key(&name) {
            continue;
        }
        let value = if expands {
            let known = |name: &str| {
                environment
                    .var(name)
                    .or_else(|| variables.get(name).cloned())
            };
            expand(&value, &known)
        } else {
            value
        };
        variables.insert(name, value);
    }
}

/// The assignments of a text in order: name, value, and whether names in the value are replaced. What is no assignment
/// is passed over.
fn parse(text: &str) -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line = rest.split('\n').next().unwrap_or_default();
        let assignment = line.trim_start();
        let assignment = assignment.strip_prefix("export ").unwrap_or(assignment);
        let Some((name, value)) = assignment
            .split_once('=')
            .or_else(|| assignment.split_once(": "))
        else {
            rest = after(rest, line.len());
            continue;
        };
        let name = name.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(fits) {
            rest = after(rest, line.len());
            continue;
        }
        let start = line.len() - value.trim_start_matches([' ', '\t']).len();
        let (value, expands, size) = read_value(&rest[start..]);
        found.push((name.to_owned(), value, expands));
        rest = after(rest, start + size);
    }
    found
}

/// The text behind the line in which byte `at` is.
fn after(text: &str, at: usize) -> &str {
    text[at..].split_once('\n').map_or("", |(_, rest)| rest)
}

/// A value at the start of `text`, whether it expands, and how many bytes it takes. Quoted ones may span lines.
fn read_value(text: &str) -> (String, bool, usize) {
    if let Some(quote) = text
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'))
        && let Some(size) = closing(&text[1..], quote)
    {
        let inner = &text[1..=size];
        let value = if quote == '"' {
            inner.replace("\\n", "\n").replace("\\r", "\r")
        } else {
            inner.to_owned()
        };
        return (value, quote != '\'', size + 2);
    }
    let line = text.split('\n').next().unwrap_or_default();
    let value = line.split('#').next().unwrap_or_default();
    (value.trim().to_owned(), true, line.len())
}

/// Where the quote closes; a backslash keeps one from closing.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// `$NAME`, `${NAME}` and `${NAME:-default}` replaced; `\$` is a dollar sign.
fn expand(value: &str, known: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        if rest[..at].ends_with('\\') {
            out.push_str(&rest[..at - 1]);
            out.push('$');
            rest = &rest[at + 1..];
            continue;
        }
        out.push_str(&rest[..at]);
        let (name, default, size) = named(&rest[at + 1..]);
        if name.is_empty() {
            out.push('$');
        } else {
            out.push_str(&known(name).unwrap_or_else(|| default.to_owned()));
        }
        rest = &rest[at + 1 + size..];
    }
    out.push_str(rest);
    out
}

/// The name behind a dollar sign, its default, and how many bytes both take.
fn named(text: &str) -> (&str, &str, usize) {
    if let Some(inner) = text.strip_prefix('{')
        && let Some(end) = inner.find('}')
    {
        let (name, default) = match inner[..end].split_once(":-") {
            Some(both) => both,
            None => inner[..end].split_once('-').unwrap_or((&inner[..end], "")),
        };
        return (name, default, end + 2);
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    (&text[..end], "", end)
}

/// The process's variables, with those of `.env` files behind them.
pub(super) struct WithFiles<'e> {
    /// The world behind.
    pub(super) environment: &'e dyn Environment,
    /// The variables of the files.
    pub(super) variables: &'e BTreeMap<String, String>,
}

impl Environment for WithFiles<'_> {
    fn var(&self, name: &str) -> Option<String> {
        if self.environment.is_set(name) {
            return self.environment.var(name);
        }
        self.variables.get(name).cloned()
    }

    fn is_set(&self, name: &str) -> bool {
        self.environment.is_set(name) || self.variables.contains_key(name)
    }

    fn credential(&self, key: &str) -> Option<String> {
        self.environment.credential(key)
    }

    fn secret(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        let name = source.strip_prefix("env:");
        let of_file = name.filter(|name| !self.environment.is_set(name));
        match of_file.and_then(|name| self.variables.get(name)) {
            Some(text) => self.environment.fingerprint(source, text).map(Some),
            None => self.environment.secret(source),
        }
    }

    fn fingerprint(&self, source: &str, text: &str) -> Result<String, Diagnostic> {
        self.environment.fingerprint(source, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::fixture::{World, load_with};
    use crate::manifest::to_json;
    use serde_json::json;

    fn read_all(text: &str) -> Vec<(String, String)> {
        let mut variables = BTreeMap::new();
        add(text, &World, &mut variables);
        variables.into_iter().collect()
    }

    #[test]
    fn lines_are_read_as_dotenv_reads_them() {
        let text = "# note\nA=1\nexport B = two words # no\nC='a # \"b\"'\nD=\"x\\ny\"\nE=\nF: yaml\nnot a line\nG=`t`\nH=\"open\n";
        let wanted = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a # \"b\""),
            ("D", "x\ny"),
            ("E", ""),
            ("F", "yaml"),
            ("G", "t"),
            ("H", "\"open"),
        ];
        assert_eq!(
            read_all(text),
            wanted.map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
        assert_eq!(
            read_all("A=\"one\ntwo\"\r\nB=2\r\n"),
            [("A".into(), "one\ntwo".into()), ("B".into(), "2".into())]
        );
    }

    #[test]
    fn names_are_replaced_outside_single_quotes() {
        let text = "A=1\nB=$A-${A}-${NONE:-d}-${NONE}-\\$A\nC='$A'\nD=\"${FOO}$\"\nFOO=mine\n";
        let wanted = [("A", "1"), ("B", "1-1-d--$A"), ("C", "$A"), ("D", "foo$")];
        assert_eq!(
            read_all(text),
            wanted.map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn expressions_see_the_files_and_the_process_wins() {
        let text = "edition: 3.0.0\nresources:\n  a: {component: fc3, props: {code: code, x: \"${env('X')}\", y: \"${env('Y')}\", f: \"${env('FOO')}\"}}\n";
        let files = [
            ("code/.env", "X=code\nFOO=no\n"),
            (".env", "X=root\nY=root\n"),
        ];
        let (manifest, _) = load_with(text, &files).unwrap();
        assert_eq!(
            to_json(&manifest.blocks[0].props),
            json!({"code": "code", "x": "code", "y": "root", "f": "foo"})
        );
        assert_eq!(manifest.variables.len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn no_file_panics(text in "[A-C=$ {}'\"`#\\\\\n:é-]{0,40}") {
            read_all(&text);
        }
    }
}
