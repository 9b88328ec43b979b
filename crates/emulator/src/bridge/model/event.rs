//! Events: `CloudEvents` of version 1.0, and what the vendor adds to them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::bridge::error::{BridgeError, Outcome};

/// Bytes of an event at most ("Limits" of the vendor's docs).
const LARGEST: usize = 64 * 1024;
/// What data are that do not say it.
const CONTENT: &str = "application/json; charset=utf-8";

/// Whose cloud this is, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bridge) struct Origin {
    pub(in crate::bridge) account: String,
    pub(in crate::bridge) region: String,
}

/// An event: its attributes by their names in `CloudEvents`, and `data`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event(Map<String, Value>);

impl Event {
    /// An event of this cloud's own.
    pub(crate) fn of((source, kind): (&str, &str), id: &str, subject: &str, data: &Value) -> Self {
        let event = json!({
            "id": id, "source": source, "specversion": "1.0", "type": kind, "subject": subject,
            "datacontenttype": "application/json", "data": data,
        });
        let mut event = event.as_object().cloned().unwrap_or_default();
        event.retain(|name, value| name == "data" || value != "");
        Self(event)
    }

    /// Reads an event. Both APIs mean the same attributes; one writes them with capital letters. Data that are a text, or
    /// bytes in base64, are JSON when their type says so and they can be read so.
    ///
    /// # Errors
    /// `id`, `source` or `type` is missing, or an attribute is not a text.
    pub(crate) fn read(document: &Value) -> Outcome<Self> {
        let Value::Object(document) = document else {
            return Err(BridgeError::invalid("An event is not an object."));
        };
        let mut event = Map::new();
        for (name, value) in document {
            let name = name.to_ascii_lowercase();
            match value {
                Value::Null => {}
                Value::Object(_) | Value::Array(_) if name != "data" => {
                    let why = format!("The attribute {name} of an event is not a text.");
                    return Err(BridgeError::invalid(why));
                }
                value => drop(event.insert(name, value.clone())),
            }
        }
        for name in ["id", "source", "type"] {
            if !matches!(event.get(name), Some(Value::String(text)) if !text.is_empty()) {
                let why = format!("The attribute {name} of an event is missing.");
                return Err(BridgeError::invalid(why));
            }
        }
        let version = event.entry("specversion").or_insert_with(|| json!("1.0"));
        if version != "1.0" {
            let why = format!("The specversion {version} is not 1.0.");
            return Err(BridgeError::invalid(why));
        }
        let mut event = Self(event);
        event.unpack()?;
        Ok(event)
    }

    /// The bus that it is for, if it says one.
    pub(in crate::bridge) fn bus(&self) -> Option<&str> {
        self.0.get("aliyuneventbusname")?.as_str()
    }

    /// Its id.
    pub(in crate::bridge) fn id(&self) -> &str {
        self.0.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its attributes.
    pub(in crate::bridge) fn attributes(&self) -> &Map<String, Value> {
        &self.0
    }

    /// As it arrives at a bus, with what the vendor adds.
    ///
    /// # Errors
    /// It is too large.
    pub(in crate::bridge) fn arrived(
        self,
        bus: &str,
        origin: &Origin,
        now: Timestamp,
    ) -> Outcome<Self> {
        let event = self.marked(bus, origin, now);
        let size = event.text().len();
        if size > LARGEST {
            return Err(BridgeError::invalid(format!(
                "The event has {size} bytes, and may have {LARGEST}."
            )));
        }
        Ok(event)
    }

    /// With what the vendor adds at a bus, however large it is.
    pub(in crate::bridge) fn marked(self, bus: &str, origin: &Origin, now: Timestamp) -> Self {
        let mut event = self.owned(origin);
        let time = format!("{now:.3}");
        event.set("aliyunoriginalaccountid", &origin.account);
        event.set("aliyunregionid", &origin.region);
        event.set("aliyuneventbusname", bus);
        event.set("aliyunpublishtime", &time);
        event.set("aliyunpublishaddr", "127.0.0.1");
        event.0.entry("time").or_insert_with(|| json!(time));
        event
            .0
            .entry("datacontenttype")
            .or_insert_with(|| json!(CONTENT));
        event
    }

    /// With whose it is.
    pub(in crate::bridge) fn owned(mut self, origin: &Origin) -> Self {
        self.set("aliyunaccountid", &origin.account);
        self
    }

    /// With when it happened, and the type that the vendor's own sources give to their data.
    pub(in crate::bridge) fn sent(mut self, time: Timestamp) -> Self {
        self.set("time", &format!("{time:.3}"));
        self.set("datacontenttype", CONTENT);
        self
    }

    fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), json!(value));
    }

    /// As JSON.
    pub(in crate::bridge) fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    fn unpack(&mut self) -> Outcome<()> {
        if let Some(coded) = self.0.remove("data_base64") {
            let bytes = coded.as_str().map(|text| BASE64_STANDARD.decode(text));
            let Some(Ok(bytes)) = bytes else {
                return Err(BridgeError::invalid("data_base64 is not in base64."));
            };
            match String::from_utf8(bytes) {
                Ok(text) => drop(self.0.insert("data".to_owned(), json!(text))),
                // Bytes that are no text stay as they are, and no pattern looks into them.
                Err(_) => drop(self.0.insert("data_base64".to_owned(), coded)),
            }
        }
        let kind = self.0.get("datacontenttype").and_then(Value::as_str);
        let is_json = kind.is_none_or(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.is_empty() || kind.ends_with("/json") || kind.ends_with("+json")
        });
        let text = self.0.get("data").and_then(Value::as_str);
        let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Some(parsed) = parsed.filter(|_| is_json) {
            self.0.insert("data".to_owned(), parsed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(more: &Value) -> Option<Value> {
        let mut event = json!({"id": "1", "source": "s", "type": "t"});
        let (own, more) = (event.as_object_mut().unwrap(), more.as_object().unwrap());
        own.extend(more.clone());
        Event::read(&event)
            .unwrap()
            .attributes()
            .get("data")
            .cloned()
    }

    #[test]
    fn data_are_json_when_they_say_so() {
        let coded = BASE64_STANDARD.encode(r#"{"a":1}"#);
        let object = Some(json!({"a": 1}));
        let text = Some(json!(r#"{"a":1}"#));
        for (more, read) in [
            (json!({"data": {"a": 1}}), object.clone()),
            (json!({"Data": "{\"a\":1}"}), object.clone()),
            (
                json!({"data": "{\"a\":1}", "datacontenttype": "text/plain"}),
                text.clone(),
            ),
            (json!({"data": "hello"}), Some(json!("hello"))),
            (
                json!({"data_base64": coded, "datacontenttype": "application/json; charset=utf-8"}),
                object,
            ),
            (
                json!({"data_base64": coded, "datacontenttype": "text/plain"}),
                text,
            ),
            (
                json!({"data_base64": "/w==", "datacontenttype": "image/png"}),
                None,
            ),
            (json!({}), None),
        ] {
            assert_eq!(data(&more), read, "{more}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for document in [
            json!([]),
            json!({"source": "s", "type": "t"}),
            json!({"id": "", "source": "s", "type": "t"}),
            json!({"id": 1, "source": "s", "type": "t"}),
            json!({"id": "1", "source": "s", "type": "t", "specversion": "0.3"}),
            json!({"id": "1", "source": "s", "type": "t", "subject": {}}),
            json!({"id": "1", "source": "s", "type": "t", "data_base64": "!"}),
        ] {
            let refused = Event::read(&document).unwrap_err();
            assert_eq!(refused.code, "InvalidArgument", "{document}");
        }
    }

    #[test]
    fn a_bus_adds_what_the_vendor_adds_and_takes_64_kb() {
        let origin = Origin {
            account: "1".to_owned(),
            region: "cn-hangzhou".to_owned(),
        };
        let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let event = Event::of(("shop", "sold"), "7", "", &json!({"n": 1}));
        let arrived = event.arrived("b", &origin, now).unwrap();
        let shown: Value = serde_json::from_str(&arrived.text()).unwrap();
        let expected = json!({
            "id": "7", "source": "shop", "specversion": "1.0", "type": "sold", "datacontenttype": "application/json",
            "data": {"n": 1}, "time": "2026-01-02T03:04:05.678Z", "aliyunpublishtime": "2026-01-02T03:04:05.678Z",
            "aliyunaccountid": "1", "aliyunoriginalaccountid": "1", "aliyunregionid": "cn-hangzhou",
            "aliyuneventbusname": "b", "aliyunpublishaddr": "127.0.0.1",
        });
        assert_eq!(shown, expected);
        let large = Event::of(("shop", "sold"), "7", "", &json!("x".repeat(LARGEST)));
        assert!(large.arrived("b", &origin, now).is_err());
    }
}
