//! One step of the first language.

use serde_json::Value;

use super::{Siblings, mapping, sequence, task};
use crate::Node;
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::program::{
    Case, Choice, Fan, Items, Kind, Next, ScopeId, ScopeKind, Step, StepId, Text, Until,
};

/// The longest wait, in seconds: two days.
const WAIT: f64 = 172_800.0;
/// How many branches a parallel step has at most.
const BRANCHES: usize = 100;
/// How many iterations run at once.
const WIDTH: u64 = 100;

/// Reads a step and puts it in its place. What cannot be read is told and leaves the place empty.
pub(super) fn read(
    builder: &mut Builder,
    node: &Node,
    id: StepId,
    siblings: &Siblings,
    following: Next,
) {
    let Some(form) = builder.form(node, "a step") else {
        return;
    };
    let name = builder.need_text(&form, "name");
    let word = builder.need_text(&form, "type");
    form.get("description");
    let is_end = builder.flag(&form, "end");
    let data = mapping::of(builder, &form);
    let Some(kind) = word.and_then(|word| kind(builder, &form, (id, word), siblings)) else {
        return;
    };
    let (retry, catch) = match &kind {
        Kind::Task(_) => (
            task::retry(builder, &form),
            task::catch(builder, &form, siblings),
        ),
        _ => (Vec::new(), Vec::new()),
    };
    builder.done(&form);
    let Some(name) = name else { return };
    let next = if is_end || matches!(kind, Kind::Succeed) {
        Next::Return
    } else {
        following
    };
    let step = Step {
        name: name.to_owned(),
        at: form.at,
        scope: siblings.scope,
        kind,
        data,
        retry,
        catch,
        next,
    };
    builder.fill(id, step);
}

fn kind(
    builder: &mut Builder,
    form: &Form,
    (id, word): (StepId, &str),
    siblings: &Siblings,
) -> Option<Kind> {
    Some(match word {
        "pass" => Kind::Pass(None),
        "succeed" => Kind::Succeed,
        "fail" => Kind::Fail {
            error: text(builder, form, "error"),
            cause: text(builder, form, "cause"),
        },
        "wait" => Kind::Wait(until(builder, form)?),
        "task" => Kind::Task(Box::new(task::read(builder, form)?)),
        "choice" => Kind::Choice(choice(builder, form, id, siblings)),
        "parallel" => Kind::Parallel(branches(builder, form, id)),
        "foreach" => Kind::Map(Box::new(foreach(builder, form, id)?)),
        other => {
            let at = form.get("type").map_or(form.at, |node| node.at);
            let known = "task, pass, wait, choice, parallel, foreach, succeed and fail";
            builder.error(
                at,
                format!("there is no step of type `{other}`; there are {known}"),
            );
            return None;
        }
    })
}

fn text(builder: &mut Builder, form: &Form, key: &str) -> Text {
    let Some(text) = builder.optional_text(form, key) else {
        return Text::Constant(String::new());
    };
    let at = form.get(key).map_or(form.at, |node| node.at);
    match text
        .starts_with('$')
        .then(|| builder.expression(text, at))
        .flatten()
    {
        Some(expression) => Text::Expr(expression),
        None => Text::Constant(text.to_owned()),
    }
}

fn until(builder: &mut Builder, form: &Form) -> Option<Until> {
    match (form.get("duration"), form.get("timestamp")) {
        (Some(node), None) => {
            if let Some(text) = node.text() {
                return builder.expression(text, node.at).map(Until::Seconds);
            }
            let seconds = builder.number(form, "duration", (1.0, WAIT))?;
            Some(Until::Seconds(Expr::Literal(Value::from(seconds))))
        }
        (None, Some(node)) => {
            let text = builder.text(node, "timestamp")?;
            if text.starts_with('$') {
                return builder.expression(text, node.at).map(Until::Moment);
            }
            if text.parse::<jiff::Timestamp>().is_err() {
                builder.error(
                    node.at,
                    format!("`{text}` is no moment such as 2026-01-31T12:00:00Z"),
                );
            }
            Some(Until::Moment(Expr::Literal(Value::from(text))))
        }
        (None, None) => {
            builder.error(form.at, "`duration` is missing, or `timestamp`");
            None
        }
        (Some(_), Some(node)) => {
            builder.error(node.at, "a wait has `duration` or `timestamp`, not both");
            None
        }
    }
}

fn choice(builder: &mut Builder, form: &Form, id: StepId, siblings: &Siblings) -> Choice {
    let mut cases = Vec::new();
    if let Some(node) = form.get("choices") {
        for item in builder.some(node, "`choices`") {
            cases.extend(case(builder, item, id, siblings));
        }
    } else {
        builder.error(form.at, "`choices` is missing");
    }
    let (default_body, default) = match form
        .get("default")
        .and_then(|node| builder.form(node, "`default`"))
    {
        Some(form) => {
            let way = way(builder, &form, id, siblings);
            builder.done(&form);
            way
        }
        None => (None, None),
    };
    // Without a default the choice just ends.
    Choice {
        cases,
        default_body,
        default,
    }
}

fn case(builder: &mut Builder, node: &Node, id: StepId, siblings: &Siblings) -> Option<Case> {
    let form = builder.form(node, "an option")?;
    let condition = builder.need_text(&form, "condition");
    let at = form.get("condition").map_or(form.at, |node| node.at);
    let (body, next) = way(builder, &form, id, siblings);
    builder.done(&form);
    let when = builder.expression(condition?, at)?;
    Some(Case {
        when,
        at,
        body,
        next,
        assign: None,
    })
}

fn way(
    builder: &mut Builder,
    form: &Form,
    id: StepId,
    siblings: &Siblings,
) -> (Option<ScopeId>, Option<Next>) {
    let body = form
        .get("steps")
        .map(|steps| inside(builder, ScopeKind::Option, id, steps));
    let next = form
        .get("goto")
        .and_then(|name| siblings.find(builder, name, "goto"));
    (body, next)
}

fn inside(builder: &mut Builder, kind: ScopeKind, id: StepId, steps: &Node) -> ScopeId {
    let scope = builder.scope(kind, steps.at, Some(id));
    sequence(builder, scope, steps);
    scope
}

fn branches(builder: &mut Builder, form: &Form, id: StepId) -> Vec<ScopeId> {
    let Some(node) = form.get("branches") else {
        builder.error(form.at, "`branches` is missing");
        return Vec::new();
    };
    let items = builder.some(node, "`branches`");
    if items.len() > BRANCHES {
        builder.error(
            node.at,
            format!("a parallel step has at most {BRANCHES} branches"),
        );
    }
    let mut scopes = Vec::new();
    for item in items {
        let Some(form) = builder.form(item, "a branch") else {
            continue;
        };
        match form.get("steps") {
            Some(steps) => scopes.push(inside(builder, ScopeKind::Branch, id, steps)),
            None => builder.error(form.at, "`steps` is missing"),
        }
        builder.done(&form);
    }
    scopes
}

fn foreach(builder: &mut Builder, form: &Form, id: StepId) -> Option<Fan> {
    let items = if let Some(node) = form.get("iterationMapping") {
        let form = builder.form(node, "`iterationMapping`");
        form.and_then(|form| items(builder, &form))
    } else {
        builder.error(form.at, "`iterationMapping` is missing");
        None
    };
    let Some(steps) = form.get("steps") else {
        builder.error(form.at, "`steps` is missing");
        return None;
    };
    let body = inside(builder, ScopeKind::Iteration, id, steps);
    Some(Fan {
        items: items?,
        each: None,
        body,
        most: WIDTH,
        width: None,
        distributed: None,
    })
}

fn items(builder: &mut Builder, form: &Form) -> Option<Items> {
    let list = builder.need_text(form, "collection")?;
    let at = form.get("collection").map_or(form.at, |node| node.at);
    let item = builder.need_text(form, "item").map(str::to_owned);
    let index = builder.optional_text(form, "index").map(str::to_owned);
    builder.done(form);
    Some(Items {
        list: builder.expression(list, at)?,
        at,
        item,
        index,
    })
}
