//! One state of the second language.

use serde_json::Value;

use super::{Names, construct, rules, states};
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::program::{
    Case, Choice, Fan, Items, Kind, Next, Pattern, ScopeId, ScopeKind, Step, StepId, Target, Task,
    Text, Until,
};
use crate::{Finding, Node};

/// The longest wait, in seconds.
const WAIT: f64 = 300.0;
/// The longest time-out, in seconds; 0 is none.
const TIMEOUT: f64 = 604_800.0;
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
    let next = next(builder, &form, &kind, names);
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

fn next(builder: &mut Builder, form: &Form, kind: &Kind, names: &Names) -> Option<Next> {
    let is_end = builder.flag(form, "End");
    let follower = form.get("Next");
    match (kind, follower) {
        (Kind::Succeed | Kind::Fail { .. }, None) => Some(Next::Return),
        (Kind::Succeed | Kind::Fail { .. } | Kind::Choice(_), Some(node)) => {
            builder.error(node.at, format!("a {} has no `Next`", kind.word()));
            None
        }
        (Kind::Choice(_), None) => Some(Next::End),
        (_, Some(node)) if is_end => {
            builder.error(node.at, "a state has `Next` or `End: true`, not both");
            None
        }
        (_, Some(node)) => names.find(builder, node, "Next"),
        (_, None) if is_end => Some(Next::End),
        (_, None) => {
            builder.findings.push(
                Finding::error(form.at, "`Next` is missing").hint("the last state has End: true"),
            );
            None
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
        "Choice" => Kind::Choice(choice(builder, form, names)),
        "Task" => Kind::Task(Box::new(task(builder, form)?)),
        "Parallel" => Kind::Parallel(branches(builder, form, id)),
        "Map" => Kind::Map(Box::new(map(builder, form, id)?)),
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

fn seconds(builder: &mut Builder, form: &Form, key: &str, bounds: (f64, f64)) -> Option<Expr> {
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

fn choice(builder: &mut Builder, form: &Form, names: &Names) -> Choice {
    let mut cases = Vec::new();
    match form.get("Branches") {
        Some(node) => {
            for item in builder.list(node, "`Branches`") {
                cases.extend(case(builder, item, names));
            }
        }
        None => builder.error(form.at, "`Branches` is missing"),
    }
    let default = if let Some(node) = form.get("Default") {
        names.find(builder, node, "Default")
    } else {
        let said = "`Default` is missing: a choice must know a way for everything";
        builder.error(form.at, said);
        None
    };
    Choice {
        cases,
        default_body: None,
        default,
    }
}

fn case(builder: &mut Builder, node: &Node, names: &Names) -> Option<Case> {
    let form = builder.form(node, "a branch of a choice")?;
    let condition = builder.need_text(&form, "Condition");
    let at = form.get("Condition").map_or(form.at, |node| node.at);
    form.get("Description");
    let next = if let Some(node) = form.get("Next") {
        names.find(builder, node, "Next")
    } else {
        builder.error(form.at, "`Next` is missing");
        None
    };
    builder.done(&form);
    let when = builder.expression(condition?, at)?;
    Some(Case {
        when,
        at,
        body: None,
        next: Some(next?),
    })
}

fn task(builder: &mut Builder, form: &Form) -> Option<Task> {
    let action = builder.need_text(form, "Action")?;
    let Some((product, operation)) = action.split_once(':') else {
        let at = form.get("Action").map_or(form.at, |node| node.at);
        builder.error(
            at,
            format!("`{action}` is no action such as FC:InvokeFunction"),
        );
        return None;
    };
    let pattern = match builder.optional_text(form, "TaskMode") {
        None | Some("RequestComplete") => Pattern::Response,
        Some("WaitForSystemCallback") => Pattern::Completion,
        Some("WaitForCustomCallback") => Pattern::Callback,
        Some(other) => {
            let known = "RequestComplete, WaitForSystemCallback and WaitForCustomCallback";
            builder.error(
                form.at,
                format!("there is no TaskMode `{other}`; there are {known}"),
            );
            return None;
        }
    };
    let has_timeout = form.any(&["Timeout", "Timeout.$"]).is_some();
    let timeout = if has_timeout {
        seconds(builder, form, "Timeout", (0.0, TIMEOUT))
    } else {
        None
    };
    let parameters = form
        .get("Parameters")
        .and_then(|node| construct::template(builder, node));
    let target = Target::Action {
        product: product.to_owned(),
        operation: operation.to_owned(),
    };
    Some(Task {
        target,
        pattern,
        parameters,
        timeout,
    })
}

fn branches(builder: &mut Builder, form: &Form, id: StepId) -> Vec<ScopeId> {
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

fn map(builder: &mut Builder, form: &Form, id: StepId) -> Option<Fan> {
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
