//! Constructors: the templates of the second language.

use crate::expression::Root;
use crate::form::{Builder, Form};
use crate::program::{Dataflow, Template};
use crate::template::{expression, template};

/// `InputConstructor`, `OutputConstructor` and `GlobalConstructor`.
pub(super) fn of(builder: &mut Builder, form: &Form) -> Dataflow {
    Dataflow::Constructors {
        input: optional(builder, form, "InputConstructor"),
        output: of_result(builder, form, "OutputConstructor"),
        global: of_result(builder, form, "GlobalConstructor"),
    }
}

/// A constructor that sees the result.
fn of_result(builder: &mut Builder, form: &Form, key: &str) -> Option<Template> {
    builder.seeing(Root::Output, |builder| optional(builder, form, key))
}

/// A constructor that may be there.
pub(super) fn optional(builder: &mut Builder, form: &Form, key: &str) -> Option<Template> {
    if let Some(node) = form.get(&format!("{key}.$")) {
        return expression(builder, node);
    }
    let node = form.get(key)?;
    if node.entries().is_none() {
        builder.error(
            node.at,
            format!("`{key}` must be a map, not {}", node.noun()),
        );
        return None;
    }
    template(builder, node)
}
