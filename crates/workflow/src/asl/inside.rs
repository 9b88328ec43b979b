//! States with states inside: parallel states and maps.

use super::state::refuse;
use super::{paths, states};
use crate::expression::{Expr, Path, Root};
use crate::form::{Builder, Form};
use crate::program::{Fan, Items, ScopeId, ScopeKind, StepId};
use crate::{Finding, Node};

/// How many items are worked on at once at most, also when the text sets no limit.
const WIDTH: usize = 40;
/// Fields of a map whose items are executions of their own.
const DISTRIBUTED: [&str; 8] = [
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
];

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
        processor(builder, &form);
    }
    states(builder, &form, scope);
    builder.done(&form);
    Some(scope)
}

fn processor(builder: &mut Builder, form: &Form) {
    let Some(node) = form.get("ProcessorConfig") else {
        return;
    };
    let Some(config) = builder.form(node, "`ProcessorConfig`") else {
        return;
    };
    if let Some(mode) = config.get("Mode")
        && mode.text() != Some("INLINE")
    {
        builder.findings.push(distributed(mode, "this mode"));
    }
    config.get("ExecutionType");
    builder.done(&config);
}

fn distributed(node: &Node, what: &str) -> Finding {
    let said = format!("{what} belongs to a distributed map, which sdev does not run yet");
    Finding::error(node.at, said).hint("an inline map goes through a list in the data")
}

pub(super) fn map(builder: &mut Builder, form: &Form, id: StepId) -> Option<Fan> {
    for key in DISTRIBUTED {
        if let Some(node) = form.get(key) {
            builder
                .findings
                .push(distributed(node, &format!("`{key}`")));
        }
    }
    let why = "is not read yet: the text must say how many items are worked on at once";
    refuse(builder, form, &["MaxConcurrencyPath"], why);
    let (list, at) = match form.get("ItemsPath") {
        Some(node) => (paths::needed(builder, form, "ItemsPath"), node.at),
        None => (Some(whole()), form.at),
    };
    let each = paths::payload(builder, form, "ItemSelector");
    let each = each.or_else(|| paths::payload(builder, form, "Parameters"));
    let width = builder.number(form, "MaxConcurrency", (0.0, 1_000_000.0));
    let Some(body) = form.any(&["Iterator", "ItemProcessor"]) else {
        builder.error(form.at, "`ItemProcessor` is missing");
        return None;
    };
    let body = inside(builder, ScopeKind::Iteration, id, body)?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let width = width.map_or(0, |width| width as usize);
    Some(Fan {
        items: Items {
            list: Expr::Path(list?),
            at,
            item: None,
            index: None,
        },
        each,
        body,
        width: if width == 0 { WIDTH } else { width.min(WIDTH) },
    })
}

/// `$`
const fn whole() -> Path {
    Path {
        root: Root::Own,
        segments: Vec::new(),
    }
}
