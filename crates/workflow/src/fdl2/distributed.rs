//! Distributed maps: those whose items are executions of their own.

use crate::Node;
use crate::distributed as shared;
use crate::engine::Mode;
use crate::form::{Builder, Form};
use crate::program::{Distributed, Format, Reader};

/// The fields of a map whose processor runs in that mode.
pub(super) fn read(builder: &mut Builder, form: &Form, mode: Mode) -> Distributed {
    let reader = form
        .get("ItemReader")
        .and_then(|node| reader(builder, node));
    let mut bounds = shared::bounds(builder, form, width_key(form));
    bounds.items = shared::most_items(builder, form);
    Distributed {
        mode,
        reader,
        batcher: shared::batcher(builder, form),
        writer: shared::writer(builder, form),
        bounds,
    }
}

/// The key that says how many items are worked on at once.
pub(super) fn width_key(form: &Form) -> &'static str {
    // The field tables of the vendor's pages spell it so in every language, their headings in the usual way.
    if form.any(&["MaxConcuccency", "MaxConcuccency.$"]).is_some() {
        "MaxConcuccency"
    } else {
        "MaxConcurrency"
    }
}

fn reader(builder: &mut Builder, node: &Node) -> Option<Reader> {
    let form = builder.form(node, "`ItemReader`")?;
    let word = builder.need_text(&form, "SourceType");
    let headers = form
        .get("ReaderConfig")
        .and_then(|node| headers(builder, node));
    let format = word.and_then(|word| format(builder, &form, word, headers));
    let others: &[&str] = match &format {
        Some(Format::Objects) | None => &[],
        Some(_) => &["ObjectName", "Key"],
    };
    let parameters = shared::place(builder, &form, ("SourceParameters", others));
    builder.done(&form);
    Some(Reader {
        at: node.at,
        format: format?,
        parameters: parameters?,
    })
}

fn format(
    builder: &mut Builder,
    form: &Form,
    word: &str,
    headers: Option<Vec<String>>,
) -> Option<Format> {
    Some(match word {
        "OSS_OBJECTS" => Format::Objects,
        "OSS_CSV" => Format::Csv {
            headers,
            delimiter: ',',
        },
        "OSS_JSON_LIST" => Format::Json,
        "OSS_INVENTORY_FILES" => Format::Inventory,
        other => {
            let at = form.get("SourceType").map_or(form.at, |node| node.at);
            let known = "OSS_OBJECTS, OSS_CSV, OSS_JSON_LIST and OSS_INVENTORY_FILES";
            let said = format!("there is no SourceType `{other}`; there are {known}");
            builder.error(at, said);
            return None;
        }
    })
}

/// The names of a table's columns.
fn headers(builder: &mut Builder, node: &Node) -> Option<Vec<String>> {
    let form = builder.form(node, "`ReaderConfig`")?;
    let given = form.get("CSVHeaders").is_some();
    let names = given.then(|| builder.names(&form, "CSVHeaders"));
    builder.done(&form);
    names
}
