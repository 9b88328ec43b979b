//! A folder or package of code becomes attributes of its function.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::json;

use super::fc3::with_defaults;
use crate::artifact::{self, FileEntry};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::resource::{Graph, Object, ResourceId, Value};

/// The code of a function.
#[derive(Debug, Clone)]
pub struct CodePack {
    /// The function.
    pub(super) function: ResourceId,
    /// A folder, or a package.
    source: PathBuf,
    /// Where the manifest names it.
    at: Span,
    /// Whether the files say what runs them, where nothing else does.
    detects: bool,
}

/// A file at the root of the code → the runtime that it speaks of.
const SIGNS: [(&str, &str); 12] = [
    ("bootstrap", "custom.debian12"),
    ("index.js", "nodejs20"),
    ("index.mjs", "nodejs20"),
    ("main.js", "nodejs20"),
    ("app.js", "nodejs20"),
    ("package.json", "nodejs20"),
    ("index.py", "python3.12"),
    ("main.py", "python3.12"),
    ("app.py", "python3.12"),
    ("handler.py", "python3.12"),
    ("requirements.txt", "python3.12"),
    ("index.php", "php7.2"),
];
/// Names that a file with the entry point has.
const ENTRANCES: [&str; 4] = ["index", "main", "app", "handler"];

impl CodePack {
    /// The code at `source`, seen without `.` in the middle.
    pub(super) fn new(function: ResourceId, source: &Path, at: Span) -> Self {
        let parts = source.components();
        Self {
            function,
            source: parts.filter(|part| *part != Component::CurDir).collect(),
            at,
            detects: false,
        }
    }

    /// The same; runtime and handler are read off the files where the function has none.
    pub(super) fn detecting(self) -> Self {
        Self {
            detects: true,
            ..self
        }
    }

    /// Reads the code and fills in what depends on it.
    pub(super) fn read(&self, graph: &mut Graph, found: &mut Diagnostics) {
        let package = match artifact::package(&self.source) {
            Ok(package) => package,
            Err(errors) => {
                for error in errors {
                    found.push(Diagnostic::from(error).at(self.at.clone()));
                }
                return;
            }
        };
        if self.detects {
            self.detect(graph, &package.files, found);
        }
        let Some(function) = graph.get_mut(&self.function) else {
            return;
        };
        let files: Object = package
            .files
            .iter()
            .map(|(key, file)| (key.clone(), json!({ "md5": file.md5, "size": file.size })))
            .collect();
        let code = json!({ "checksum": package.checksum, "size": package.bytes.len() });
        for (name, value) in [
            ("files", files.into()),
            ("code", code),
            ("source", self.source.to_string_lossy().into()),
        ] {
            function.attrs.insert(name.to_owned(), Value::Plain(value));
        }
    }

    fn detect(
        &self,
        graph: &mut Graph,
        files: &BTreeMap<String, FileEntry>,
        found: &mut Diagnostics,
    ) {
        let Some(function) = graph.get_mut(&self.function) else {
            return;
        };
        let attrs = &mut function.attrs;
        if !attrs.contains_key("runtime") {
            let sign = SIGNS.iter().find(|(file, _)| files.contains_key(*file));
            let Some((_, runtime)) = sign else {
                return found.push(self.unknown("runtime", "runtime: python3.12"));
            };
            attrs.insert("runtime".to_owned(), (*runtime).into());
            with_defaults(attrs);
        }
        if !attrs.contains_key("handler") {
            let runtime = match attrs.get("runtime") {
                Some(Value::Plain(runtime)) => runtime.as_str().unwrap_or_default(),
                _ => "",
            };
            let endings: &[&str] = match runtime {
                of if of.starts_with("python") => &["py"],
                of if of.starts_with("nodejs") => &["js", "mjs"],
                of if of.starts_with("php") => &["php"],
                _ => &[],
            };
            let is_there = |name: &&&str| {
                endings
                    .iter()
                    .any(|ending| files.contains_key(&format!("{name}.{ending}")))
            };
            let Some(name) = ENTRANCES.iter().find(is_there) else {
                return found.push(self.unknown("handler", "handler: index.handler"));
            };
            attrs.insert("handler".to_owned(), format!("{name}.handler").into());
        }
    }

    fn unknown(&self, what: &str, example: &str) -> Diagnostic {
        let detail = format!(
            "the files in {} do not say which {what} `{}` has",
            self.source.display(),
            self.function.block()
        );
        Diagnostic::error(code::RUNTIME_UNKNOWN, detail)
            .at(self.at.clone())
            .hint(format!("write it, for example `{example}`"))
    }
}
