//! Queues and their messages.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{call, refused, signed};
use crate::client::{Answer, Cloud, SECRET, exchange};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_account_signed_lately_is_answered() {
    let cloud = Cloud::start().await;
    let address = cloud.address();
    let at = ("GET", "/queues");
    let say = |bytes: Vec<u8>| async move { exchange(address, &bytes).await.unwrap() };
    assert_eq!(say(signed(SECRET, at, &[], "")).await.status, 200);
    let wrong = say(signed("other", at, &[], "")).await;
    assert_eq!(wrong.refusal(), refused(403, "SignatureDoesNotMatch"));
    let host = wrong.of("HostId");
    assert!(host.starts_with("http://127.0.0.1"), "{host}");
    assert_eq!(
        wrong.header("x-mns-request-id"),
        Some(wrong.of("RequestId").as_str())
    );
    let old = say(signed(
        SECRET,
        at,
        &[("date", "Sun, 22 Nov 2020 08:28:00 GMT")],
        "",
    ));
    assert_eq!(old.await.refusal(), refused(408, "TimeExpired"));
    let version = say(signed(SECRET, at, &[("x-mns-version", "2014-07-08")], ""));
    assert_eq!(
        version.await.refusal(),
        refused(400, "InvalidVersionHeader")
    );
    let bare = cloud
        .visit("GET", "/queues", &[("x-mns-version", "2015-06-06")])
        .await;
    assert_eq!(bare.refusal(), refused(400, "MissingAuthorizationHeader"));
    let other = [
        ("authorization", "MNS other:x"),
        ("x-mns-version", "2015-06-06"),
    ];
    let undated = cloud.visit("GET", "/queues", &other).await;
    assert_eq!(undated.refusal(), refused(400, "MissingDateHeader"));
    let nowhere = cloud.mns("GET", "/nothing", "").await;
    assert_eq!(nowhere.refusal(), refused(400, "InvalidRequestURL"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_made_once_and_keeps_what_was_set() {
    let cloud = Cloud::start().await;
    let delayed = "<Queue><DelaySeconds>5</DelaySeconds></Queue>";
    let made = cloud.mns("PUT", "/queues/q", delayed).await;
    assert_eq!(made.status, 201);
    assert!(made.header("location").unwrap().ends_with("/queues/q"));
    assert_eq!(cloud.mns("PUT", "/queues/q", delayed).await.status, 204);
    let other = cloud.mns("PUT", "/queues/q", "<Queue/>").await;
    assert_eq!(other.refusal(), refused(409, "QueueAlreadyExist"));
    let set = "<Queue><VisibilityTimeout>9</VisibilityTimeout></Queue>";
    let changed = cloud.mns("PUT", "/queues/q?metaoverride=true", set).await;
    assert_eq!((changed.status, changed.text()), (204, String::new()));
    let shown = cloud.mns("GET", "/queues/q", "").await;
    for (name, value) in [
        ("QueueName", "q"),
        ("DelaySeconds", "5"),
        ("VisibilityTimeout", "9"),
        ("MaximumMessageSize", "65536"),
        ("MessageRetentionPeriod", "345600"),
        ("PollingWaitSeconds", "0"),
        ("LoggingEnabled", "False"),
        ("ActiveMessages", "0"),
    ] {
        assert_eq!(shown.of(name), value, "{name}");
    }
    assert_eq!(cloud.mns("DELETE", "/queues/q", "").await.status, 204);
    for (method, target) in [
        ("GET", "/queues/q"),
        ("DELETE", "/queues/q"),
        ("PUT", "/queues/q?metaoverride=true"),
        ("GET", "/queues/q/messages"),
        ("GET", "/queues/q/messages?peekonly=true"),
        ("POST", "/queues/q/messages"),
        ("DELETE", "/queues/q/messages?ReceiptHandle=1-MS1B"),
    ] {
        let body = match method {
            "PUT" => "<Queue/>",
            "POST" => "<Message><MessageBody>x</MessageBody></Message>",
            _ => "",
        };
        let gone = cloud.mns(method, target, body).await;
        assert_eq!(
            gone.refusal(),
            refused(404, "QueueNotExist"),
            "{method} {target}"
        );
    }
    let bad = cloud.mns("PUT", "/queues/a_b", "").await;
    assert_eq!(bad.refusal(), refused(400, "InvalidQueueName"));
    let broken = cloud.mns("PUT", "/queues/q", "<Queue>").await;
    assert_eq!(broken.refusal(), refused(400, "MalformedXML"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages_by_prefix() {
    let cloud = Cloud::start().await;
    for name in ["a-1", "a-2", "a-3", "b-1"] {
        cloud.queue(name, "").await;
    }
    let (mut marker, mut seen) = (String::new(), Vec::new());
    loop {
        let headers = [
            ("x-mns-prefix", "a-"),
            ("x-mns-ret-number", "2"),
            ("x-mns-marker", marker.as_str()),
        ];
        let page = call(cloud.address(), "GET", "/queues", &headers, "")
            .await
            .unwrap()
            .document();
        let urls = page
            .all("Queue")
            .map(|queue| queue.text_of("QueueURL").unwrap().to_owned());
        seen.push(urls.collect::<Vec<_>>());
        match page.text_of("NextMarker") {
            Some(next) => next.clone_into(&mut marker),
            None => break,
        }
    }
    let url = |name: &str| format!("http://127.0.0.1/queues/{name}");
    assert_eq!(seen, [vec![url("a-1"), url("a-2")], vec![url("a-3")]]);
    let headers = [("x-mns-with-meta", "true")];
    let all = call(cloud.address(), "GET", "/queues", &headers, "")
        .await
        .unwrap();
    let first = all.document();
    let first = first.child("Queue").unwrap();
    assert_eq!(first.text_of("VisibilityTimeout"), Some("30"));
    let headers = [("x-mns-ret-number", "0")];
    let none = call(cloud.address(), "GET", "/queues", &headers, "")
        .await
        .unwrap();
    assert_eq!(none.refusal(), refused(400, "InvalidArgument"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_hidden_while_it_is_worked_on_and_comes_back_by_the_clock() {
    let cloud = Cloud::start().await;
    let hidden = "<VisibilityTimeout>60</VisibilityTimeout>";
    cloud.queue("q", hidden).await;
    let id = cloud.send("q", "a&lt;b", "<Priority>3</Priority>").await;
    let first = cloud.receive("q").await;
    let digest = wire::digest::md5_hex_upper(b"a<b");
    for (name, value) in [
        ("MessageId", id.as_str()),
        ("MessageBody", "a<b"),
        ("MessageBodyMD5", &digest),
        ("DequeueCount", "1"),
        ("Priority", "3"),
    ] {
        assert_eq!(first.of(name), value, "{name}");
    }
    let time = |name: &str| first.of(name).parse::<i64>().unwrap();
    assert_eq!(time("NextVisibleTime") - time("FirstDequeueTime"), 60_000);
    let nothing = || refused(404, "MessageNotExist");
    assert_eq!(cloud.receive("q").await.refusal(), nothing());
    let states = [("ActiveMessages", "0"), ("InactiveMessages", "1")];
    cloud.shows("/queues/q", &states).await;

    cloud.pass(61 * SECOND).await;
    let stale = first.of("ReceiptHandle");
    assert_eq!(cloud.delete("q", &stale).await.refusal(), nothing());
    let second = cloud.receive("q").await;
    assert_eq!(second.of("MessageId"), id);
    assert_eq!(second.of("DequeueCount"), "2");
    assert_eq!(second.of("FirstDequeueTime"), first.of("FirstDequeueTime"));
    assert_ne!(second.of("ReceiptHandle"), stale);
    assert_eq!(cloud.delete("q", &stale).await.refusal(), nothing());
    let nonsense = cloud.delete("q", "nonsense").await;
    assert_eq!(nonsense.refusal(), refused(400, "ReceiptHandleError"));
    let done = cloud.delete("q", &second.of("ReceiptHandle")).await;
    assert_eq!((done.status, done.text()), (204, String::new()));
    cloud.pass(61 * SECOND).await;
    assert_eq!(cloud.receive("q").await.refusal(), nothing());
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_message_changes_nothing() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let target = "/queues/q/messages?peekonly=true";
    let nothing = cloud.mns("GET", target, "").await;
    assert_eq!(nothing.refusal(), refused(404, "MessageNotExist"));
    cloud.send("q", "x", "").await;
    for _ in 0..2 {
        let peeked = cloud.mns("GET", target, "").await;
        assert_eq!(peeked.of("MessageBody"), "x");
        assert_eq!(peeked.of("DequeueCount"), "0");
        assert_eq!(peeked.of("FirstDequeueTime"), "0");
        assert!(peeked.document().child("ReceiptHandle").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn visibility_can_be_changed_by_the_last_handle_only() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    cloud.send("q", "x", "").await;
    let first = cloud.receive("q").await.of("ReceiptHandle");
    let change = |handle: &str, seconds: &str| {
        let target =
            format!("/queues/q/messages?receiptHandle={handle}&visibilityTimeout={seconds}");
        let cloud = &cloud;
        async move { cloud.mns("PUT", &target, "").await }
    };
    let longer = change(&first, "600").await;
    assert_eq!(
        (longer.status, longer.document().name.as_str()),
        (200, "ChangeVisibility")
    );
    let second = longer.of("ReceiptHandle");
    assert_eq!(
        change(&first, "1").await.refusal(),
        refused(404, "MessageNotExist")
    );
    cloud.pass(60 * SECOND).await;
    assert_eq!(cloud.receive("q").await.status, 404);
    assert_eq!(
        change(&second, "43201").await.refusal(),
        refused(400, "InvalidArgument")
    );
    assert_eq!(change(&second, "0").await.status, 200);
    assert_eq!(cloud.receive("q").await.status, 200);
    let missing = cloud
        .mns("PUT", "/queues/q/messages?ReceiptHandle=1-MS1B", "")
        .await;
    assert_eq!(missing.refusal(), refused(400, "MissingVisibilityTimeout"));
    let missing = cloud.mns("PUT", "/queues/q/messages", "").await;
    assert_eq!(missing.refusal(), refused(400, "MissingReceiptHandle"));
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_priorities_and_terms_are_kept() {
    let cloud = Cloud::start().await;
    cloud
        .queue(
            "q",
            "<DelaySeconds>10</DelaySeconds><MessageRetentionPeriod>3600</MessageRetentionPeriod>",
        )
        .await;
    for (body, more) in [
        ("late", ""),
        (
            "low",
            "<DelaySeconds>0</DelaySeconds><Priority>16</Priority>",
        ),
        ("usual", "<DelaySeconds>0</DelaySeconds>"),
        (
            "high",
            "<DelaySeconds>0</DelaySeconds><Priority>1</Priority>",
        ),
    ] {
        cloud.send("q", body, more).await;
    }
    let states = cloud.mns("GET", "/queues/q", "").await;
    assert_eq!(
        (states.of("ActiveMessages"), states.of("DelayMessages")),
        ("3".to_owned(), "1".to_owned())
    );
    for expected in ["high", "usual", "low"] {
        assert_eq!(cloud.receive("q").await.of("MessageBody"), expected);
    }
    assert_eq!(cloud.receive("q").await.status, 404);
    cloud.pass(10 * SECOND).await;
    assert_eq!(cloud.receive("q").await.of("MessageBody"), "late");
    cloud.pass(Duration::from_hours(1)).await;
    assert_eq!(cloud.receive("q").await.status, 404);
    let states = cloud.mns("GET", "/queues/q", "").await;
    assert_eq!(states.of("ActiveMessages"), "0");

    // What waits for its time can be taken back.
    let body = "<Message><MessageBody>x</MessageBody><DelaySeconds>60</DelaySeconds></Message>";
    let sent = cloud.mns("POST", "/queues/q/messages", body).await;
    let target = format!(
        "/queues/q/messages?ReceiptHandle={}",
        sent.of("ReceiptHandle")
    );
    assert_eq!(cloud.mns("DELETE", &target, "").await.status, 204);
    let large = "x".repeat(65_537);
    let body = format!("<Message><MessageBody>{large}</MessageBody></Message>");
    let refusal = cloud.mns("POST", "/queues/q/messages", &body).await;
    assert_eq!(refusal.refusal(), refused(400, "InvalidArgument"));
}

fn batch(count: usize) -> String {
    let all = (0..count).fold(String::new(), |text, n| {
        text + "<Message><MessageBody>" + &n.to_string() + "</MessageBody></Message>"
    });
    format!("<Messages>{all}</Messages>")
}

fn count(answer: &Answer) -> usize {
    answer.document().all("Message").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_sent_whole_or_not_at_all() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let target = "/queues/q/messages";
    let spoiled = batch(2).replace("<MessageBody>1</MessageBody>", "<MessageBody/>");
    for wrong in [batch(17), batch(0), spoiled] {
        let refusal = cloud.mns("POST", target, &wrong).await;
        assert_eq!(refusal.refusal(), refused(400, "InvalidArgument"));
    }
    cloud.shows("/queues/q", &[("ActiveMessages", "0")]).await;
    let sent = cloud.mns("POST", target, &batch(16)).await;
    assert_eq!((sent.status, count(&sent)), (201, 16));
    let peek = format!("{target}?peekonly=true&numOfMessages=16");
    assert_eq!(count(&cloud.mns("GET", &peek, "").await), 16);
    let many = cloud
        .mns("GET", &format!("{target}?numOfMessages=17"), "")
        .await;
    assert_eq!(many.refusal(), refused(400, "InvalidArgument"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_is_deleted_what_can_be() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    cloud.mns("POST", "/queues/q/messages", &batch(16)).await;
    let got = cloud
        .mns("GET", "/queues/q/messages?numOfMessages=10", "")
        .await
        .document();
    let handles: Vec<&str> = got
        .all("Message")
        .filter_map(|one| one.text_of("ReceiptHandle"))
        .collect();
    assert_eq!(handles.len(), 10);
    assert_eq!(cloud.delete_all("q", &handles[..8]).await.status, 204);
    let mixed = cloud.delete_all("q", &[handles[0], handles[8], "x"]).await;
    assert_eq!(mixed.status, 404);
    let errors = mixed.document();
    let errors: Vec<_> = errors
        .all("Error")
        .map(|error| (error.text_of("ErrorCode"), error.text_of("ReceiptHandle")))
        .collect();
    let gone = (Some("MessageNotExist"), Some(handles[0]));
    let wrong = (Some("ReceiptHandleError"), Some("x"));
    assert_eq!(errors, [gone, wrong]);
    assert_eq!(cloud.delete_all("q", &handles[9..]).await.status, 204);
    cloud.pass(31 * SECOND).await;
    let left = cloud
        .mns("GET", "/queues/q/messages?numOfMessages=16", "")
        .await;
    assert_eq!(count(&left), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_woken_by_a_message_by_the_clock_and_by_the_end_of_patience() {
    let cloud = Cloud::start().await;
    cloud
        .queue("q", "<PollingWaitSeconds>30</PollingWaitSeconds>")
        .await;
    let address = cloud.address();
    let poll = |target: &'static str| {
        tokio::spawn(async move { call(address, "GET", target, &[], "").await.unwrap() })
    };
    let begun = || tokio::time::sleep(Duration::from_millis(50));
    let done = async |got: &Answer| {
        let target = format!(
            "/queues/q/messages?ReceiptHandle={}",
            got.of("ReceiptHandle")
        );
        assert_eq!(cloud.mns("DELETE", &target, "").await.status, 204);
    };
    let waits = poll("/queues/q/messages");
    begun().await;
    cloud.send("q", "soon", "").await;
    let got = waits.await.unwrap();
    assert_eq!(got.of("MessageBody"), "soon");
    done(&got).await;

    let late = "<DelaySeconds>600</DelaySeconds>";
    cloud.send("q", "later", late).await;
    let waits = poll("/queues/q/messages?waitseconds=30");
    begun().await;
    assert!(!waits.is_finished());
    // Both moments pass at once: what can be received counts.
    cloud.pass(Duration::from_mins(10)).await;
    let got = waits.await.unwrap();
    assert_eq!(got.of("MessageBody"), "later");

    // Hidden for 30 seconds, it is there again for who waits so long.
    let waits = poll("/queues/q/messages");
    begun().await;
    cloud.pass(30 * SECOND).await;
    let got = waits.await.unwrap();
    assert_eq!(got.of("DequeueCount"), "2");
    done(&got).await;

    let waits = poll("/queues/q/messages?numOfMessages=16&waitseconds=5");
    begun().await;
    cloud.pass(6 * SECOND).await;
    let nothing = waits.await.unwrap();
    assert_eq!(nothing.refusal(), refused(404, "MessageNotExist"));
    let waits = poll("/queues/q/messages");
    begun().await;
    cloud.mns("DELETE", "/queues/q", "").await;
    let gone = waits.await.unwrap();
    assert_eq!(gone.refusal(), refused(404, "QueueNotExist"));
}

/// Receives until nothing comes for a second; each message for the first time.
async fn consume(address: std::net::SocketAddr) -> Vec<String> {
    let target = "/queues/q/messages?waitseconds=1&numOfMessages=3";
    let mut got = Vec::new();
    loop {
        let answer = call(address, "GET", target, &[], "").await.unwrap();
        if answer.status == 404 {
            return got;
        }
        for message in answer.document().all("Message") {
            assert_eq!(message.text_of("DequeueCount"), Some("1"));
            got.push(message.text_of("MessageBody").unwrap().to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_consumers_get_each_message_once_and_nobody_who_left_gets_any() {
    const MESSAGES: usize = 60;
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let address = cloud.address();
    // Consumers who wait, and leave before anything comes.
    for _ in 0..5 {
        let gone = call(address, "GET", "/queues/q/messages?waitseconds=30", &[], "");
        let left = tokio::time::timeout(Duration::from_millis(100), gone).await;
        assert!(left.is_err());
    }
    let consumers = (0..8).map(|_| tokio::spawn(consume(address)));
    let consumers: Vec<_> = consumers.collect();
    for n in 0..MESSAGES {
        cloud.send("q", &n.to_string(), "").await;
    }
    let mut all = Vec::new();
    for consumer in consumers {
        all.extend(consumer.await.unwrap());
    }
    assert_eq!(all.len(), MESSAGES);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), MESSAGES);
}

fn dead_letters_to(queue: &str) -> String {
    format!(
        "<VisibilityTimeout>10</VisibilityTimeout><DlqPolicy><Enabled>true</Enabled>\
         <DeadLetterTargetQueue>{queue}</DeadLetterTargetQueue><MaxReceiveCount>2</MaxReceiveCount></DlqPolicy>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_received_too_often_goes_to_the_dead_letters() {
    let cloud = Cloud::start().await;
    cloud.queue("dead", "").await;
    cloud.queue("q", &dead_letters_to("dead")).await;
    let id = cloud.send("q", "poison", "").await;
    let address = cloud.address();
    let target = "/queues/dead/messages?waitseconds=30";
    let waits = tokio::spawn(async move { call(address, "GET", target, &[], "").await.unwrap() });
    let first = cloud.receive("q").await;
    let handle = first.of("ReceiptHandle");
    let show = format!("/queues/q/messages?ReceiptHandle={handle}&VisibilityTimeout=0");
    assert_eq!(cloud.mns("PUT", &show, "").await.status, 200);
    assert_eq!(cloud.receive("q").await.of("DequeueCount"), "2");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waits.is_finished());
    // Nobody asks the queue again: its time makes it a dead letter.
    cloud.pass(10 * SECOND).await;
    let dead = waits.await.unwrap();
    assert_eq!(dead.of("MessageBody"), "poison");
    assert_eq!(dead.of("DequeueCount"), "1");
    let said = dead.document();
    let said: Vec<_> = said
        .child("SystemProperties")
        .unwrap()
        .all("SystemPropertyValue")
        .map(|one| (one.text_of("Name").unwrap(), one.text_of("Value").unwrap()))
        .collect();
    let arn = "acs:mns:cn-hangzhou:1234567890123456:/queues/q";
    let origin = ("DLQOriginMessageId", id.as_str());
    assert_eq!(said, [("DLQSourceArn", arn), origin]);
    assert_eq!(cloud.receive("q").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_need_another_queue_and_stay_when_it_is_gone() {
    let cloud = Cloud::start().await;
    for (queue, refusal) in [
        ("q", refused(400, "InvalidArgument")),
        ("nowhere", refused(404, "QueueNotExist")),
    ] {
        let body = format!("<Queue>{}</Queue>", dead_letters_to(queue));
        let answer = cloud.mns("PUT", "/queues/q", &body).await;
        assert_eq!(answer.refusal(), refusal, "{queue}");
    }
    cloud.queue("dead", "").await;
    cloud.queue("q", &dead_letters_to("dead")).await;
    let shown = cloud.mns("GET", "/queues/q", "").await.document();
    let policy = shown.child("DlqPolicy").unwrap();
    assert_eq!(policy.text_of("MaxReceiveCount"), Some("2"));
    cloud.mns("DELETE", "/queues/dead", "").await;
    cloud.send("q", "again", "").await;
    for _ in 0..4 {
        let got = cloud.wait_for("q").await;
        assert_eq!(got.text_of("MessageBody"), Some("again"));
        cloud.pass(11 * SECOND).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_dead_letter_after_all_leaves_the_cloud_in_peace() {
    let cloud = Cloud::start().await;
    cloud.queue("dead", "").await;
    let short = "<MessageRetentionPeriod>60</MessageRetentionPeriod>";
    let attributes = format!("{short}{}", dead_letters_to("dead"));
    cloud.queue("q", &attributes).await;
    cloud.send("q", "old", "").await;
    cloud.pass(30 * SECOND).await;
    cloud.send("q", "young", "").await;
    let both = "/queues/q/messages?numOfMessages=2";
    assert_eq!(count(&cloud.mns("GET", both, "").await), 2);
    cloud.pass(11 * SECOND).await;
    // The last time that they may be received; when it is over, one is too old and the other may be received once more.
    assert_eq!(count(&cloud.mns("GET", both, "").await), 2);
    let more = dead_letters_to("dead").replace(">2<", ">3<");
    let change = format!("<Queue>{more}</Queue>");
    let changed = cloud
        .mns("PUT", "/queues/q?metaoverride=true", &change)
        .await;
    assert_eq!(changed.status, 204);
    cloud.pass(20 * SECOND).await;
    let commits = async || {
        cloud.admin("GET", "status", b"").await.json()["commits"]
            .as_u64()
            .unwrap()
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = commits().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(commits().await, before);
    assert_eq!(cloud.receive("dead").await.status, 404);
    let got = cloud.receive("q").await;
    assert_eq!(got.of("MessageBody"), "young");
    assert_eq!(got.of("DequeueCount"), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_and_groups_go_along() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let more = "<MessageGroupId>g</MessageGroupId><UserProperties><PropertyValue><Name>n</Name><Value>1.5</Value>\
                <Type>NUMBER</Type></PropertyValue></UserProperties>";
    cloud.send("q", "x", more).await;
    let got = cloud.receive("q").await;
    assert_eq!(got.of("MessageGroupId"), "g");
    assert!(
        got.text()
            .contains(&more[more.find("<UserProperties>").unwrap()..])
    );
    let unknown = "<Message><MessageBody>x</MessageBody><Colour>red</Colour></Message>";
    let refusal = cloud.mns("POST", "/queues/q/messages", unknown).await;
    assert_eq!(refusal.refusal(), refused(400, "InvalidArgument"));
    assert!(refusal.of("Message").contains("Colour"));
}
