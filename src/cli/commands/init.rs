//! `sdev init`: a project from a template.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::args::Init;
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::Outcome;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::template::{self, Template};

pub(super) fn run(args: &Init, printer: Printer) -> Outcome {
    let Some(id) = args.template.as_ref().filter(|_| !args.list) else { return list(printer) };
    let template = template::find(id).map_err(Diagnostic::from)?;
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from(id));
    let mut given = params(&args.params)?;
    if !given.contains_key("name")
        && let Some(name) = folder_name(&folder)
    {
        given.insert("name".to_owned(), name);
    }
    let files = template::render(&template, &given).map_err(Diagnostic::from)?;
    template::write(&files, &folder).map_err(Diagnostic::from)?;
    if printer.json {
        printer.object("init", serde_json::json!({ "template": id, "folder": folder, "files": files.len() }));
    } else {
        printer.say(&format!("{} made from `{id}`.\n\n  cd {}\n  sdev deploy\n", folder.display(), folder.display()));
    }
    Ok(Exit::Done)
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
            let default = parameter.default.as_ref().map(|d| format!(" (default: {d})")).unwrap_or_default();
            printer.data(&format!("    --param {}=…  {}{default}", parameter.name, parameter.description));
        }
    }
    Ok(Exit::Done)
}

fn params(given: &[String]) -> Result<BTreeMap<String, String>, Diagnostics> {
    let mut params = BTreeMap::new();
    for text in given {
        let Some((key, value)) = text.split_once('=') else {
            let detail = format!("`--param {text}` has no `=`");
            return Err(Diagnostic::error(code::USAGE, detail).hint("write --param key=value").into());
        };
        if params.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Diagnostic::error(code::USAGE, format!("`--param {key}=…` is given twice")).into());
        }
    }
    Ok(params)
}

fn folder_name(folder: &Path) -> Option<String> {
    let full = std::path::absolute(folder).ok()?;
    full.file_name().map(|name| name.to_string_lossy().into_owned())
}
