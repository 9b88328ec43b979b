//! Topics, their subscriptions, and how messages reach them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use emulator::LocalCloud;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wire::xml::Element;

use super::{call, refused};
use crate::client::{Answer, Cloud, parse, settings};

const QUEUE: &str = "acs:mns:cn-hangzhou:1234567890123456:queues/";

impl Cloud {
    async fn topic(&self, name: &str) {
        let made = self
            .mns("PUT", &format!("/topics/{name}"), "<Topic/>")
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
    }

    pub(crate) async fn subscribe(
        &self,
        topic: &str,
        name: &str,
        endpoint: &str,
        more: &str,
    ) -> Answer {
        let body = format!("<Subscription><Endpoint>{endpoint}</Endpoint>{more}</Subscription>");
        let target = format!("/topics/{topic}/subscriptions/{name}");
        self.mns("PUT", &target, &body).await
    }

    pub(super) async fn publish(&self, topic: &str, body: &str, more: &str) -> Answer {
        let body = format!("<Message><MessageBody>{body}</MessageBody>{more}</Message>");
        let target = format!("/topics/{topic}/messages");
        self.mns("POST", &target, &body).await
    }
}

/// In the place of a status: no answer at all.
pub(crate) const SILENCE: u16 = 0;

/// A web server that keeps what it is sent and answers with a status.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    pub(crate) got: Arc<Mutex<Vec<Answer>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    pub(crate) async fn start(status: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            got: Arc::default(),
            status: Arc::new(AtomicU16::new(status)),
        };
        let (got, status) = (Arc::clone(&receiver.got), Arc::clone(&receiver.status));
        tokio::spawn(async move {
            let mut unanswered = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let bytes = read_request(&mut stream).await;
                let status = status.load(Ordering::SeqCst);
                got.lock().unwrap().push(parse(&bytes));
                if status == SILENCE {
                    unanswered.push(stream);
                    continue;
                }
                let reply = format!(
                    "HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        receiver
    }

    pub(crate) fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Waits until it was sent so many.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Answer> {
        let wait = async {
            loop {
                let got = self.got.lock().unwrap().clone();
                if got.len() >= count {
                    return got;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        waited.unwrap_or_else(|_| panic!("{} of {count} came", self.got.lock().unwrap().len()))
    }

    /// How many came, when nothing more is on its way.
    async fn settled(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.got.lock().unwrap().len()
    }
}

async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    while !is_whole(&bytes) {
        let read = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..read]);
        if read == 0 {
            break;
        }
    }
    bytes
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().unwrap())
    });
    length.is_some_and(|length| body.len() >= length)
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_shown_changed_and_deleted() {
    let cloud = Cloud::start().await;
    let sized = "<Topic><MaximumMessageSize>2048</MaximumMessageSize></Topic>";
    let made = cloud.mns("PUT", "/topics/t", sized).await;
    let url = "http://127.0.0.1/topics/t";
    assert_eq!((made.status, made.header("location")), (201, Some(url)));
    assert_eq!(cloud.mns("PUT", "/topics/t", sized).await.status, 204);
    let other = cloud.mns("PUT", "/topics/t", "<Topic/>").await;
    assert_eq!(other.refusal(), refused(409, "TopicAlreadyExist"));
    let logged = "<Topic><LoggingEnabled>True</LoggingEnabled></Topic>";
    let changed = cloud
        .mns("PUT", "/topics/t?metaoverride=true", logged)
        .await;
    assert_eq!(changed.status, 204);
    let shown = [
        ("TopicName", "t"),
        ("MaximumMessageSize", "2048"),
        ("LoggingEnabled", "True"),
        ("MessageRetentionPeriod", "86400"),
        ("MessageCount", "0"),
    ];
    cloud.shows("/topics/t", &shown).await;
    let headers = [("x-mns-with-meta", "true")];
    let all = call(cloud.address(), "GET", "/topics", &headers, "").await;
    let all = all.unwrap().document();
    assert_eq!(all.children[0].text_of("TopicURL"), Some(url));
    let size = all.children[0].text_of("MaximumMessageSize");
    assert_eq!(size, Some("2048"));
    let large = cloud.publish("t", &"x".repeat(2049), "").await;
    assert_eq!(large.refusal(), refused(400, "InvalidArgument"));

    assert_eq!(cloud.mns("DELETE", "/topics/t", "").await.status, 204);
    for gone in [
        "/topics/t",
        "/topics/t/subscriptions/s",
        "/topics/t/subscriptions",
    ] {
        let answer = cloud.mns("GET", gone, "").await;
        assert_eq!(answer.refusal(), refused(404, "TopicNotExist"), "{gone}");
    }
    let lost = cloud.publish("t", "x", "").await;
    assert_eq!(lost.refusal(), refused(404, "TopicNotExist"));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_are_made_shown_changed_and_deleted() {
    let cloud = Cloud::start().await;
    cloud.topic("t").await;
    let (queue, tagged) = (format!("{QUEUE}q"), "<FilterTag>red</FilterTag>");
    let made = cloud.subscribe("t", "s", &queue, tagged).await;
    let target = "/topics/t/subscriptions/s";
    let url = format!("http://127.0.0.1{target}");
    assert_eq!((made.status, made.header("location")), (201, Some(&*url)));
    let same = cloud.subscribe("t", "s", &queue, tagged).await;
    assert_eq!(same.status, 204);
    let other = cloud.subscribe("t", "s", &queue, "").await;
    assert_eq!(other.refusal(), refused(409, "SubscriptionAlreadyExist"));
    let change = format!("{target}?metaoverride=true");
    let strategy =
        "<Subscription><NotifyStrategy>EXPONENTIAL_DECAY_RETRY</NotifyStrategy></Subscription>";
    let changed = cloud.mns("PUT", &change, strategy).await;
    assert_eq!(changed.status, 204, "{}", changed.text());
    let shown = [
        ("SubscriptionName", "s"),
        ("TopicName", "t"),
        ("TopicOwner", "1234567890123456"),
        ("Endpoint", &queue),
        ("FilterTag", "red"),
        ("NotifyStrategy", "EXPONENTIAL_DECAY_RETRY"),
        ("NotifyContentFormat", "XML"),
    ];
    cloud.shows(target, &shown).await;
    let listed = cloud.mns("GET", "/topics/t/subscriptions", "").await;
    let listed = listed.document();
    let urls: Vec<_> = listed
        .children
        .iter()
        .map(|one| one.text_of("SubscriptionURL"))
        .collect();
    assert_eq!(urls, [Some(&*url)]);
    assert_eq!(cloud.mns("DELETE", target, "").await.status, 204);
    let gone = cloud.mns("GET", target, "").await;
    assert_eq!(gone.refusal(), refused(404, "SubscriptionNotExist"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_could_not_be_served_is_refused() {
    let cloud = Cloud::start().await;
    cloud.topic("t").await;
    let queue = format!("{QUEUE}q");
    for (endpoint, more, (status, code)) in [
        ("http://example.com/", "", (400, "EndpointInvalid")),
        ("", "", (400, "EndpointInvalid")),
        ("mail:directmail:a@b.c", "", (501, "NotImplemented")),
        (
            &queue,
            "<FilterTag>seventeen letters</FilterTag>",
            (400, "InvalidArgument"),
        ),
        (
            &queue,
            "<NotifyStrategy>NEVER</NotifyStrategy>",
            (400, "InvalidArgument"),
        ),
    ] {
        let refusal = cloud.subscribe("t", "bad", endpoint, more).await;
        assert_eq!(
            refusal.refusal(),
            refused(status, code),
            "{endpoint} {more}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_get_what_fits_their_tag_in_the_form_that_they_want() {
    let cloud = Cloud::start().await;
    cloud.topic("t").await;
    for (queue, more) in [
        ("xml", ""),
        ("json", "<NotifyContentFormat>JSON</NotifyContentFormat>"),
        (
            "plain",
            "<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>",
        ),
        (
            "red",
            "<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat><FilterTag>red</FilterTag>",
        ),
    ] {
        cloud.queue(queue, "").await;
        let made = cloud
            .subscribe("t", queue, &format!("{QUEUE}{queue}"), more)
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let published = cloud
        .publish("t", "first", "<MessageTag>red</MessageTag>")
        .await;
    assert_eq!(published.status, 201, "{}", published.text());
    assert_eq!(
        published.of("MessageBodyMD5"),
        wire::digest::md5_hex_upper(b"first")
    );
    cloud.publish("t", "second", "").await;

    let body = |message: Element| message.text_of("MessageBody").unwrap().to_owned();
    assert_eq!(body(cloud.wait_for("plain").await), "first");
    assert_eq!(body(cloud.wait_for("plain").await), "second");
    assert_eq!(body(cloud.wait_for("red").await), "first");
    assert_eq!(cloud.receive("red").await.status, 404);
    let xml = Element::parse(&body(cloud.wait_for("xml").await)).unwrap();
    let json: Json = serde_json::from_str(&body(cloud.wait_for("json").await)).unwrap();
    let id = published.of("MessageId");
    for (name, value) in [
        ("Message", "first"),
        ("MessageId", id.as_str()),
        ("MessageTag", "red"),
        ("TopicName", "t"),
        ("Subscriber", "1234567890123456"),
    ] {
        assert_eq!(
            (xml.text_of(name), &json[name]),
            (Some(value), &Json::from(value))
        );
    }
    assert_eq!(
        (xml.text_of("SubscriptionName"), &json["SubscriptionName"]),
        (Some("xml"), &"json".into())
    );
    cloud.shows("/topics/t", &[("MessageCount", "2")]).await;
    cloud.pass(Duration::from_hours(25)).await;
    cloud.shows("/topics/t", &[("MessageCount", "0")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_pushed_to_and_tried_again_by_the_clock() {
    let cloud = Cloud::start().await;
    cloud.topic("t").await;
    let receiver = Receiver::start(500).await;
    let at = format!("http://{}/in?a=b", receiver.address);
    cloud
        .subscribe(
            "t",
            "s",
            &at,
            "<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>",
        )
        .await;
    let published = cloud
        .publish("t", "hello", "<MessageTag>red</MessageTag>")
        .await;
    let first = &receiver.wait_for(1).await[0];
    assert!(
        first.head.starts_with("POST /in?a=b HTTP/1.1"),
        "{}",
        first.head
    );
    assert_eq!(first.text(), "hello");
    let id = published.of("MessageId");
    for (name, value) in [
        ("x-mns-message-id", id.as_str()),
        ("x-mns-message-tag", "red"),
        ("x-mns-topic-name", "t"),
        ("x-mns-version", "2015-06-06"),
        ("content-type", "text/plain;charset=utf-8"),
    ] {
        assert_eq!(first.header(name), Some(value), "{name}");
    }
    // Nothing comes before ten seconds have passed, and it comes when twenty have.
    cloud.pass(Duration::from_secs(9)).await;
    assert_eq!(receiver.settled().await, 1);
    cloud.pass(Duration::from_secs(11)).await;
    receiver.wait_for(2).await;
    receiver.answers(204);
    cloud.pass(Duration::from_secs(20)).await;
    receiver.wait_for(3).await;
    cloud.pass(Duration::from_mins(10)).await;
    assert_eq!(receiver.settled().await, 3);
    // Three more tries, then it is given up.
    receiver.answers(403);
    cloud.publish("t", "lost", "").await;
    receiver.wait_for(4).await;
    cloud.pass(Duration::from_mins(1)).await;
    receiver.wait_for(7).await;
    cloud.pass(Duration::from_mins(10)).await;
    assert_eq!(receiver.settled().await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_not_tried_again_before_its_time() {
    const MESSAGES: usize = 100;
    let cloud = Cloud::start().await;
    cloud.topic("t").await;
    let receiver = Receiver::start(500).await;
    let at = format!("http://{}/in", receiver.address);
    cloud.subscribe("t", "s", &at, "").await;
    for n in 0..MESSAGES {
        cloud.publish("t", &n.to_string(), "").await;
    }
    receiver.wait_for(MESSAGES).await;
    assert_eq!(receiver.settled().await, MESSAGES);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_survives_a_restart_and_ends_with_its_subscription() {
    let cloud = Cloud::start().await;
    cloud.topic("t").await;
    let receiver = Receiver::start(500).await;
    let (gone, kept) = ("gone", "kept");
    for name in [gone, kept] {
        let at = format!("http://{}/{name}", receiver.address);
        let json = "<NotifyContentFormat>JSON</NotifyContentFormat>";
        cloud.subscribe("t", name, &at, json).await;
    }
    cloud
        .subscribe("t", "late", &format!("{QUEUE}late"), "")
        .await;
    cloud.publish("t", "hello", "").await;
    receiver.wait_for(2).await;
    let target = format!("/topics/t/subscriptions/{gone}");
    assert_eq!(cloud.mns("DELETE", &target, "").await.status, 204);
    receiver.answers(200);
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    cloud.queue("late", "").await;
    cloud.pass(Duration::from_secs(20)).await;
    let got = receiver.wait_for(3).await;
    let last = got.last().unwrap();
    assert!(last.head.starts_with("POST /kept "), "{}", last.head);
    let said: Json = serde_json::from_str(&last.text()).unwrap();
    assert_eq!(
        (&said["Message"], &said["SubscriptionName"]),
        (&"hello".into(), &"kept".into())
    );
    assert_eq!(receiver.settled().await, 3);
    // A queue that was not there then gets it too.
    let late = cloud.wait_for("late").await;
    assert!(
        late.text_of("MessageBody")
            .unwrap()
            .contains("<Message>hello</Message>")
    );
}
