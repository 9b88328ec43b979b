//! What subscribers get of a message (`NotifyContentFormat` of the vendor's docs).

use serde_json::json;
use wire::mns::NAMESPACE;
use wire::xml::Document;

use super::subscription::Format;

/// A message on its way to a subscriber.
#[derive(Debug, Clone)]
pub(in crate::mns) struct Notification<'a> {
    /// The account that owns topic and subscription.
    pub(in crate::mns) owner: &'a str,
    pub(in crate::mns) topic: &'a str,
    pub(in crate::mns) subscription: &'a str,
    pub(in crate::mns) message_id: &'a str,
    pub(in crate::mns) body: &'a str,
    /// Empty: none.
    pub(in crate::mns) tag: &'a str,
    /// Milliseconds of Unix time.
    pub(in crate::mns) published_ms: i64,
}

impl Notification<'_> {
    /// The text in a form.
    pub(in crate::mns) fn text(&self, format: Format) -> String {
        match format {
            Format::Xml => self.xml(),
            Format::Json => self.json(),
            Format::Simplified => self.body.to_owned(),
        }
    }

    fn xml(&self) -> String {
        let tag = Some(self.tag).filter(|tag| !tag.is_empty());
        Document::within(NAMESPACE, "Notification")
            .leaf("TopicOwner", self.owner)
            .leaf("TopicName", self.topic)
            .leaf("Subscriber", self.owner)
            .leaf("SubscriptionName", self.subscription)
            .leaf("MessageId", self.message_id)
            .leaf("Message", self.body)
            .leaf("MessageMD5", &self.digest())
            .optional("MessageTag", tag)
            .leaf("PublishTime", &self.published_ms.to_string())
            .finish()
    }

    fn json(&self) -> String {
        let mut text = json!({
            "TopicOwner": self.owner,
            "TopicName": self.topic,
            "Subscriber": self.owner,
            "SubscriptionName": self.subscription,
            "MessageId": self.message_id,
            "Message": self.body,
            "MessageMD5": self.digest(),
            "PublishTime": self.published_ms.to_string(),
        });
        if !self.tag.is_empty() {
            text["MessageTag"] = self.tag.into();
        }
        text.to_string()
    }

    fn digest(&self) -> String {
        wire::digest::md5_hex_upper(self.body.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wire::xml::Element;

    use super::*;

    const MESSAGE: Notification<'_> = Notification {
        owner: "1",
        topic: "t",
        subscription: "s",
        message_id: "ID",
        body: "a<b",
        tag: "red",
        published_ms: 7,
    };

    #[test]
    fn all_forms_say_the_same() {
        let xml = Element::parse(&MESSAGE.text(Format::Xml)).unwrap();
        let json: Value = serde_json::from_str(&MESSAGE.text(Format::Json)).unwrap();
        assert_eq!(xml.children.len(), json.as_object().unwrap().len());
        for child in &xml.children {
            assert_eq!(json[&child.name], child.text, "{}", child.name);
        }
        assert_eq!(json["MessageMD5"], wire::digest::md5_hex_upper(b"a<b"));
        assert_eq!(MESSAGE.text(Format::Simplified), "a<b");
    }

    #[test]
    fn without_a_tag_there_is_none() {
        let plain = Notification { tag: "", ..MESSAGE };
        assert!(!plain.text(Format::Xml).contains("MessageTag"));
        assert!(!plain.text(Format::Json).contains("MessageTag"));
    }
}
