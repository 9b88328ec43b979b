//! `sdev init`: a project from a template.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::super::args::Init;
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view::text;
use super::Outcome;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::template::{self, Template, TemplateError};

/// The parameter that the folder's name stands in for.
const NAME: &str = "name";

pub(super) fn run(args: &Init, printer: Printer) -> Outcome {
    let Some(id) = args.template.as_ref().filter(|_| !args.list) else {
        return list(printer);
    };
    let template = template::find(id).map_err(Diagnostic::from)?;
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from(id));
    let mut given = params(&args.params)?;
    let takes_name = template.parameters.iter().any(|p| p.name == NAME);
    let derived = folder_name(&folder).filter(|_| takes_name && !given.contains_key(NAME));
    if let Some(name) = &derived {
        given.insert(NAME.to_owned(), name.clone());
    }
    let files = template::render(&template, &given);
    let files = files.map_err(|error| explained(error, derived.is_some()))?;
    template::write(&files, &folder).map_err(Diagnostic::from)?;
    if printer.json {
        printer.object(
            "init",
            serde_json::json!({ "template": id, "folder": folder, "files": files.len() }),
        );
    } else {
        printer.say(&made(id, &folder));
    }
    Ok(Exit::Done)
}

/// What was made and what comes next.
fn made(id: &str, folder: &Path) -> String {
    if folder.components().all(|part| part == Component::CurDir) {
        return format!("This folder was made from `{id}`.\n\n  sdev deploy\n");
    }
    let shown = folder.to_string_lossy();
    let shown = text::plain(&shown);
    let is_word = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    let word = if shown.chars().all(is_word) && !shown.starts_with('-') {
        shown.to_string()
    } else {
        format!("-- '{}'", shown.replace('\'', r"'\''"))
    };
    format!("{shown} made from `{id}`.\n\n  cd {word}\n  sdev deploy\n")
}

/// An error of a template; a name that nobody typed is said to be the folder's.
fn explained(error: TemplateError, derived: bool) -> Diagnostic {
    let is_name = matches!(&error, TemplateError::BadParameter { name, .. } if name == NAME);
    let mut diagnostic = Diagnostic::from(error);
    if is_name && derived {
        diagnostic
            .detail
            .push_str("; it was taken from the folder's name");
        diagnostic = diagnostic.hint("add `--param name=VALUE`");
    }
    diagnostic
}

fn list(printer: Printer) -> Outcome {
    let all: Vec<Template> = template::catalog().map_err(Diagnostic::from)?;
    if printer.json {
        printer.object("templates", serde_json::json!({ "templates": all }));
        return Ok(Exit::Done);
    }
    for template in &all {
        printer.data(&format!("{}  {}", template.id, template.summary));
        for parameter in &template.parameters {
            let default = parameter
                .default
                .as_ref()
                .map(|d| format!(" (default: {d})"))
                .unwrap_or_default();
            printer.data(&format!(
                "    --param {}=…  {}{default}",
                parameter.name, parameter.description
            ));
        }
    }
    Ok(Exit::Done)
}

fn params(given: &[String]) -> Result<BTreeMap<String, String>, Diagnostics> {
    let mut params = BTreeMap::new();
    for text in given {
        let Some((key, value)) = text.split_once('=') else {
            let detail = format!("`--param {text}` has no `=`");
            return Err(Diagnostic::error(code::USAGE, detail)
                .hint("write --param key=value")
                .into());
        };
        if params.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Diagnostic::error(
                code::USAGE,
                format!("`--param {key}=…` is given twice"),
            )
            .into());
        }
    }
    Ok(params)
}

fn folder_name(folder: &Path) -> Option<String> {
    let full = std::path::absolute(folder).ok()?;
    full.file_name()
        .map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_command_can_be_copied() {
        let next = |folder: &str| {
            made("t", Path::new(folder))
                .lines()
                .nth(2)
                .map(str::to_owned)
        };
        assert_eq!(next("shop/a").as_deref(), Some("  cd shop/a"));
        assert_eq!(
            next("my site's").as_deref(),
            Some(r"  cd -- 'my site'\''s'")
        );
        assert_eq!(next("./.").as_deref(), Some("  sdev deploy"));
    }
}
