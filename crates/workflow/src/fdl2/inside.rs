//! States with states inside: parallel states and maps.

use serde_json::json;

use super::{construct, distributed, states};
use crate::distributed as shared;
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::program::{Fan, Items, ScopeId, ScopeKind, StepId};
use crate::{Finding, Node};

/// How many branches a parallel state has at most.
const BRANCHES: usize = 50;
/// How many items are worked on at once.
const WIDTH: usize = 40;

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
    if kind == ScopeKind::Iteration {
        form.get("ProcessorConfig");
    }
    for key in ["Name", "Description"] {
        form.get(key);
    }
    builder.done(&form);
    Some(scope)
}

pub(super) fn map(builder: &mut Builder, form: &Form, id: StepId) -> Option<Fan> {
    let each = construct::optional(builder, form, "ItemConstructor");
    let Some(processor) = form.any(&["Processor", "ItemProcessor"]) else {
        builder.error(form.at, "`Processor` is missing");
        return None;
    };
    let config = form.get("ProcessorConfig");
    let config = config.or_else(|| processor.get("ProcessorConfig"));
    let mode = config.and_then(|node| shared::processor(builder, node));
    let distributed = mode.map(|mode| distributed::read(builder, form, mode));
    let width = if distributed.is_some() {
        WIDTH
    } else {
        shared::refuse(builder, form);
        width(builder, form)
    };
    let is_read = distributed
        .as_ref()
        .is_some_and(|distributed| distributed.reader.is_some());
    let items = items(builder, form, is_read);
    let body = inside(builder, ScopeKind::Iteration, id, processor)?;
    Some(Fan {
        items: items?,
        each,
        body,
        width,
        distributed: distributed.map(Box::new),
    })
}

fn items(builder: &mut Builder, form: &Form, is_read: bool) -> Option<Items> {
    let at = form.get("ItemsPath").map_or(form.at, |node| node.at);
    let list = if is_read {
        if form.get("ItemsPath").is_some() {
            let said = "`ItemsPath` has no effect: the items are read by `ItemReader`";
            builder.findings.push(Finding::warning(at, said));
        }
        Expr::Literal(json!([]))
    } else {
        let list = builder.need_text(form, "ItemsPath")?;
        builder.expression(list, at)?
    };
    Some(Items {
        list,
        at,
        item: None,
        index: None,
    })
}

/// How many items are worked on at once in the execution of their map.
fn width(builder: &mut Builder, form: &Form) -> usize {
    // The field tables of the vendor's pages spell it so in every language, their headings in the usual way.
    let width = if form.any(&["MaxConcuccency"]).is_some() {
        builder.number(form, "MaxConcuccency", (0.0, 1_000_000.0))
    } else {
        builder.number(form, "MaxConcurrency", (0.0, 1_000_000.0))
    };
    form.get("MaxConcurrency");
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let width = width.map_or(WIDTH, |width| width as usize);
    if width == 0 { WIDTH } else { width.min(WIDTH) }
}
