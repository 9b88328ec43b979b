//! Who hears how an asynchronous call ended: functions, queues, topics, event buses.

use rusqlite::Connection;
use serde_json::Value as Json;

use super::{Event, tasks};
use crate::bridge::{self, Bridge, bus_of_arn};
use crate::function::error::{FcError, Outcome};
use crate::function::service::Shared;
use crate::function::trace::Origin;
use crate::identity::request_uuid;
use crate::mns::{Address, Letter, Mns, Posted};

/// A destination that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hearer {
    /// A function and a qualifier.
    Function(String, String),
    /// A queue or a topic.
    Post(Address),
    /// An event bus.
    Bus(String),
}

/// What became of telling one.
pub(super) enum Told {
    /// There is none, or it is a function, whose event is queued.
    Nothing,
    Posted(Posted),
    Put,
    /// It does not take the report, for this reason.
    Refused(String),
}

impl Hearer {
    /// By its resource name; nothing for other products, which are not told.
    pub(super) fn of_arn(arn: &str) -> Option<Self> {
        match function_of(arn) {
            Some((function, qualifier)) => Some(Self::Function(function, qualifier)),
            None => match Address::of_arn(arn) {
                Some(to) => Some(Self::Post(to)),
                None => bus_of_arn(arn).map(Self::Bus),
            },
        }
    }

    /// Tells it in the transaction that records the end. A queue, topic or bus that is not there, or does not take so much,
    /// keeps nothing from ending.
    pub(super) fn tell(
        self,
        db: &Connection,
        (mns, bridge): &(Mns, Bridge),
        event: &Event,
        report: &Json,
    ) -> Outcome<Told> {
        match self {
            Self::Function(function, qualifier) => {
                let (id, since) = (request_uuid(), event.enqueued_ms);
                let told = Event::new(
                    &id,
                    &function,
                    &qualifier,
                    report.to_string().as_bytes(),
                    since,
                );
                let told = told.made_for(Some(Origin::of_request(
                    event.origin.as_ref(),
                    &event.request_id,
                )));
                tasks::enqueue(db, &told)?;
                Ok(Told::Nothing)
            }
            Self::Post(to) => match mns.post(db, &to, &Letter::new(report.to_string())) {
                Ok(posted) => Ok(Told::Posted(posted)),
                Err(error) if error.status.is_server_error() => {
                    Err(failed(error.status, error.message))
                }
                Err(error) => Ok(Told::Refused(error.message)),
            },
            Self::Bus(bus) => match bridge.put(db, &bus, ended(event, report)) {
                Ok(_) => Ok(Told::Put),
                Err(error) if error.is_failure() => Err(failed(error.status, error.message)),
                Err(error) => Ok(Told::Refused(error.message)),
            },
        }
    }
}

impl Told {
    /// What follows when that is durable: a refusal is a line in the function's log.
    pub(super) fn committed(self, shared: &Shared, event: &Event) {
        match self {
            Self::Nothing => {}
            Self::Posted(posted) => shared.mns.committed(&posted),
            Self::Put => shared.bridge.committed(),
            Self::Refused(why) => {
                let id = &event.request_id;
                let text = format!(
                    "the destination of the asynchronous call {id} was not told how it ended: {why}"
                );
                shared.note((&event.function, &event.qualifier), Some(id), &text);
            }
        }
    }
}

/// The event that says how a call ended. The vendor documents its data; its attributes are a choice.
fn ended(event: &Event, report: &Json) -> bridge::Event {
    let arn = report["requestContext"]["functionArn"].as_str();
    let kind = match report["requestContext"]["condition"].as_str() {
        Some("") => "fc:AsyncInvocation:Succeeded",
        _ => "fc:AsyncInvocation:Failed",
    };
    bridge::Event::of(
        ("acs.fc", kind),
        &event.request_id,
        arn.unwrap_or_default(),
        report,
    )
}

fn failed(status: http::StatusCode, message: String) -> FcError {
    FcError::new(status, "InternalServerError", message)
}

/// `acs:fc:REGION:ACCOUNT:functions/NAME[/QUALIFIER]`, taken apart.
fn function_of(arn: &str) -> Option<(String, String)> {
    let mut parts = arn.splitn(5, ':');
    if (parts.next(), parts.next()) != (Some("acs"), Some("fc")) {
        return None;
    }
    let path = parts.nth(2)?.strip_prefix("functions/")?;
    let (name, qualifier) = path.split_once('/').unwrap_or((path, "LATEST"));
    (!name.is_empty()).then(|| (name.to_owned(), qualifier.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_queues_topics_and_buses_are_told_and_other_products_are_not() {
        let function = |name: &str, qualifier: &str| {
            Some(Hearer::Function(name.to_owned(), qualifier.to_owned()))
        };
        let queue = Some(Hearer::Post(Address::Queue("q".to_owned())));
        let topic = Some(Hearer::Post(Address::Topic("t".to_owned())));
        for (arn, hearer) in [
            ("acs:fc:r:1:functions/f", function("f", "LATEST")),
            ("acs:fc:r:1:functions/f/prod", function("f", "prod")),
            ("acs:fc:r:1:functions/", None),
            ("acs:mns:r:1:/queues/q/messages", queue),
            ("acs:mns:r:1:/topics/t/messages", topic),
            (
                "acs:eventbridge:r:1:eventbus/b",
                Some(Hearer::Bus("b".to_owned())),
            ),
            ("acs:mq:r:1:/instances/i/topic/t", None),
        ] {
            assert_eq!(Hearer::of_arn(arn), hearer, "{arn}");
        }
    }
}
