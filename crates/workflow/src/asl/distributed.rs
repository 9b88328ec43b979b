//! Distributed maps: those whose items are executions of their own. Object storage is this cloud's.

use crate::Node;
use crate::distributed as shared;
use crate::engine::Mode;
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::program::{Distributed, Format, Reader};

/// The fields of a map whose processor runs in that mode.
pub(super) fn read(builder: &mut Builder, form: &Form, mode: Mode) -> Distributed {
    form.get("Label");
    let found = form
        .get("ItemReader")
        .and_then(|node| reader(builder, node));
    let (reader, most) = found.map_or((None, None), |(reader, most)| (Some(reader), most));
    let mut bounds = shared::bounds(builder, form, "MaxConcurrency");
    bounds.items = most;
    Distributed {
        mode,
        reader,
        batcher: shared::batcher(builder, form),
        writer: shared::writer(builder, form),
        bounds,
    }
}

/// Where items are read from, and how many at most.
fn reader(builder: &mut Builder, node: &Node) -> Option<(Reader, Option<Expr>)> {
    let form = builder.form(node, "`ItemReader`")?;
    let resource = builder.need_text(&form, "Resource");
    let config = form
        .get("ReaderConfig")
        .and_then(|node| builder.form(node, "`ReaderConfig`"));
    let most = config
        .as_ref()
        .and_then(|config| shared::most_items(builder, config));
    let format = resource.and_then(|name| format(builder, (&form, name), config.as_ref()));
    if let Some(config) = &config {
        builder.done(config);
    }
    let others: &[&str] = match &format {
        Some(Format::Objects) | None => &[],
        Some(_) => &["Key"],
    };
    let parameters = shared::place(builder, &form, ("Parameters", others));
    builder.done(&form);
    let reader = Reader {
        at: node.at,
        format: format?,
        parameters: parameters?,
    };
    Some((reader, most))
}

fn format(
    builder: &mut Builder,
    (form, name): (&Form, &str),
    config: Option<&Form>,
) -> Option<Format> {
    match name.rsplit_once(':') {
        Some((_, "listObjectsV2")) => return Some(Format::Objects),
        Some((_, "getObject")) => {}
        _ => {
            let at = form.get("Resource").map_or(form.at, |node| node.at);
            let known = "s3:listObjectsV2 and s3:getObject";
            let said = format!("items cannot be read by `{name}`; they can by {known}");
            builder.error(at, said);
            return None;
        }
    }
    let Some(config) = config else {
        builder.error(form.at, "`ReaderConfig` is missing");
        return None;
    };
    Some(match builder.need_text(config, "InputType")? {
        "CSV" => csv(builder, config)?,
        "JSON" => Format::Json,
        "JSONL" => Format::JsonLines,
        "MANIFEST" => {
            config.get("ManifestType");
            Format::Inventory
        }
        other => {
            let at = config.get("InputType").map_or(config.at, |node| node.at);
            let known = "CSV, JSON, JSONL and MANIFEST";
            let said =
                format!("items of the InputType `{other}` are not read; those of {known} are");
            builder.error(at, said);
            return None;
        }
    })
}

fn csv(builder: &mut Builder, config: &Form) -> Option<Format> {
    let given = match builder.need_text(config, "CSVHeaderLocation")? {
        "FIRST_ROW" => false,
        "GIVEN" => true,
        _ => {
            builder.error(config.at, "`CSVHeaderLocation` is FIRST_ROW or GIVEN");
            return None;
        }
    };
    let headers = given.then(|| builder.names(config, "CSVHeaders"));
    let delimiter = match builder.optional_text(config, "CSVDelimiter") {
        None | Some("COMMA") => ',',
        Some("PIPE") => '|',
        Some("SEMICOLON") => ';',
        Some("SPACE") => ' ',
        Some("TAB") => '\t',
        Some(_) => {
            let said = "`CSVDelimiter` is COMMA, PIPE, SEMICOLON, SPACE or TAB";
            builder.error(config.at, said);
            return None;
        }
    };
    Some(Format::Csv { headers, delimiter })
}
