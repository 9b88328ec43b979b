//! Messages as events ("Simple Message Queue triggers" of the vendor's docs, "Event format"). Pure.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{Flow, Stream};
use crate::bridge::model::{Event, Origin};
use crate::mns::Held;

/// What the event of a message is.
const KIND: &str = "mns:Queue:SendMessage";
/// Where those come from that flow in batches.
const SOURCE: &str = "acs:mns";

/// The event that a message is in a stream. Its id is the message's, so that one that comes twice can be told. One that goes
/// by itself comes from a source called like its bus, and has what a bus adds.
pub(super) fn event(
    (stream, origin): (&Stream, &Origin),
    message: &Held,
    request_id: &str,
    now: Timestamp,
) -> Event {
    let data = json!({
        "requestId": request_id,
        "messageId": message.message_id,
        "messageBody": body(stream, &message.body),
    });
    let (region, account) = (&origin.region, &origin.account);
    let subject = format!("acs:mns:{region}:{account}:queues/{}", stream.queue);
    let source = match &stream.flow {
        Flow::Each(bus) => bus,
        Flow::Batched(_) => SOURCE,
    };
    let id = uuid(&message.message_id);
    let sent = Timestamp::from_millisecond(message.enqueued_ms).unwrap_or(now);
    let event = Event::of((source, KIND), &id, &subject, &data).sent(sent);
    match &stream.flow {
        Flow::Each(bus) => event.marked(bus, origin, now),
        Flow::Batched(_) => event.owned(origin),
    }
}

/// What of an event is delivered in a batch, as text.
pub(super) fn item(event: &Event, raw: bool) -> String {
    match event.attributes().get("data") {
        Some(data) if raw => data.to_string(),
        _ => event.text(),
    }
}

/// The body as it was before it was coded. What is no text in base64 stays as it is.
fn body(stream: &Stream, body: &str) -> Value {
    let decode = || {
        let bytes = BASE64_STANDARD.decode(body.trim()).ok()?;
        String::from_utf8(bytes).ok()
    };
    let decoded = stream.decodes.then(decode).flatten();
    Value::String(decoded.unwrap_or_else(|| body.to_owned()))
}

/// A message's id in the form of a UUID, if it has as many digits.
fn uuid(id: &str) -> String {
    let id = id.to_ascii_lowercase();
    let is_hex = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return id;
    }
    let parts = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::stream::model::{Batches, Terms, sample};
    use crate::mns::Hold;

    fn made(decodes: bool, flow: Flow, text: &str) -> Event {
        let stream = sample("zeus", decodes, flow);
        let message = Held {
            hold: serde_json::from_value::<Hold>(json!({"row": 1, "nonce": "A"})).unwrap(),
            message_id: "C6DB60D1574661357FA2272774450001".to_owned(),
            body: text.to_owned(),
            enqueued_ms: 1_617_863_297_093,
        };
        let origin = Origin {
            account: "1".to_owned(),
            region: "cn-hangzhou".to_owned(),
        };
        let now = "2021-04-08T06:30:31.367Z".parse().unwrap();
        event((&stream, &origin), &message, "R", now)
    }

    fn batched() -> Flow {
        Flow::Batched(Batches {
            count: 1,
            window_ms: 0,
            raw: false,
            side_by_side: 1,
            terms: Terms::default(),
        })
    }

    #[test]
    fn a_message_by_itself_is_an_event_of_a_bus_of_the_triggers_own() {
        let event = made(true, Flow::Each("MNS-f-t".to_owned()), "VEVTVA==");
        let expected = json!({
            "id": "c6db60d1-5746-6135-7fa2-272774450001", "source": "MNS-f-t", "specversion": "1.0",
            "type": "mns:Queue:SendMessage", "datacontenttype": "application/json; charset=utf-8",
            "subject": "acs:mns:cn-hangzhou:1:queues/zeus", "time": "2021-04-08T06:28:17.093Z",
            "aliyunaccountid": "1", "aliyunoriginalaccountid": "1", "aliyunregionid": "cn-hangzhou",
            "aliyunpublishtime": "2021-04-08T06:30:31.367Z", "aliyunpublishaddr": "127.0.0.1",
            "aliyuneventbusname": "MNS-f-t",
            "data": {"requestId": "R", "messageId": "C6DB60D1574661357FA2272774450001", "messageBody": "TEST"},
        });
        assert_eq!(Value::Object(event.attributes().clone()), expected);
    }

    #[test]
    fn in_a_batch_it_says_whose_it_is_and_no_bus() {
        let event = made(false, batched(), "VEVTVA==");
        let expected = json!({
            "id": "c6db60d1-5746-6135-7fa2-272774450001", "source": "acs:mns", "specversion": "1.0",
            "type": "mns:Queue:SendMessage", "datacontenttype": "application/json; charset=utf-8",
            "subject": "acs:mns:cn-hangzhou:1:queues/zeus", "time": "2021-04-08T06:28:17.093Z", "aliyunaccountid": "1",
            "data": {"requestId": "R", "messageId": "C6DB60D1574661357FA2272774450001", "messageBody": "VEVTVA=="},
        });
        assert_eq!(Value::Object(event.attributes().clone()), expected);
        let parsed = |raw| serde_json::from_str::<Value>(&item(&event, raw)).unwrap();
        assert_eq!(parsed(false), expected);
        assert_eq!(parsed(true), expected["data"]);
    }

    #[test]
    fn what_is_no_text_in_base64_stays_as_it_is() {
        for (text, read) in [
            ("aGVsbG8=", "hello"),
            ("hello", "hello"),
            ("TEST", "TEST"),
            ("{\"n\":1}", "{\"n\":1}"),
        ] {
            let event = made(true, batched(), text);
            assert_eq!(event.attributes()["data"]["messageBody"], read, "{text}");
        }
    }
}
