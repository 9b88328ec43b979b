//! `InputPath`, `Parameters`, `ResultSelector`, `ResultPath`, `OutputPath`.

use serde_json::Value;

use crate::expression::{Expr, Path, Root};
use crate::form::{Builder, Form};
use crate::program::{Dataflow, Kind, Paths, ResultPath, Template, View};
use crate::template::template;
use crate::variables::assign;
use crate::{Finding, Node};

/// How data flows through a state, by the fields that its type has. The parameters of tasks and maps are their own:
/// they see which try it is, or the item.
pub(super) fn of(builder: &mut Builder, form: &Form, kind: &Kind) -> Dataflow {
    let mut paths = Paths::default();
    if !matches!(kind, Kind::Fail { .. }) {
        paths.input = view(builder, form, "InputPath");
        paths.output = view(builder, form, "OutputPath");
    }
    if matches!(kind, Kind::Pass(_) | Kind::Parallel(_)) {
        paths.parameters = payload(builder, form, "Parameters");
    }
    if matches!(kind, Kind::Task(_) | Kind::Parallel(_) | Kind::Map(_)) {
        paths.selector = payload(builder, form, "ResultSelector");
    }
    if matches!(
        kind,
        Kind::Pass(_) | Kind::Task(_) | Kind::Parallel(_) | Kind::Map(_)
    ) {
        paths.result = result(builder, form);
    }
    if !matches!(kind, Kind::Succeed | Kind::Fail { .. }) {
        paths.assign = assign(builder, form);
    }
    Dataflow::Paths(Box::new(paths))
}

/// A template that may be there.
pub(super) fn payload(builder: &mut Builder, form: &Form, key: &str) -> Option<Template> {
    form.get(key).and_then(|node| template(builder, node))
}

/// A path that must be there.
pub(super) fn needed(builder: &mut Builder, form: &Form, key: &str) -> Option<Path> {
    let Some(node) = form.get(key) else {
        builder.error(form.at, format!("`{key}` is missing"));
        return None;
    };
    let text = builder.text(node, key)?;
    let expression = builder.expression(text, node.at)?;
    if let Expr::Path(path) = expression {
        return Some(path);
    }
    let finding = Finding::error(node.at, format!("`{key}` must be a path, not a function"));
    builder.findings.push(finding.hint("a path begins with $"));
    None
}

/// A path that may be there, and may be null.
fn view(builder: &mut Builder, form: &Form, key: &str) -> View {
    match form.get(key).map(Node::value) {
        None => View::Whole,
        Some(Value::Null) => View::Nothing,
        Some(_) => needed(builder, form, key).map_or(View::Whole, View::At),
    }
}

/// `ResultPath` of a state or of a rule that catches.
pub(super) fn result(builder: &mut Builder, form: &Form) -> ResultPath {
    let key = "ResultPath";
    let path = match view(builder, form, key) {
        View::Whole => return ResultPath::Whole,
        View::Nothing => return ResultPath::Nowhere,
        View::At(path) => path,
    };
    if path.root != Root::Own || !path.is_definite() {
        let at = form.get(key).map_or(form.at, |node| node.at);
        let finding = Finding::error(at, "`ResultPath` must lead to one place in the data");
        builder
            .findings
            .push(finding.hint("write it such as $.order.id"));
    }
    if path.segments.is_empty() {
        ResultPath::Whole
    } else {
        ResultPath::Into(path)
    }
}
