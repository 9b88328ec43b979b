//! Topics and their attributes.

use serde::{Deserialize, Serialize};
use wire::xml::{Document, Element};

use super::queue::SIZE;
use super::seconds;
use super::setting::{flag, number, shown};
use crate::mns::error::{MnsError, Outcome};

/// How long a published message is kept, in milliseconds: a day, pushed or not (`GetTopicAttributes` of the vendor's docs).
pub(in crate::mns) const RETENTION_MS: i64 = 86_400_000;

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mns) struct Topic {
    pub(in crate::mns) name: String,
    pub(in crate::mns) attributes: Attributes,
    pub(in crate::mns) created_ms: i64,
    pub(in crate::mns) modified_ms: i64,
}

/// What can be set of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) struct Attributes {
    /// Bytes of a message at most.
    pub(in crate::mns) size: i64,
    pub(in crate::mns) logging: bool,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            size: SIZE.1,
            logging: false,
        }
    }
}

impl Attributes {
    /// These with what a document says; what it leaves out stays.
    pub(in crate::mns) fn changed(mut self, document: &Element) -> Outcome<Self> {
        for element in &document.children {
            match element.name.as_str() {
                "MaximumMessageSize" => self.size = number(element, SIZE, "bytes")?,
                "LoggingEnabled" => self.logging = flag(element)?,
                other => return Err(MnsError::schema(other)),
            }
        }
        Ok(self)
    }
}

impl Topic {
    /// Writes the attributes; `messages` are those of the last day.
    pub(in crate::mns) fn write(&self, document: Document, messages: i64) -> Document {
        document
            .leaf("TopicName", &self.name)
            .leaf("CreateTime", &seconds(self.created_ms))
            .leaf("LastModifyTime", &seconds(self.modified_ms))
            .leaf("MaximumMessageSize", &self.attributes.size.to_string())
            .leaf("MessageRetentionPeriod", &seconds(RETENTION_MS))
            .leaf("MessageCount", &messages.to_string())
            .leaf("LoggingEnabled", shown(self.attributes.logging))
    }
}
