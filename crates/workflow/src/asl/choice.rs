//! Choices.

use super::condition::condition;
use super::state::{JSONATA, refuse};
use crate::Node;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Case, Choice};
use crate::variables::assign;

pub(super) fn read(builder: &mut Builder, form: &Form, names: &Names) -> Choice {
    let mut cases = Vec::new();
    match form.get("Choices") {
        Some(node) => {
            let items = builder.list(node, "`Choices`");
            if items.is_empty() {
                builder.error(node.at, "a choice has one rule at least");
            }
            for item in items {
                cases.extend(case(builder, item, names));
            }
        }
        None => builder.error(form.at, "`Choices` is missing"),
    }
    // Without a default, an execution that no rule fits fails.
    let default = form.get("Default");
    let default = default.and_then(|node| names.find(builder, node, "Default"));
    Choice {
        cases,
        default_body: None,
        default,
    }
}

fn case(builder: &mut Builder, node: &Node, names: &Names) -> Option<Case> {
    let form = builder.form(node, "a rule of a choice")?;
    let when = condition(builder, &form);
    let next = names.need(builder, &form, "Next");
    refuse(builder, &form, &["Output"], JSONATA);
    let assign = assign(builder, &form);
    builder.done(&form);
    Some(Case {
        when: when?,
        at: form.at,
        body: None,
        next: Some(next?),
        assign,
    })
}
