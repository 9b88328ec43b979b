//! Queues and topics as targets of tasks.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Header};

use super::{Called, Runner, answered, parameter, text};
use crate::flow::run::effect::request_id;
use crate::mns::{Address, Letter, MnsError};

/// Sends to what a resource of the first language names, `queues/NAME/messages` or `topics/NAME/messages` ("Integrate MNS
/// queues", "Integrate MNS topics" of the vendor's docs).
pub(super) async fn send(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    path: &str,
) -> Called {
    let to = Address::of_path(path);
    let to = to.ok_or_else(|| invalid(format!("{path} is no queue's or topic's messages")))?;
    deliver(runner, (header, call), to, "MessageBody").await
}

/// `MNS:SendMessage` of the second language: queue or topic by its parameter.
pub(super) async fn act(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let arn = parameter(call, "ResourceArn").and_then(Value::as_str);
    let arn = arn.ok_or_else(|| invalid("the parameter resourceArn is missing"))?;
    let to = Address::of_arn(arn);
    let to = to.ok_or_else(|| invalid(format!("{arn} is no queue or topic")))?;
    deliver(runner, (header, call), to, "Message").await
}

async fn deliver(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    to: Address,
    body: &str,
) -> Called {
    let request = request_id(header, (call.scheduled, call.since));
    let body =
        parameter(call, body).ok_or_else(|| invalid(format!("the parameter {body} is missing")))?;
    // A call that is made again after a crash sends a message with the same id.
    let letter = Letter::new(text(body)).with_id(request.replace('-', "").to_uppercase());
    let letter = addressed(letter, call, &to).map_err(|error| fault(&error))?;
    let posted = runner.mns.send(to, letter).await;
    let posted = posted.map_err(|error| fault(&error))?;
    let output = json!({
        "MessageId": posted.message_id,
        "MessageBodyMD5": posted.digest,
        "RequestId": request,
    });
    Ok(answered(call, output))
}

/// With what else the parameters say.
fn addressed(letter: Letter, call: &Call, to: &Address) -> Result<Letter, MnsError> {
    let number = |name: &str| match parameter(call, name) {
        Some(Value::String(text)) => text.trim().parse().ok().or(Some(-1)),
        Some(value) => value.as_i64().or(Some(-1)),
        None => None,
    };
    match to {
        Address::Queue(_) => letter.with_order(number("Priority"), number("DelaySeconds")),
        Address::Topic(_) => {
            let tag = parameter(call, "MessageTag").map(text);
            let attributes = parameter(call, "MessageAttributes").and_then(Value::as_object);
            let attributes = attributes.into_iter().flatten();
            let attributes = attributes.map(|(name, value)| (name.clone(), text(value)));
            letter.with_tag(&tag.unwrap_or_default(), attributes.collect())
        }
    }
}

fn invalid(words: impl Into<String>) -> Fault {
    Fault::new("MNS.InvalidArgument", words)
}

pub(super) fn fault(error: &MnsError) -> Fault {
    Fault::new(format!("MNS.{}", error.code), error.message.clone())
}
