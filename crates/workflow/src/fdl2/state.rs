//! One state of the second language.

use serde_json::Value;

use super::{choice, construct, inside, rules, task};
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Kind, Step, StepId, Text, Until};
use crate::{Finding, Node};

/// The longest wait, in seconds.
const WAIT: f64 = 300.0;
/// Reads a state and puts it in its place.
pub(super) fn read(builder: &mut Builder, node: &Node, id: StepId, names: &Names) {
    let Some(form) = builder.form(node, "a state") else {
        return;
    };
    let name = builder.need_text(&form, "Name");
    let word = builder.need_text(&form, "Type");
    form.get("Description");
    let data = construct::of(builder, &form);
    let Some(kind) = word.and_then(|word| kind(builder, &form, (id, word), names)) else {
        return;
    };
    let (retry, catch) = match &kind {
        Kind::Task(_) | Kind::Parallel(_) | Kind::Map(_) => (
            rules::retry(builder, &form),
            rules::catch(builder, &form, names),
        ),
        _ => (Vec::new(), Vec::new()),
    };
    if let Some(node) = form.get("OnErrors") {
        builder.findings.push(
            Finding::error(node.at, "`OnErrors` is of an older language")
                .hint("write Retry and Catch"),
        );
    }
    let next = names.next(builder, &form, &kind);
    builder.done(&form);
    let (Some(name), Some(next)) = (name, next) else {
        return;
    };
    builder.fill(
        id,
        Step {
            name: name.to_owned(),
            at: form.at,
            scope: names.scope,
            kind,
            data,
            retry,
            catch,
            next,
        },
    );
}

fn kind(
    builder: &mut Builder,
    form: &Form,
    (id, word): (StepId, &str),
    names: &Names,
) -> Option<Kind> {
    Some(match word {
        "Pass" => Kind::Pass(None),
        "Succeed" => Kind::Succeed,
        "Fail" => Kind::Fail {
            error: text(builder, form, "Code"),
            cause: text(builder, form, "Detail"),
        },
        "Wait" => Kind::Wait(Until::Seconds(seconds(
            builder,
            form,
            "Seconds",
            (1.0, WAIT),
        )?)),
        "Choice" => Kind::Choice(choice::choice(builder, form, names)),
        "Task" => Kind::Task(Box::new(task::task(builder, form)?)),
        "Parallel" => Kind::Parallel(inside::branches(builder, form, id)),
        "Map" => Kind::Map(Box::new(inside::map(builder, form, id)?)),
        other => {
            let at = form.get("Type").map_or(form.at, |node| node.at);
            let known = "Task, Pass, Wait, Choice, Parallel, Map, Succeed and Fail";
            builder.error(
                at,
                format!("there is no state of type `{other}`; there are {known}"),
            );
            return None;
        }
    })
}

fn text(builder: &mut Builder, form: &Form, key: &str) -> Text {
    if let Some(node) = form.get(&format!("{key}.$")) {
        let expression = builder
            .text(node, key)
            .and_then(|text| builder.expression(text, node.at));
        return expression.map_or_else(|| Text::Constant(String::new()), Text::Expr);
    }
    Text::Constant(
        builder
            .optional_text(form, key)
            .unwrap_or_default()
            .to_owned(),
    )
}

pub(super) fn seconds(
    builder: &mut Builder,
    form: &Form,
    key: &str,
    bounds: (f64, f64),
) -> Option<Expr> {
    if let Some(node) = form.get(&format!("{key}.$")) {
        let text = builder.text(node, key)?;
        return builder.expression(text, node.at);
    }
    if form.get(key).is_none() {
        builder.error(form.at, format!("`{key}` is missing"));
        return None;
    }
    let number = builder.number(form, key, bounds)?;
    Some(Expr::Literal(Value::from(number)))
}
