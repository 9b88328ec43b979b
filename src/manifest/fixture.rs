//! Manifests written in a test, loaded in a world of their own.

use std::fs;

use super::{Environment, Manifest, Node, Occasion, load};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};

/// What tests load for, where nothing else is said.
pub(super) const DEPLOY: Occasion = Occasion {
    command: "deploy",
    environment: None,
    access: None,
};

/// `FOO` is set, `EMPTY` is empty, the account is 123; the secrets `TOKEN` and `CLOSED` are there, one without its key.
pub(super) struct World;

impl Environment for World {
    fn var(&self, name: &str) -> Option<String> {
        match name {
            "FOO" => Some("foo".to_owned()),
            "EMPTY" => Some(String::new()),
            "LOOP" => Some("${env('LOOP')}".to_owned()),
            _ => None,
        }
    }

    fn credential(&self, key: &str) -> Option<String> {
        (key == "AccountID").then(|| "123".to_owned())
    }

    fn secret(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        match source {
            "secret:TOKEN" | "env:FOO" | "config:AccessKeySecret" => Ok(Some("f00d".to_owned())),
            "secret:CLOSED" => Err(Diagnostic::error(code::SECRETS_CLOSED, "no key")),
            _ => Ok(None),
        }
    }
}

/// Loads `text` as `s.yaml` in a folder with `files`.
pub(super) fn load_with(
    text: &str,
    files: &[(&str, &str)],
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    load_for(text, files, DEPLOY)
}

/// The same for another occasion.
pub(super) fn load_for(
    text: &str,
    files: &[(&str, &str)],
    occasion: Occasion<'_>,
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let path = folder.path().join("s.yaml");
    fs::write(&path, text).unwrap();
    load(&path, occasion, &World)
}

/// A manifest with these variables and one resource `a` with these props, both in flow style.
pub(super) fn with(vars: &str, props: &str) -> String {
    format!(
        "edition: 3.0.0\nvars: {vars}\nresources:\n  a:\n    component: fc3\n    props: {props}\n  b: {{component: fc3, props: {{q: 7}}}}\n"
    )
}

/// The property `p` of the resource `a`.
pub(super) fn property(vars: &str, props: &str) -> Node {
    let (manifest, _) = load_with(&with(vars, props), &[]).unwrap();
    manifest.blocks[0].props.get("p").unwrap().clone()
}

/// What is wrong with a manifest, in the order of the file: code and place.
pub(super) fn wrong(text: &str) -> Vec<String> {
    let found = match load_with(text, &[]) {
        Ok((_, found)) | Err(found) => found,
    };
    found.sorted().into_iter().map(shown).collect()
}

/// The only error of a manifest with these variables and props.
pub(super) fn error(vars: &str, props: &str) -> Diagnostic {
    let found = load_with(&with(vars, props), &[]).unwrap_err();
    let all: Vec<Diagnostic> = found.into_iter().collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

fn shown(diagnostic: &Diagnostic) -> String {
    let at = diagnostic.at.as_ref().map(Span::line_column);
    let place = at.map_or(String::new(), |(line, column)| format!(" {line}:{column}"));
    format!("{}{place}", diagnostic.code)
}
