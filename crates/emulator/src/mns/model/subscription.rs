//! Subscriptions: who gets what of a topic, where, and in which form.

use http::Uri;
use serde::{Deserialize, Serialize};
use wire::xml::{Document, Element};

use super::address::Address;
use super::seconds;
use super::strategy::Strategy;
use crate::identity::chance;
use crate::mns::error::{MnsError, Outcome};
use crate::push::is_here;

/// Characters of a tag at most.
pub(super) const TAG: usize = 16;
/// Where a push goes when the endpoint has no path (`HttpEndpoint` of the vendor's docs).
const PATH: &str = "/notifications";

/// In which form a message is delivered. The words are the vendor's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) enum Format {
    #[default]
    #[serde(rename = "XML")]
    Xml,
    #[serde(rename = "JSON")]
    Json,
    /// The message as it was published.
    #[serde(rename = "SIMPLIFIED")]
    Simplified,
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mns) enum Endpoint {
    /// A queue of this cloud.
    Queue(String),
    /// An address on this machine.
    Http(Uri),
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mns) struct Subscription {
    pub(in crate::mns) topic: String,
    pub(in crate::mns) name: String,
    pub(in crate::mns) terms: Terms,
    pub(in crate::mns) created_ms: i64,
    pub(in crate::mns) modified_ms: i64,
}

/// What a subscription says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) struct Terms {
    /// As it was written.
    pub(in crate::mns) endpoint: String,
    /// Only messages with this tag; empty: all.
    pub(in crate::mns) tag: String,
    pub(in crate::mns) strategy: Strategy,
    pub(in crate::mns) format: Format,
}

impl Format {
    fn of(word: &str) -> Option<Self> {
        let all = [Self::Xml, Self::Json, Self::Simplified];
        all.into_iter().find(|format| format.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Xml => "XML",
            Self::Json => "JSON",
            Self::Simplified => "SIMPLIFIED",
        }
    }
}

impl Endpoint {
    /// Reads an endpoint ("Subscribe" of the vendor's docs).
    pub(in crate::mns) fn read(text: &str) -> Outcome<Self> {
        let invalid = |why: &str| {
            MnsError::bad(
                "EndpointInvalid",
                format!("The endpoint you provided is invalid: {why}."),
            )
        };
        if ["mail:", "sms:"].iter().any(|kind| text.starts_with(kind)) {
            return Err(MnsError::unserved("endpoints that are mail or telephones"));
        }
        if text.starts_with("acs:mns:") {
            return match Address::of_arn(text) {
                Some(Address::Queue(name)) => Ok(Self::Queue(name)),
                _ => Err(invalid(
                    "it should be acs:mns:{REGION}:{AccountID}:queues/{QueueName}",
                )),
            };
        }
        let uri: Option<Uri> = text.parse().ok();
        let uri = uri.filter(|uri| uri.scheme_str() == Some("http"));
        let uri = uri.ok_or_else(|| invalid("it should begin with http:// or name a queue"))?;
        if !is_here(&uri) {
            return Err(invalid(
                "the local cloud pushes to addresses of this machine only",
            ));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path == "/" { PATH } else { path };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let uri = Uri::builder()
            .scheme("http")
            .authority(authority)
            .path_and_query(path);
        uri.build()
            .map(Self::Http)
            .map_err(|error| invalid(&error.to_string()))
    }
}

impl Terms {
    /// What a new subscription's document says.
    pub(in crate::mns) fn read(document: &Element) -> Outcome<Self> {
        let mut terms = Self::default();
        for element in &document.children {
            let text = element.text.trim();
            match element.name.as_str() {
                "Endpoint" => text.clone_into(&mut terms.endpoint),
                "FilterTag" => {
                    check_tag("FilterTag", text)?;
                    text.clone_into(&mut terms.tag);
                }
                "NotifyContentFormat" => {
                    terms.format = Format::of(text).ok_or_else(|| word(&element.name, text))?;
                }
                "NotifyStrategy" => terms.strategy = strategy(element)?,
                other => return Err(MnsError::schema(other)),
            }
        }
        Endpoint::read(&terms.endpoint)?;
        Ok(terms)
    }

    /// These with what a document says: only the strategy can be changed (`SetSubscriptionAttributes` of the vendor's docs).
    pub(in crate::mns) fn changed(mut self, document: &Element) -> Outcome<Self> {
        for element in &document.children {
            match element.name.as_str() {
                "NotifyStrategy" => self.strategy = strategy(element)?,
                other => return Err(MnsError::schema(other)),
            }
        }
        Ok(self)
    }
}

fn strategy(element: &Element) -> Outcome<Strategy> {
    let text = element.text.trim();
    Strategy::of(text).ok_or_else(|| word(&element.name, text))
}

fn word(name: &str, text: &str) -> MnsError {
    MnsError::invalid(format!("The value of {name} cannot be {text:?}."))
}

/// Refuses a tag that is too long.
pub(super) fn check_tag(name: &str, tag: &str) -> Outcome<()> {
    if tag.chars().count() > TAG {
        let message = format!("The length of {name} should between 1 and {TAG}.");
        return Err(MnsError::invalid(message));
    }
    Ok(())
}

impl Subscription {
    /// Whether it is for messages with this tag.
    pub(in crate::mns) fn wants(&self, tag: &str) -> bool {
        self.terms.tag.is_empty() || self.terms.tag == tag
    }

    /// Writes the attributes.
    pub(in crate::mns) fn write(&self, document: Document, owner: &str) -> Document {
        let terms = &self.terms;
        let tag = Some(terms.tag.as_str()).filter(|tag| !tag.is_empty());
        document
            .leaf("SubscriptionName", &self.name)
            .leaf("Subscriber", owner)
            .leaf("TopicOwner", owner)
            .leaf("TopicName", &self.topic)
            .leaf("Endpoint", &terms.endpoint)
            .leaf("NotifyStrategy", terms.strategy.word())
            .leaf("NotifyContentFormat", terms.format.word())
            .optional("FilterTag", tag)
            .leaf("CreateTime", &seconds(self.created_ms))
            .leaf("LastModifyTime", &seconds(self.modified_ms))
    }

    /// Where it is seen.
    pub(in crate::mns) fn url(&self, host: &str) -> String {
        format!(
            "http://{host}/topics/{}/subscriptions/{}",
            self.topic, self.name
        )
    }

    /// When a delivery is tried again that failed so often, in milliseconds of the cloud's time; nothing: it is given up.
    pub(in crate::mns) fn next_try(&self, failed: u32, now_ms: i64) -> Option<i64> {
        let wait = self.terms.strategy.wait_ms(failed, chance());
        Some(now_ms + wait?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_queues_and_addresses_of_this_machine() {
        let http = |text: &str| match Endpoint::read(text) {
            Ok(Endpoint::Http(uri)) => uri.to_string(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(
            http("http://127.0.0.1:80"),
            "http://127.0.0.1:80/notifications"
        );
        assert_eq!(
            http("http://localhost:9/in?a=b"),
            "http://localhost:9/in?a=b"
        );
        assert_eq!(http("http://shop.localhost/in"), "http://shop.localhost/in");
        assert_eq!(http("http://[::1]:9/in"), "http://[::1]:9/in");
        let queue = Endpoint::read("acs:mns:cn-hangzhou:1:queues/q");
        assert_eq!(queue, Ok(Endpoint::Queue("q".to_owned())));
        for (text, code) in [
            ("", "EndpointInvalid"),
            ("https://127.0.0.1/", "EndpointInvalid"),
            ("http://example.com/", "EndpointInvalid"),
            ("acs:mns:cn-hangzhou:1:topics/t", "EndpointInvalid"),
            ("mail:directmail:a@b.c", "NotImplemented"),
            ("sms:directsms:anonymous", "NotImplemented"),
        ] {
            assert_eq!(Endpoint::read(text).unwrap_err().code, code, "{text}");
        }
    }
}
