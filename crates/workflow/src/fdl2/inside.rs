//! States with states inside: parallel states and maps.

use super::{construct, states};
use crate::form::{Builder, Form};
use crate::program::{Fan, Items, ScopeId, ScopeKind, StepId};
use crate::{Finding, Node};

/// How many branches a parallel state has at most.
const BRANCHES: usize = 50;
/// How many items are worked on at once.
const WIDTH: usize = 40;
/// Fields of a map whose items are executions of their own.
const DISTRIBUTED: [&str; 4] = [
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ProcessorConfig",
];

pub(super) fn branches(builder: &mut Builder, form: &Form, id: StepId) -> Vec<ScopeId> {
    let Some(node) = form.get("Branches") else {
        builder.error(form.at, "`Branches` is missing");
        return Vec::new();
    };
    let items = builder.list(node, "`Branches`");
    if items.len() > BRANCHES {
        builder.error(
            node.at,
            format!("a parallel state has at most {BRANCHES} branches"),
        );
    }
    items
        .iter()
        .filter_map(|item| inside(builder, ScopeKind::Branch, id, item))
        .collect()
}

fn inside(builder: &mut Builder, kind: ScopeKind, id: StepId, node: &Node) -> Option<ScopeId> {
    let form = builder.form(node, "a branch")?;
    let scope = builder.scope(kind, node.at, Some(id));
    states(builder, &form, scope);
    for key in ["Name", "Description"] {
        form.get(key);
    }
    builder.done(&form);
    Some(scope)
}

pub(super) fn map(builder: &mut Builder, form: &Form, id: StepId) -> Option<Fan> {
    for key in DISTRIBUTED {
        if let Some(node) = form.get(key) {
            let said = format!("`{key}` belongs to a distributed map, which sdev does not run yet");
            builder.findings.push(
                Finding::error(node.at, said).hint("an inline map goes through a list in the data"),
            );
        }
    }
    let list = builder.need_text(form, "ItemsPath");
    let at = form.get("ItemsPath").map_or(form.at, |node| node.at);
    let each = construct::optional(builder, form, "ItemConstructor");
    // The field tables of the vendor's pages spell it so in every language, their headings in the usual way.
    let width = if form.any(&["MaxConcuccency"]).is_some() {
        builder.number(form, "MaxConcuccency", (0.0, 1_000_000.0))
    } else {
        builder.number(form, "MaxConcurrency", (0.0, 1_000_000.0))
    };
    form.get("MaxConcurrency");
    let Some(processor) = form.any(&["Processor", "ItemProcessor"]) else {
        builder.error(form.at, "`Processor` is missing");
        return None;
    };
    let body = inside(builder, ScopeKind::Iteration, id, processor)?;
    let list = builder.expression(list?, at)?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let width = width.map_or(WIDTH, |width| width as usize);
    let width = if width == 0 { WIDTH } else { width.min(WIDTH) };
    Some(Fan {
        items: Items {
            list,
            at,
            item: None,
            index: None,
        },
        each,
        body,
        width,
    })
}
