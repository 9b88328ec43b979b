//! Tasks of the second language.

use super::state::seconds;
use crate::actions;
use crate::form::{Builder, Form};
use crate::program::{Pattern, Target, Task};
use crate::template::template;

/// The longest time-out, in seconds; 0 is none.
const TIMEOUT: f64 = 604_800.0;

pub(super) fn task(builder: &mut Builder, form: &Form) -> Option<Task> {
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
            let at = form.get("TaskMode").map_or(form.at, |node| node.at);
            builder.error(
                at,
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
    let given = form.get("Parameters");
    let at = form.get("Action").map_or(form.at, |node| node.at);
    if actions::doubt(builder, (product, operation), at) {
        actions::need(builder, action, given, form.at);
    }
    let parameters = given.and_then(|node| template(builder, node));
    let target = Target::Action {
        product: product.to_owned(),
        operation: operation.to_owned(),
    };
    Some(Task {
        target,
        pattern,
        parameters,
        options: None,
        timeout,
        heartbeat: None,
    })
}
