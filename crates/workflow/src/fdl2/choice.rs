//! Choices of the second language.

use crate::Node;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Case, Choice};

pub(super) fn choice(builder: &mut Builder, form: &Form, names: &Names) -> Choice {
    let mut cases = Vec::new();
    match form.get("Branches") {
        Some(node) => {
            for item in builder.some(node, "`Branches`") {
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
    let next = names.need(builder, &form, "Next");
    builder.done(&form);
    let when = builder.expression(condition?, at)?;
    Some(Case {
        when,
        at,
        body: None,
        next: Some(next?),
        assign: None,
    })
}
