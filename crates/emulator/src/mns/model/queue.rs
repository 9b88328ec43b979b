//! Queues and their attributes.

use serde::{Deserialize, Serialize};
use wire::xml::{Document, Element};

use super::letter::DELAY;
use super::seconds;
use super::setting::{flag, number, shown};
use crate::mns::error::{MnsError, Outcome};

/// Bytes of a message at least and at most.
pub(super) const SIZE: (i64, i64) = (1024, 65_536);
const RETENTION: (i64, i64) = (60, 604_800);
/// Seconds that a received message may stay hidden.
pub(in crate::mns) const VISIBILITY: (i64, i64) = (1, 43_200);
const POLLING: (i64, i64) = (0, 30);
/// How often a message may be received before it is dead. The vendor's bounds are not published.
const RECEIPTS: (i64, i64) = (1, 1000);

/// What can be set of a queue; bounds and defaults are those of `CreateQueue` of the vendor's docs. Times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) struct Attributes {
    pub(in crate::mns) delay: i64,
    /// Bytes of a message at most.
    pub(in crate::mns) size: i64,
    pub(in crate::mns) retention: i64,
    pub(in crate::mns) visibility: i64,
    pub(in crate::mns) polling: i64,
    pub(in crate::mns) logging: bool,
    pub(in crate::mns) dead: Option<DeadLetters>,
}

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) struct DeadLetters {
    pub(in crate::mns) enabled: bool,
    pub(in crate::mns) queue: String,
    pub(in crate::mns) receipts: i64,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mns) struct Queue {
    pub(in crate::mns) name: String,
    pub(in crate::mns) attributes: Attributes,
    pub(in crate::mns) created_ms: i64,
    pub(in crate::mns) modified_ms: i64,
}

/// Messages of a queue by their state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::mns) struct Counts {
    pub(in crate::mns) active: i64,
    pub(in crate::mns) inactive: i64,
    pub(in crate::mns) delayed: i64,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            delay: 0,
            size: SIZE.1,
            retention: 345_600,
            visibility: 30,
            polling: 0,
            logging: false,
            dead: None,
        }
    }
}

impl Attributes {
    /// These with what a document says; what it leaves out stays.
    pub(in crate::mns) fn changed(mut self, document: &Element) -> Outcome<Self> {
        for element in &document.children {
            match element.name.as_str() {
                "DelaySeconds" => self.delay = number(element, DELAY, "seconds")?,
                "MaximumMessageSize" => self.size = number(element, SIZE, "bytes")?,
                "MessageRetentionPeriod" => self.retention = number(element, RETENTION, "seconds")?,
                "VisibilityTimeout" => self.visibility = number(element, VISIBILITY, "seconds")?,
                "PollingWaitSeconds" => self.polling = number(element, POLLING, "seconds")?,
                "LoggingEnabled" => self.logging = flag(element)?,
                "DlqPolicy" => self.dead = Some(DeadLetters::read(element)?),
                other => return Err(MnsError::schema(other)),
            }
        }
        Ok(self)
    }

    /// The policy about dead letters, if it is in force.
    pub(in crate::mns) fn dead_letters(&self) -> Option<&DeadLetters> {
        self.dead.as_ref().filter(|dead| dead.enabled)
    }
}

impl DeadLetters {
    fn read(document: &Element) -> Outcome<Self> {
        let mut read = Self {
            enabled: false,
            queue: String::new(),
            receipts: 0,
        };
        for element in &document.children {
            match element.name.as_str() {
                "Enabled" => read.enabled = flag(element)?,
                "DeadLetterTargetQueue" => element.text.trim().clone_into(&mut read.queue),
                "MaxReceiveCount" => read.receipts = number(element, RECEIPTS, "")?,
                other => return Err(MnsError::schema(other)),
            }
        }
        if read.enabled && (read.queue.is_empty() || read.receipts == 0) {
            return Err(MnsError::invalid(
                "DlqPolicy should have DeadLetterTargetQueue and MaxReceiveCount.",
            ));
        }
        Ok(read)
    }
}

impl Queue {
    /// Writes the attributes that are single values; they go into lists too.
    pub(in crate::mns) fn write(&self, document: Document, counts: Counts) -> Document {
        let attributes = &self.attributes;
        document
            .leaf("QueueName", &self.name)
            .leaf("CreateTime", &seconds(self.created_ms))
            .leaf("LastModifyTime", &seconds(self.modified_ms))
            .leaf("DelaySeconds", &attributes.delay.to_string())
            .leaf("MaximumMessageSize", &attributes.size.to_string())
            .leaf("MessageRetentionPeriod", &attributes.retention.to_string())
            .leaf("VisibilityTimeout", &attributes.visibility.to_string())
            .leaf("PollingWaitSeconds", &attributes.polling.to_string())
            .leaf("ActiveMessages", &counts.active.to_string())
            .leaf("InactiveMessages", &counts.inactive.to_string())
            .leaf("DelayMessages", &counts.delayed.to_string())
            .leaf("LoggingEnabled", shown(attributes.logging))
    }

    /// Writes the policy about dead letters, if it was ever set.
    pub(in crate::mns) fn write_dead_letters(&self, document: Document) -> Document {
        let Some(dead) = &self.attributes.dead else {
            return document;
        };
        // A client of the vendor's reads the first node of each attribute as a text.
        document
            .open("DlqPolicy")
            .blank()
            .leaf("Enabled", if dead.enabled { "true" } else { "false" })
            .leaf("DeadLetterTargetQueue", &dead.queue)
            .leaf("MaxReceiveCount", &dead.receipts.to_string())
            .close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(document: &str) -> Outcome<Attributes> {
        let document = Element::parse(&format!("<Queue>{document}</Queue>")).unwrap();
        Attributes::default().changed(&document)
    }

    #[test]
    fn what_a_document_says_is_changed_and_the_rest_stays() {
        let read = changed(
            "<DelaySeconds>7</DelaySeconds><LoggingEnabled>True</LoggingEnabled><DlqPolicy><Enabled>true</Enabled>\
             <DeadLetterTargetQueue>dead</DeadLetterTargetQueue><MaxReceiveCount>3</MaxReceiveCount></DlqPolicy>",
        );
        let read = read.unwrap();
        assert_eq!((read.delay, read.logging, read.size), (7, true, 65_536));
        let dead = read.dead_letters().unwrap();
        assert_eq!((dead.queue.as_str(), dead.receipts), ("dead", 3));
    }

    #[test]
    fn what_is_out_of_bounds_or_unknown_is_refused_by_name() {
        for (document, name) in [
            ("<DelaySeconds>604801</DelaySeconds>", "DelaySeconds"),
            ("<DelaySeconds>soon</DelaySeconds>", "DelaySeconds"),
            (
                "<MaximumMessageSize>1023</MaximumMessageSize>",
                "1024 and 65536 bytes",
            ),
            ("<MessageRetentionPeriod>59</MessageRetentionPeriod>", "60"),
            (
                "<VisibilityTimeout>0</VisibilityTimeout>",
                "VisibilityTimeout",
            ),
            ("<PollingWaitSeconds>31</PollingWaitSeconds>", "30 seconds"),
            ("<LoggingEnabled>maybe</LoggingEnabled>", "LoggingEnabled"),
            ("<QueueType>fifo</QueueType>", "QueueType"),
            (
                "<DlqPolicy><Enabled>true</Enabled></DlqPolicy>",
                "DlqPolicy",
            ),
        ] {
            let refused = changed(document).unwrap_err();
            assert_eq!(refused.code, "InvalidArgument", "{document}");
            assert!(refused.message.contains(name), "{}", refused.message);
        }
    }
}
