//! What the targets share: a world without surprises, and what must hold of every manifest that loads.

use sdev::diagnostic::{Diagnostic, Diagnostics, Source};
use sdev::manifest::{Environment, Manifest, Occasion, load_source, to_json, to_yaml};

/// The outside of a manifest: a few variables, one credential, one secret; always the same.
pub struct World;

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
        Ok((source == "secret:TOKEN").then(|| "f00d".to_owned()))
    }
}

/// Loads a text as the manifest of a folder that does not exist.
pub fn load(text: &str) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let occasion = Occasion {
        command: "deploy",
        environment: None,
        access: None,
    };
    load_source(
        &Source::new("/nonexistent/sdev-fuzz/s.yaml", text),
        occasion,
        &World,
    )
}

/// Panics when what loads is not sound: it is shown as YAML that loads to the same values; what does not load has an
/// error, and every error has its place in the text.
pub fn check(text: &str) {
    match load(text) {
        Ok((manifest, _)) => shown_loads_again(&manifest),
        Err(found) => {
            assert!(found.has_errors(), "refused without an error");
            for diagnostic in found.iter() {
                if let Some(at) = &diagnostic.at {
                    let _ = (at.line_column(), at.end_line_column());
                }
            }
        }
    }
}

fn shown_loads_again(manifest: &Manifest) {
    let shown = to_yaml(&manifest.document);
    // Resolving is not idempotent by design: `$${x}` becomes `${x}`, which is an expression the next time.
    if shown.contains('$') || shown.contains("<%") {
        return;
    }
    match load(&shown) {
        Ok((again, _)) => assert_eq!(
            to_json(&manifest.document),
            to_json(&again.document),
            "\n{shown}"
        ),
        Err(found) => panic!("what is shown does not load: {found:?}\n{shown}"),
    }
}
