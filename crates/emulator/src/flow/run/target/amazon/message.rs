//! `sqs:sendMessage` and `sns:publish`, by queues and topics of MNS.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Header};

use super::super::message::fault;
use super::super::{Called, Runner, answered, parameter, text};
use super::with_request;
use crate::flow::run::effect::request_id;
use crate::mns::{Address, Letter};

/// Sends `MessageBody` to the queue that the last part of `QueueUrl` names.
pub(in super::super) async fn send(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let to = last(call, "QueueUrl")?;
    let delay = parameter(call, "DelaySeconds").map(|delay| delay.as_i64().unwrap_or(-1));
    let letter = letter((header, call), "MessageBody")?;
    let letter = letter
        .with_order(None, delay)
        .map_err(|error| fault(&error))?;
    let posted = runner.mns.send(Address::Queue(to), letter).await;
    let posted = posted.map_err(|error| fault(&error))?;
    let output = json!({
        "MD5OfMessageBody": posted.digest.to_ascii_lowercase(),
        "MessageId": posted.message_id,
    });
    Ok(answered(
        call,
        with_request(output, 200, &request(header, call)),
    ))
}

/// Publishes `Message` to the topic that the last part of `TopicArn` names, with `MessageAttributes` as texts.
pub(in super::super) async fn publish(
    runner: &Arc<Runner>,
    header: &Header,
    call: &Call,
) -> Called {
    let to = last(call, "TopicArn")?;
    let attributes = parameter(call, "MessageAttributes").and_then(Value::as_object);
    let attributes = attributes.into_iter().flatten();
    let attributes = attributes.map(|(name, value)| {
        let value = value.get("StringValue").unwrap_or(value);
        (name.clone(), text(value))
    });
    let letter = letter((header, call), "Message")?;
    let letter = letter.with_tag("", attributes.collect());
    let letter = letter.map_err(|error| fault(&error))?;
    let posted = runner.mns.send(Address::Topic(to), letter).await;
    let posted = posted.map_err(|error| fault(&error))?;
    let output = json!({"MessageId": posted.message_id});
    Ok(answered(
        call,
        with_request(output, 200, &request(header, call)),
    ))
}

/// What is sent. A call that is made again after a crash sends a message with the same id.
fn letter((header, call): (&Header, &Call), body: &str) -> Result<Letter, Fault> {
    let body = parameter(call, body).ok_or_else(|| missing(body))?;
    let id = request(header, call).replace('-', "").to_uppercase();
    Ok(Letter::new(text(body)).with_id(id))
}

/// The last part of an address or ARN: the name of the queue or topic.
fn last(call: &Call, name: &str) -> Result<String, Fault> {
    let whole = parameter(call, name).and_then(Value::as_str);
    let whole = whole.ok_or_else(|| missing(name))?;
    let last = whole.rsplit(['/', ':']).next().unwrap_or(whole);
    Ok(last.to_owned())
}

fn request(header: &Header, call: &Call) -> String {
    request_id(header, (call.scheduled, call.since))
}

fn missing(name: &str) -> Fault {
    let words = format!("the parameter {name} is missing");
    Fault::new("MNS.InvalidArgument", words)
}
