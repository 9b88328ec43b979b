//! `sdev fmt`: manifests in their canonical form.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::super::args::{Fmt, Global};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view::{diff, text};
use super::{Outcome, manifest_path};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, code};
use crate::manifest::read_source;
use crate::rewrite;
use crate::sys::fs;

pub(super) fn run(args: &Fmt, global: &Global, printer: Printer) -> Outcome {
    let files = if args.files.is_empty() {
        vec![manifest_path(global)?]
    } else {
        args.files.clone()
    };
    let (mut wrong, mut differing) = (Diagnostics::new(), 0);
    for path in &files {
        match one(path, args.check, printer) {
            Ok(changed) => differing += usize::from(changed),
            Err(found) => wrong.extend(found),
        }
    }
    if wrong.has_errors() {
        return Err(wrong);
    }
    if args.check && differing > 0 {
        return Ok(Exit::Failed);
    }
    Ok(Exit::Done)
}

/// Formats one file; whether its text differs.
fn one(path: &Path, check: bool, printer: Printer) -> Result<bool, Diagnostics> {
    let is_input = path == Path::new("-");
    let source = if is_input {
        standard_input()?
    } else {
        read_source(path)?
    };
    let formatted = rewrite::format(&source)?;
    let changed = formatted != source.text;
    if is_input && !check {
        printer.file(&formatted);
        return Ok(changed);
    }
    if changed && !check {
        fs::replace_atomic(path, formatted.as_bytes()).map_err(Diagnostic::from)?;
    }
    if printer.json {
        printer.object(
            "fmt",
            serde_json::json!({ "file": path, "changed": changed }),
        );
    } else if changed {
        let name = path.to_string_lossy();
        printer.data(&text::plain(&name));
        if check {
            printer.data(&diff::lines(printer, &source.text, &formatted).join("\n"));
        }
    }
    Ok(changed)
}

fn standard_input() -> Result<Arc<Source>, Diagnostic> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| {
            let detail = format!("standard input: {error}");
            Diagnostic::error(code::MANIFEST_UNREADABLE, detail)
        })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(Source::new("-", text))
}
