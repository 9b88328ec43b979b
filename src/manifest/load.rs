//! From a path to a manifest, with everything that is wrong with it at once.

use std::path::Path;

use super::resolve::{Host, resolve};
use super::{Environment, Manifest, NodeKind, assemble, find, read, structure, tree};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};

/// Loads the manifest at `path`: reads it, checks its keys, resolves its expressions.
///
/// Paths in expressions start at the manifest's folder. Outputs stay open, see [`NodeKind::Output`]. What comes along
/// with the manifest are warnings.
///
/// # Errors
/// All that is wrong with the file, in one collection. Only a text that is not YAML hides what comes after it.
pub fn load(
    path: &Path,
    environment: &dyn Environment,
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    check_extension(path)?;
    let source = read::read(path).map_err(|error| missing_hint(error, path))?;
    let (root, mut diagnostics) = tree::parse(&source);
    let Some(mut root) = root else {
        return Err(diagnostics);
    };
    if !root.is_map() {
        let detail = match root.kind {
            NodeKind::Null => "the file is empty".to_owned(),
            _ => format!("a manifest is a map, and this is {}", root.type_name()),
        };
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(Span::new(
            &source,
            root.at.start,
            root.at.start,
        )));
        return Err(diagnostics);
    }
    structure::check(&mut root, &mut diagnostics);
    let host = Host {
        environment,
        folder: read::absolute(&read::folder_of(path)),
    };
    resolve(&mut root, &host, &mut diagnostics);
    let manifest = assemble::assemble(path, root, &mut diagnostics);
    diagnostics.into_result(manifest)
}

fn check_extension(path: &Path) -> Result<(), Diagnostics> {
    let fits = |extension: &std::ffi::OsStr| {
        extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
    };
    if path.extension().is_some_and(fits) {
        return Ok(());
    }
    let detail = format!(
        "the name of a manifest ends in .yaml or .yml, and `{}` does not",
        path.display()
    );
    Err(Diagnostic::error(code::MANIFEST_UNREADABLE, detail).into())
}

fn missing_hint(error: read::ReadError, path: &Path) -> Diagnostic {
    let other = match &error {
        read::ReadError::Missing(_) => find(&read::folder_of(path)),
        _ => None,
    };
    let diagnostic = Diagnostic::from(error);
    match other {
        Some(other) => diagnostic.hint(format!("did you mean `{}`?", other.display())),
        None => diagnostic,
    }
}
