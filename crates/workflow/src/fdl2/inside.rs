//! States with states inside: parallel states and maps.

use serde_json::json;

use super::{construct, distributed, states};
use crate::distributed as shared;
use crate::expression::{Expr, Root};
use crate::form::{Builder, Form};
use crate::program::{Fan, Items, ScopeId, ScopeKind, StepId};
use crate::{Finding, Node};

/// How many branches a parallel state has at most.
const BRANCHES: usize = 50;
/// How many items are worked on at once.
const WIDTH: u64 = 40;

pub(super) fn branches(builder: &mut Builder, form: &Form, id: StepId) -> Vec<ScopeId> {
    let Some(node) = form.get("Branches") else {
        builder.error(form.at, "`Branches` is missing");
        return Vec::new();
    };
    let items = builder.some(node, "`Branches`");
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
    let each = builder.seeing(Root::Item, |builder| {
        construct::optional(builder, form, "ItemConstructor")
    });
    let Some(processor) = form.any(&["Processor", "ItemProcessor"]) else {
        builder.error(form.at, "`Processor` is missing");
        return None;
    };
    let config = form.get("ProcessorConfig");
    let config = config.or_else(|| processor.get("ProcessorConfig"));
    let mode = config.and_then(|node| shared::processor(builder, node));
    let distributed = mode.map(|mode| distributed::read(builder, form, mode));
    let width = if distributed.is_some() {
        None
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
        most: WIDTH,
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
fn width(builder: &mut Builder, form: &Form) -> Option<Expr> {
    let width = shared::bound(builder, form, distributed::width_key(form));
    // It may stand there in both spellings.
    form.get("MaxConcurrency");
    width
}
