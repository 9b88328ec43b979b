//! One state.

use serde_json::Value;

use super::{choice, inside, paths, rules, task};
use crate::Finding;
use crate::expression::{Expr, moment};
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Kind, Step, StepId, Text, Until};
use crate::yaml::Entry;

/// The longest wait, in seconds.
const WAIT: f64 = 99_999_999.0;
/// Fields of the other query language.
const FOREIGN: [&str; 4] = ["Arguments", "Output", "Items", "Condition"];

/// Reads a state and puts it in its place.
pub(super) fn read(builder: &mut Builder, entry: &Entry, id: StepId, names: &Names) {
    let Some(form) = builder.form(&entry.value, "a state") else {
        return;
    };
    let word = builder.need_text(&form, "Type");
    form.get("Comment");
    super::query_language(builder, &form);
    refuse(builder, &form, &FOREIGN, JSONATA);
    let Some(kind) = word.and_then(|word| kind(builder, &form, (id, word), names)) else {
        return;
    };
    let data = paths::of(builder, &form, &kind);
    let (retry, catch) = match &kind {
        Kind::Task(_) | Kind::Parallel(_) | Kind::Map(_) => (
            rules::retry(builder, &form),
            rules::catch(builder, &form, names),
        ),
        _ => (Vec::new(), Vec::new()),
    };
    let next = names.next(builder, &form, &kind);
    builder.done(&form);
    let Some(next) = next else { return };
    builder.fill(
        id,
        Step {
            name: entry.key.clone(),
            at: entry.at,
            scope: names.scope,
            kind,
            data,
            retry,
            catch,
            next,
        },
    );
}

/// Why fields of the other query language cannot be.
pub(super) const JSONATA: &str = "belongs to JSONata, and only JSON paths are read";

/// Says of each of these keys that is there why it cannot be.
pub(super) fn refuse(builder: &mut Builder, form: &Form, keys: &[&str], why: &str) {
    for key in keys {
        if let Some(node) = form.get(key) {
            builder.error(node.at, format!("`{key}` {why}"));
        }
    }
}

fn kind(
    builder: &mut Builder,
    form: &Form,
    (id, word): (StepId, &str),
    names: &Names,
) -> Option<Kind> {
    Some(match word {
        "Pass" => Kind::Pass(form.get("Result").map(crate::Node::value)),
        "Succeed" => Kind::Succeed,
        "Fail" => Kind::Fail {
            error: text(builder, form, "Error")?,
            cause: text(builder, form, "Cause")?,
        },
        "Wait" => Kind::Wait(wait(builder, form)?),
        "Choice" => Kind::Choice(choice::read(builder, form, names)),
        "Task" => Kind::Task(Box::new(task::read(builder, form)?)),
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

/// A text that stands under a key, or that the expression under the key with `Path` behind it yields.
fn text(builder: &mut Builder, form: &Form, key: &str) -> Option<Text> {
    let path = format!("{key}Path");
    if let Some(node) = form.get(&path) {
        if form.get(key).is_some() {
            builder.error(node.at, format!("a state has {key} or {path}, not both"));
        }
        let text = builder.text(node, key)?;
        return builder.expression(text, node.at).map(Text::Expr);
    }
    let text = builder.optional_text(form, key).unwrap_or_default();
    Some(Text::Constant(text.to_owned()))
}

fn wait(builder: &mut Builder, form: &Form) -> Option<Until> {
    let keys = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
    let given: Vec<&str> = keys
        .into_iter()
        .filter(|key| form.get(key).is_some())
        .collect();
    let [key] = given[..] else {
        let said = "a wait has one of Seconds, SecondsPath, Timestamp and TimestampPath";
        builder.error(form.at, said);
        return None;
    };
    Some(match key {
        "Seconds" => {
            let number = builder.number(form, key, (0.0, WAIT))?;
            Until::Seconds(Expr::Literal(Value::from(number)))
        }
        "SecondsPath" => Until::Seconds(Expr::Path(paths::needed(builder, form, key)?)),
        "TimestampPath" => Until::Moment(Expr::Path(paths::needed(builder, form, key)?)),
        _ => Until::Moment(timestamp(builder, form, key)?),
    })
}

fn timestamp(builder: &mut Builder, form: &Form, key: &str) -> Option<Expr> {
    let text = builder.need_text(form, key)?;
    if moment(text).is_none() {
        let at = form.get(key).map_or(form.at, |node| node.at);
        let finding = Finding::error(at, format!("`{text}` is no moment"));
        builder
            .findings
            .push(finding.hint("write it such as 2016-08-18T17:33:00Z"));
        return None;
    }
    Some(Expr::Literal(Value::String(text.to_owned())))
}
