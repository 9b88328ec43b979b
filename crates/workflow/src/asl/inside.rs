//! States with states inside: parallel states and maps.

use serde_json::json;

use super::{distributed, paths, states};
use crate::distributed as shared;
use crate::expression::{Expr, Path, Root};
use crate::form::{Builder, Form};
use crate::program::{Fan, Items, ScopeId, ScopeKind, StepId};
use crate::{Finding, Node};

/// How many items are worked on at once at most, also when the text sets no limit.
const WIDTH: u64 = 40;

pub(super) fn branches(builder: &mut Builder, form: &Form, id: StepId) -> Vec<ScopeId> {
    let Some(node) = form.get("Branches") else {
        builder.error(form.at, "`Branches` is missing");
        return Vec::new();
    };
    let items = builder.list(node, "`Branches`");
    items
        .iter()
        .filter_map(|item| inside(builder, ScopeKind::Branch, id, item))
        .collect()
}

fn inside(builder: &mut Builder, kind: ScopeKind, id: StepId, node: &Node) -> Option<ScopeId> {
    let form = builder.form(node, "a machine inside")?;
    let scope = builder.scope(kind, node.at, Some(id));
    form.get("Comment");
    super::query_language(builder, &form);
    if kind == ScopeKind::Iteration {
        form.get("ProcessorConfig");
    }
    states(builder, &form, scope);
    builder.done(&form);
    Some(scope)
}

pub(super) fn map(builder: &mut Builder, form: &Form, id: StepId) -> Option<Fan> {
    let each = paths::payload(builder, form, "ItemSelector");
    let each = each.or_else(|| paths::payload(builder, form, "Parameters"));
    let Some(body) = form.any(&["Iterator", "ItemProcessor"]) else {
        builder.error(form.at, "`ItemProcessor` is missing");
        return None;
    };
    let config = body.get("ProcessorConfig");
    let mode = config.and_then(|node| shared::processor(builder, node));
    let distributed = mode.map(|mode| distributed::read(builder, form, mode));
    let width = if distributed.is_some() {
        None
    } else {
        shared::refuse(builder, form);
        shared::bound(builder, form, "MaxConcurrency")
    };
    let is_read = distributed
        .as_ref()
        .is_some_and(|distributed| distributed.reader.is_some());
    let items = items(builder, form, is_read);
    if distributed.is_some() {
        builder.variables.set_apart(id);
    }
    let body = inside(builder, ScopeKind::Iteration, id, body)?;
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
    let (list, at) = match form.get("ItemsPath") {
        Some(node) if is_read => {
            let said = "`ItemsPath` has no effect: the items are read by `ItemReader`";
            builder.findings.push(Finding::warning(node.at, said));
            (Expr::Literal(json!([])), node.at)
        }
        Some(node) => (
            Expr::Path(paths::needed(builder, form, "ItemsPath")?),
            node.at,
        ),
        None => (Expr::Path(whole()), form.at),
    };
    Some(Items {
        list,
        at,
        item: None,
        index: None,
    })
}

/// `$`
const fn whole() -> Path {
    Path {
        root: Root::Own,
        segments: Vec::new(),
    }
}
