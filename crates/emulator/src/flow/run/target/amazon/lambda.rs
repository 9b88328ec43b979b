//! `lambda:invoke`.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::Target;
use workflow::engine::{Call, Fault, Header};

use super::super::function::{ask, service_fault};
use super::super::{Called, Runner, answered, parameter, result};
use super::with_request;
use crate::flow::run::effect::{request_id, trace};

/// Calls the function that `FunctionName` names with `Payload`, always as JSON; without one it gets an empty object. The
/// function's own error is the task's, as if its ARN stood in the task ("Invoke an AWS Lambda function with Step Functions").
pub(in super::super) async fn invoke(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let text = |name: &str| parameter(call, name).and_then(Value::as_str);
    let named =
        text("FunctionName").ok_or_else(|| invalid("the parameter FunctionName is missing"))?;
    let (name, qualifier) = function(named);
    let qualifier = text("Qualifier").map(str::to_owned).or(qualifier);
    let qualifier = qualifier.filter(|qualifier| qualifier != "$LATEST");
    let payload = call.parameters.as_ref().and_then(|all| all.get("Payload"));
    let event = payload.map_or_else(
        || b"{}".to_vec(),
        |payload| payload.to_string().into_bytes(),
    );
    let request = request_id(header, (call.scheduled, call.since));
    match text("InvocationType").unwrap_or("RequestResponse") {
        "RequestResponse" => {}
        "Event" => {
            let functions = &runner.functions;
            let trace = trace(header, call.scheduled);
            let called = (&*name, qualifier.as_deref());
            let enqueued = functions.enqueue_event(called, (&request, Some(&trace), None), event);
            enqueued.await.map_err(|error| service_fault(&error))?;
            let output = json!({"Payload": "", "StatusCode": 202});
            return Ok(answered(call, with_request(output, 202, &request)));
        }
        other => return Err(invalid(format!("there is no InvocationType {other} here"))),
    }
    let answer = ask(runner, (header, call), (&name, qualifier.as_deref()), event).await?;
    let payload = result(&answer.payload)
        .unwrap_or_else(|| Value::from(String::from_utf8_lossy(&answer.payload)));
    let output = json!({
        "ExecutedVersion": qualifier.as_deref().unwrap_or("$LATEST"),
        "Payload": payload,
        "StatusCode": 200,
    });
    Ok(answered(call, with_request(output, 200, &request)))
}

/// The function that a name, an ARN or the end of one names, and its qualifier: `NAME`, `NAME:QUALIFIER`,
/// `ACCOUNT:function:NAME`, `arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER`; also `acs:fc:…:functions/NAME`.
fn function(named: &str) -> (String, Option<String>) {
    if let Target::Function { name, qualifier } = Target::of_resource(named)
        && named.starts_with("acs:")
    {
        return (name, qualifier);
    }
    let own = named.split_once("function:").map_or(named, |(_, own)| own);
    match own.split_once(':') {
        Some((name, qualifier)) => (name.to_owned(), Some(qualifier.to_owned())),
        None => (own.to_owned(), None),
    }
}

fn invalid(words: impl Into<String>) -> Fault {
    Fault::new("FC.InvalidArgument", words)
}

#[cfg(test)]
mod tests {
    use super::function;

    #[test]
    fn all_spellings_of_a_function_name_it() {
        for (named, name, qualifier) in [
            ("pay", "pay", None),
            ("pay:live", "pay", Some("live")),
            ("1:function:pay", "pay", None),
            ("arn:aws:lambda:us-east-1:1:function:pay", "pay", None),
            ("arn:aws-cn:lambda:x:1:function:pay:7", "pay", Some("7")),
            ("acs:fc:x:1:functions/pay/live", "pay", Some("live")),
        ] {
            let wanted = (name.to_owned(), qualifier.map(str::to_owned));
            assert_eq!(function(named), wanted, "{named}");
        }
    }
}
