//! Tasks: what they call, how long they may take.

use serde_json::Value;

use super::{integration, paths};
use crate::Finding;
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::program::{Pattern, Target, Task};

/// The longest time-out, in seconds.
const TIMEOUT: f64 = 99_999_999.0;

pub(super) fn read(builder: &mut Builder, form: &Form) -> Option<Task> {
    let resource = builder.need_text(form, "Resource");
    let timeout = seconds(builder, form, "TimeoutSeconds");
    let heartbeat = seconds(builder, form, "HeartbeatSeconds");
    let parameters = paths::payload(builder, form, "Parameters");
    let resource = resource?;
    let at = form.get("Resource").map_or(form.at, |node| node.at);
    integration::doubt(builder, resource, at);
    let (target, pattern) = resource_of(resource);
    let is_activity = is_activity(resource);
    if target.is_unknown() && !is_activity {
        let said = format!("`{resource}` names no function and no integration");
        let hint = "such as acs:fc:::functions/NAME, arn:aws:lambda:::function:NAME or arn:aws:states:::lambda:invoke";
        let finding = Finding::warning(at, said);
        builder.findings.push(finding.hint(hint));
    }
    if heartbeat.is_some() && pattern != Pattern::Callback && !is_activity {
        let at = form.any(&["HeartbeatSeconds", "HeartbeatSecondsPath"]);
        let said = "heartbeats are missed only by tasks that wait for a report";
        let finding = Finding::warning(at.map_or(form.at, |node| node.at), said);
        let hint = "TimeoutSeconds ends a task that takes too long";
        builder.findings.push(finding.hint(hint));
    }
    Some(Task {
        target,
        pattern,
        parameters,
        options: None,
        timeout,
        heartbeat,
    })
}

/// Seconds that stand in the text or at a path.
fn seconds(builder: &mut Builder, form: &Form, key: &str) -> Option<Expr> {
    let path = format!("{key}Path");
    match (form.get(key), form.get(&path)) {
        (Some(_), Some(node)) => {
            let said = format!("a task has {key} or {path}, not both");
            builder.error(node.at, said);
            None
        }
        (None, Some(_)) => paths::needed(builder, form, &path).map(Expr::Path),
        _ => builder
            .number(form, key, (1.0, TIMEOUT))
            .map(|seconds| Expr::Literal(Value::from(seconds))),
    }
}

/// Whether a resource is work that somebody else asks for, which the local cloud has none of.
fn is_activity(name: &str) -> bool {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    matches!(parts[..], ["arn", _, "states", _, _, path] if path.starts_with("activity:"))
}

/// What a resource name calls, and what is waited for: by the names of either vendor. Partition, region and account say nothing
/// here.
fn resource_of(name: &str) -> (Target, Pattern) {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let other = Target::Other(name.to_owned());
    match parts[..] {
        ["acs", ..] => (Target::of_resource(name), Pattern::Response),
        [_, _, "lambda", _, _, path] => (function(path).unwrap_or(other), Pattern::Response),
        [_, _, "states", "", "", path] => action(path).unwrap_or((other, Pattern::Response)),
        _ => (other, Pattern::Response),
    }
}

fn function(path: &str) -> Option<Target> {
    let path = path.strip_prefix("function:")?;
    let (name, qualifier) = match path.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (path, None),
    };
    Some(Target::Function {
        name: name.to_owned(),
        qualifier: qualifier
            .filter(|qualifier| *qualifier != "$LATEST")
            .map(str::to_owned),
    })
}

/// An operation of a product. What waits for completion and gets the result read keeps its `:2`: `startExecution:2`.
fn action(path: &str) -> Option<(Target, Pattern)> {
    let known = [
        (".waitForTaskToken", Pattern::Callback),
        (".sync:2", Pattern::Completion),
        (".sync", Pattern::Completion),
    ];
    let mut ends = known.into_iter();
    let found = ends.find_map(|(end, pattern)| Some((path.strip_suffix(end)?, pattern)));
    let edition = if path.ends_with(".sync:2") { ":2" } else { "" };
    let (path, pattern) = found.unwrap_or((path, Pattern::Response));
    let (product, operation) = path.rsplit_once(':')?;
    let target = Target::Action {
        product: product.to_owned(),
        operation: format!("{operation}{edition}"),
    };
    Some((target, pattern))
}

#[cfg(test)]
mod tests {
    use super::resource_of;
    use crate::program::{Pattern, Target};

    #[test]
    fn a_resource_may_be_named_as_the_local_cloud_names_it() {
        let target = |name: &str, qualifier: &str| Target::Function {
            name: name.to_owned(),
            qualifier: Some(qualifier.to_owned()),
        };
        let named = resource_of("acs:fc:cn-hangzhou:1:functions/pay/live");
        assert_eq!(named, (target("pay", "live"), Pattern::Response));
    }

    #[test]
    fn resources_name_what_is_called_and_waited_for() {
        let function = |qualifier: Option<&str>| Target::Function {
            name: "pay".to_owned(),
            qualifier: qualifier.map(str::to_owned),
        };
        let action = |product: &str, operation: &str| Target::Action {
            product: product.to_owned(),
            operation: operation.to_owned(),
        };
        let activity = "arn:aws:states:us-east-1:1:activity:sign";
        let all = [
            (
                "arn:aws:lambda:us-east-1:1:function:pay",
                function(None),
                Pattern::Response,
            ),
            (
                "arn:aws-cn:lambda:x:1:function:pay:live",
                function(Some("live")),
                Pattern::Response,
            ),
            (
                "arn:aws:lambda:x:1:function:pay:$LATEST",
                function(None),
                Pattern::Response,
            ),
            (
                "arn:aws:states:::lambda:invoke",
                action("lambda", "invoke"),
                Pattern::Response,
            ),
            (
                "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                action("sqs", "sendMessage"),
                Pattern::Callback,
            ),
            (
                "arn:aws:states:::states:startExecution.sync",
                action("states", "startExecution"),
                Pattern::Completion,
            ),
            (
                "arn:aws:states:::states:startExecution.sync:2",
                action("states", "startExecution:2"),
                Pattern::Completion,
            ),
            (
                "arn:aws:states:::aws-sdk:s3:getObject",
                action("aws-sdk:s3", "getObject"),
                Pattern::Response,
            ),
            (
                activity,
                Target::Other(activity.to_owned()),
                Pattern::Response,
            ),
            ("pay", Target::Other("pay".to_owned()), Pattern::Response),
        ];
        for (text, target, pattern) in all {
            assert_eq!(resource_of(text), (target, pattern), "{text}");
        }
    }
}
