//! Mappings of the first language: targets and sources.

use serde_json::Value;

use crate::expression::{self, Words};
use crate::form::{Builder, Form};
use crate::program::{Dataflow, Mapping, Source, Template};
use crate::{Finding, Node};

/// A source that begins so is a path; everything else is a constant.
const ROOTS: [&str; 3] = ["$input", "$local", "$context"];

/// The three kinds of mappings of a step or flow.
pub(super) fn of(builder: &mut Builder, form: &Form) -> Dataflow {
    Dataflow::Mappings {
        input: mappings(builder, form, "inputMappings"),
        output: mappings(builder, form, "outputMappings"),
        error: mappings(builder, form, "errorMappings"),
    }
}

fn mappings(builder: &mut Builder, form: &Form, key: &str) -> Option<Vec<Mapping>> {
    let node = form.get(key)?;
    let items = builder.list(node, &format!("`{key}`"));
    Some(
        items
            .iter()
            .filter_map(|item| mapping(builder, item))
            .collect(),
    )
}

fn mapping(builder: &mut Builder, node: &Node) -> Option<Mapping> {
    let form = builder.form(node, "a mapping")?;
    let target = builder.need_text(&form, "target")?.to_owned();
    let Some(source) = form.get("source") else {
        builder.error(form.at, "`source` is missing");
        return None;
    };
    builder.done(&form);
    Some(Mapping {
        target,
        source: self::source(builder, source)?,
    })
}

fn source(builder: &mut Builder, node: &Node) -> Option<Source> {
    let Some(text) = node.text().filter(|text| text.starts_with('$')) else {
        return Some(Source::Constant(node.value()));
    };
    if ROOTS.iter().any(|root| text.starts_with(root)) {
        return builder.expression(text, node.at).map(Source::Expr);
    }
    let said = format!("`{text}` is a constant here");
    let hint = "only what begins with $input, $local or $context is taken from the data";
    builder
        .findings
        .push(Finding::warning(node.at, said).hint(hint));
    Some(Source::Constant(node.value()))
}

/// A value in which every text that begins with `$` is a path into the step's own input.
pub(super) fn template(node: &Node) -> Template {
    if let Some(entries) = node.entries() {
        return Template::Map(
            entries
                .iter()
                .map(|entry| (entry.key.clone(), template(&entry.value)))
                .collect(),
        );
    }
    if let Some(items) = node.items() {
        return Template::List(items.iter().map(template).collect());
    }
    let value = node.value();
    match &value {
        Value::String(text) if text.starts_with('$') => match expression::parse(text, Words::First)
        {
            Ok(expression) => Template::Expr(expression),
            Err(_) => Template::Constant(value),
        },
        _ => Template::Constant(value),
    }
}
