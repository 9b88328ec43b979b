//! A message that somebody sends or publishes.

use serde::{Deserialize, Serialize};
use wire::xml::{Document, Element};

use super::setting::number;
use super::subscription::check_tag;
use crate::identity::random_hex;
use crate::mns::error::{MnsError, Outcome};

/// Seconds after which a message can be received.
pub(in crate::mns) const DELAY: (i64, i64) = (0, 604_800);
/// 1 goes first.
const PRIORITY: (i64, i64) = (1, 16);
/// The priority of those that do not say one.
const USUAL: i64 = 8;

/// A message before it has a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(in crate::mns) message_id: String,
    pub(in crate::mns) body: String,
    /// Seconds; nothing: as the queue has it.
    pub(in crate::mns) delay: Option<i64>,
    pub(in crate::mns) priority: i64,
    /// Of what is published: its tag, or empty.
    pub(in crate::mns) tag: String,
    /// Of what is published: names and texts.
    pub(in crate::mns) attributes: Vec<(String, String)>,
    pub(in crate::mns) extra: Extra,
}

/// What goes along with a message and is shown to who receives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) struct Extra {
    /// The id of its group, or empty.
    #[serde(default)]
    pub(in crate::mns) group: String,
    #[serde(default)]
    pub(in crate::mns) user: Vec<Property>,
    #[serde(default)]
    pub(in crate::mns) system: Vec<Property>,
}

/// A property of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) struct Property {
    pub(in crate::mns) name: String,
    pub(in crate::mns) value: String,
    pub(in crate::mns) kind: PropertyKind,
}

/// What a property's value is. The words are those of the vendor's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::mns) enum PropertyKind {
    Number,
    String,
    Boolean,
    /// In base64.
    Binary,
}

impl Letter {
    /// A message with this body and nothing else.
    pub(crate) fn new(body: String) -> Self {
        Self {
            message_id: random_hex::<16>(),
            body,
            delay: None,
            priority: USUAL,
            tag: String::new(),
            attributes: Vec::new(),
            extra: Extra::default(),
        }
    }

    /// With an id of the caller's.
    pub(crate) fn with_id(self, message_id: String) -> Self {
        Self { message_id, ..self }
    }

    /// With a priority and a delay in seconds, where they are said.
    ///
    /// # Errors
    /// One of them is out of bounds.
    pub(crate) fn with_order(mut self, priority: Option<i64>, delay: Option<i64>) -> Outcome<Self> {
        let within = |number: i64, (least, most): (i64, i64)| (least..=most).contains(&number);
        if let Some(priority) = priority {
            if !within(priority, PRIORITY) {
                return Err(MnsError::range("Priority", PRIORITY, ""));
            }
            self.priority = priority;
        }
        if delay.is_some_and(|delay| !within(delay, DELAY)) {
            return Err(MnsError::range("DelaySeconds", DELAY, "seconds"));
        }
        self.delay = delay;
        Ok(self)
    }

    /// With a tag and attributes, for what is published.
    ///
    /// # Errors
    /// The tag is too long.
    pub(crate) fn with_tag(
        mut self,
        tag: &str,
        attributes: Vec<(String, String)>,
    ) -> Outcome<Self> {
        check_tag("MessageTag", tag)?;
        tag.clone_into(&mut self.tag);
        self.attributes = attributes;
        Ok(self)
    }

    /// Reads a message for a queue.
    pub(in crate::mns) fn of_queue(document: &Element) -> Outcome<Self> {
        let mut letter = Self::new(String::new());
        for element in &document.children {
            match element.name.as_str() {
                "MessageBody" => element.text.clone_into(&mut letter.body),
                "DelaySeconds" => letter.delay = Some(number(element, DELAY, "seconds")?),
                "Priority" => letter.priority = number(element, PRIORITY, "")?,
                _ => letter.extra.read(element)?,
            }
        }
        letter.not_empty()
    }

    /// Reads a message for a topic.
    pub(in crate::mns) fn of_topic(document: &Element) -> Outcome<Self> {
        let mut letter = Self::new(String::new());
        for element in &document.children {
            match element.name.as_str() {
                "MessageBody" => element.text.clone_into(&mut letter.body),
                "MessageTag" => {
                    check_tag("MessageTag", &element.text)?;
                    element.text.clone_into(&mut letter.tag);
                }
                "MessageAttributes" => {
                    let all = element.children.iter();
                    letter.attributes = all
                        .map(|one| (one.name.clone(), one.text.clone()))
                        .collect();
                }
                _ => letter.extra.read(element)?,
            }
        }
        letter.not_empty()
    }

    fn not_empty(self) -> Outcome<Self> {
        if self.body.is_empty() {
            return Err(MnsError::schema("MessageBody"));
        }
        Ok(self)
    }

    /// Refuses what is larger than a queue or topic takes, in bytes.
    pub(in crate::mns) fn check_size(&self, most: i64) -> Outcome<()> {
        if i64::try_from(self.body.len()).is_ok_and(|size| size <= most) {
            return Ok(());
        }
        Err(MnsError::invalid(format!(
            "The length of message should not be larger than MaximumMessageSize, which is {most}."
        )))
    }

    /// MD5 of the body in upper-case hex.
    pub(in crate::mns) fn digest(&self) -> String {
        wire::digest::md5_hex_upper(self.body.as_bytes())
    }
}

impl Extra {
    fn read(&mut self, element: &Element) -> Outcome<()> {
        match element.name.as_str() {
            "MessageGroupId" => element.text.clone_into(&mut self.group),
            "UserProperties" => self.user = properties(element, "PropertyValue")?,
            "SystemProperties" => self.system = properties(element, "SystemPropertyValue")?,
            other => return Err(MnsError::schema(other)),
        }
        Ok(())
    }

    /// Writes what there is.
    pub(in crate::mns) fn write(&self, document: Document) -> Document {
        let group = Some(self.group.as_str()).filter(|group| !group.is_empty());
        let document = document.optional("MessageGroupId", group);
        let document = write(document, "UserProperties", "PropertyValue", &self.user);
        write(
            document,
            "SystemProperties",
            "SystemPropertyValue",
            &self.system,
        )
    }
}

fn properties(element: &Element, each: &str) -> Outcome<Vec<Property>> {
    let read = |one: &Element| {
        let text = |name: &str| one.text_of(name).map(str::to_owned);
        let kind = match one.text_of("Type")? {
            "NUMBER" => PropertyKind::Number,
            "STRING" => PropertyKind::String,
            "BOOLEAN" => PropertyKind::Boolean,
            "BINARY" => PropertyKind::Binary,
            _ => return None,
        };
        Some(Property {
            name: text("Name").filter(|name| !name.is_empty())?,
            value: text("Value")?,
            kind,
        })
    };
    let all = element.children.iter();
    all.map(|one| {
        let named = Some(one).filter(|one| one.name == each);
        named
            .and_then(read)
            .ok_or_else(|| MnsError::schema(&element.name))
    })
    .collect()
}

fn write(document: Document, name: &'static str, each: &'static str, all: &[Property]) -> Document {
    if all.is_empty() {
        return document;
    }
    let kind = |property: &Property| match property.kind {
        PropertyKind::Number => "NUMBER",
        PropertyKind::String => "STRING",
        PropertyKind::Boolean => "BOOLEAN",
        PropertyKind::Binary => "BINARY",
    };
    document
        .open(name)
        .each(all, |document, property| {
            document
                .open(each)
                .leaf("Name", &property.name)
                .leaf("Value", &property.value)
                .leaf("Type", kind(property))
                .close()
        })
        .close()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str) -> Outcome<Letter> {
        Letter::of_queue(&Element::parse(&format!("<Message>{document}</Message>")).unwrap())
    }

    #[test]
    fn a_message_says_its_body_and_may_say_its_order_and_properties() {
        let letter = read(
            "<MessageBody>a&lt;b</MessageBody><Priority>1</Priority><DelaySeconds>3</DelaySeconds><UserProperties>\
             <PropertyValue><Name>n</Name><Value>1</Value><Type>NUMBER</Type></PropertyValue></UserProperties>",
        );
        let letter = letter.unwrap();
        assert_eq!(
            (letter.body.as_str(), letter.priority, letter.delay),
            ("a<b", 1, Some(3))
        );
        let shown = letter.extra.write(Document::new("Message")).finish();
        assert!(shown.contains("<Name>n</Name><Value>1</Value><Type>NUMBER</Type>"));
        assert_eq!(letter.digest(), wire::digest::md5_hex_upper(b"a<b"));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for document in [
            "",
            "<MessageBody></MessageBody>",
            "<MessageBody>x</MessageBody><Priority>17</Priority>",
            "<MessageBody>x</MessageBody><DelaySeconds>-1</DelaySeconds>",
            "<MessageBody>x</MessageBody><MessageTag>t</MessageTag>",
            "<MessageBody>x</MessageBody><UserProperties><PropertyValue><Name>n</Name></PropertyValue></UserProperties>",
        ] {
            assert_eq!(
                read(document).unwrap_err().code,
                "InvalidArgument",
                "{document}"
            );
        }
    }
}
