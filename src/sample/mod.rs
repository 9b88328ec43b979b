//! Example events: what a function gets when a trigger calls it, with values of our own. Pure.
//!
//! The forms are the vendor's; what a trigger says itself (its name, payload, bucket, prefix, methods, topic, domain, queue) is taken from it.

mod bucket;
mod cdn;
mod queue;
mod timer;
mod topic;
mod web;

use serde_json::Value as Json;

use crate::resource::Object;

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A trigger of type `timer`.
    Timer,
    /// A trigger of type `oss`.
    Bucket,
    /// A trigger of type `http`.
    Web,
    /// A trigger of type `mns_topic`.
    Topic,
    /// A trigger of type `cdn_events`.
    Cdn,
    /// A trigger of type `eventbridge` whose source is a queue.
    Queue,
}

/// Where and when it happens.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The account's id.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// When.
    pub time: jiff::Timestamp,
    /// The host of a trigger for web requests, if it has one.
    pub host: Option<&'a str>,
    /// The trigger's id, if it has one.
    pub trigger_id: Option<&'a str>,
}

/// An account's id where none is known.
pub const ACCOUNT: &str = "1234567890123456";
/// Ids that look like those of the vendor.
const TRIGGER_ID: &str = "00000000-1111-2222-3333-444444444444";
const REQUEST_ID: &str = "1-00000000-111111111111111111111111";

impl Source {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Timer,
        Self::Bucket,
        Self::Web,
        Self::Topic,
        Self::Cdn,
        Self::Queue,
    ];

    /// The type of its triggers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Bucket => "oss",
            Self::Web => "http",
            Self::Topic => "mns_topic",
            Self::Cdn => "cdn_events",
            Self::Queue => "eventbridge",
        }
    }

    /// That of triggers of a type; `None`: there is no example for it.
    pub fn of(trigger_type: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|source| source.name() == trigger_type)
    }

    /// That of a trigger with these attributes; `None`: there is no example for it.
    pub fn of_trigger(trigger: &Object) -> Option<Self> {
        let source = Self::of(text(trigger, &["triggerType"])?)?;
        let comes_from = ["triggerConfig", "eventSourceConfig", "eventSourceType"];
        let is_known = source != Self::Queue || text(trigger, &comes_from) == Some("MNS");
        is_known.then_some(source)
    }

    /// An event of a trigger with these attributes. What they do not say, or only with a secret, is made up.
    pub fn event(self, trigger: &Object, scene: &Scene<'_>) -> Json {
        match self {
            Self::Timer => timer::event(trigger, scene),
            Self::Bucket => bucket::event(trigger, scene),
            Self::Web => web::event(trigger, scene),
            Self::Topic => topic::event(trigger, scene),
            Self::Cdn => cdn::event(trigger, scene),
            Self::Queue => queue::event(trigger, scene),
        }
    }

    /// Whether a function of this runtime gets such an event as a call: a web server gets requests themselves.
    pub fn is_called_with(self, runtime: &str) -> bool {
        self != Self::Web || !runtime.starts_with("custom")
    }
}

/// What a call sends for an event: a text as it is, everything else as JSON.
pub fn payload(event: &Json) -> String {
    event
        .as_str()
        .map_or_else(|| event.to_string(), str::to_owned)
}

/// A text of a trigger, by the names on the way to it.
fn text<'a>(trigger: &'a Object, path: &[&str]) -> Option<&'a str> {
    let (first, rest) = path.split_first()?;
    let value = trigger.get(*first)?;
    let found = rest.iter().try_fold(value, |value, name| value.get(*name));
    found?.as_str().filter(|text| !text.is_empty())
}

/// The first text of a list in the trigger's settings.
fn first<'a>(trigger: &'a Object, name: &str) -> Option<&'a str> {
    trigger.get("triggerConfig")?.get(name)?.get(0)?.as_str()
}

#[cfg(test)]
mod tests;
