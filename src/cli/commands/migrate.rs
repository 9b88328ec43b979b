//! `sdev migrate`: a manifest of an older edition in the form of the current one.

use super::super::args::{Global, Migrate};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view::{diagnostic, diff, text};
use super::{Outcome, manifest_path};
use crate::diagnostic::{Diagnostic, code};
use crate::manifest::read_source;
use crate::rewrite;
use crate::sys::fs;

pub(super) fn run(args: &Migrate, global: &Global, printer: Printer) -> Outcome {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => manifest_path(global)?,
    };
    let source = read_source(&path)?;
    let migrated = rewrite::migrate(&source)?;
    diagnostic::show(printer, &migrated.warnings);
    if args.stdout {
        printer.file(&migrated.text);
        return Ok(Exit::Done);
    }
    let changed = migrated.text != source.text;
    let name = path.to_string_lossy();
    let name = text::plain(&name);
    if !changed {
        printer.say(&format!("{name} has nothing to migrate."));
    } else if !args.yes {
        let lines = diff::lines(printer, &source.text, &migrated.text);
        printer.say(&lines.join("\n"));
        if !printer.can_ask {
            let detail = "this would rewrite the file, and there is nobody to ask";
            let refusal = Diagnostic::error(code::NO_TERMINAL, detail);
            return Err(refusal
                .hint("add `-y` to go on without asking, or `--stdout` to only see it")
                .into());
        }
        if !printer.ask(&format!("Rewrite {name}?")) {
            printer.say("Nothing was changed.");
            return Ok(Exit::Failed);
        }
    }
    if changed {
        fs::replace_atomic(&path, migrated.text.as_bytes()).map_err(Diagnostic::from)?;
        printer.say(&format!("{name} is of edition 3.0.0 now."));
    }
    if printer.json {
        printer.object(
            "migrate",
            serde_json::json!({ "file": path, "changed": changed }),
        );
    }
    Ok(Exit::Done)
}
