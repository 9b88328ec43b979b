//! Triggers of the CDN: what happens at domains calls the functions that wait for it, also over a kill.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use emulator::LocalCloud;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::client::{Answer, Cloud, settings};
use crate::crash::spawn;
use crate::queue::{lines, make};
use crate::web::cdn;

const ACCOUNT: &str = "1234567890123456";
const OURS: &str = "www.shop.test";
const OTHER: &str = "www.other.test";

/// A call of the CDN that succeeds.
async fn done(address: SocketAddr, action: &str, params: &[(&str, &str)]) -> Json {
    let answer = cdn(address, action, params).await;
    assert_eq!(answer.status, 200, "{action}: {answer:?}");
    answer.json()
}

impl Cloud {
    async fn done(&self, action: &str, params: &[(&str, &str)]) -> Json {
        done(self.address(), action, params).await
    }

    async fn add_domain(&self, name: &str, port: u16) {
        let source = json!([{"type": "ipaddr", "content": "127.0.0.1", "port": port}]);
        let params = [
            ("DomainName", name),
            ("CdnType", "web"),
            ("Sources", &source.to_string()),
        ];
        self.done("AddCdnDomain", &params).await;
    }

    async fn cdn_trigger(&self, function: &str, name: &str, config: &Json) -> Answer {
        let trigger = json!({
            "triggerName": name, "triggerType": "cdn_events", "triggerConfig": config.to_string(),
            "sourceArn": format!("acs:cdn:*:{ACCOUNT}"),
        });
        let target = format!("functions/{function}/triggers");
        self.fc_json("POST", &target, &trigger).await
    }

    /// The function waits for this event of our domain.
    async fn waits_for(&self, function: &str, event: &str) {
        let made = self.cdn_trigger(function, event, &config(event)).await;
        assert_eq!(made.status, 200, "{made:?}");
    }
}

fn config(event: &str) -> Json {
    json!({"eventName": event, "eventVersion": "1.0.0", "notes": "", "filter": {"domain": [OURS]}})
}

/// Waits for so many events; them in order of their time, then of their name.
async fn events(file: &Path, count: usize) -> Vec<Json> {
    let lines = lines(file, count).await;
    let read = |line: &String| serde_json::from_str::<Json>(line).unwrap();
    let mut events: Vec<Json> = lines.iter().map(read).collect();
    events.sort_by_key(|event| event["events"][0]["eventTime"].to_string());
    events
}

/// The whole event with this parameter. What only the cloud knows is taken from `seen`, after a look at its form.
fn whole(name: &str, parameter: &Json, seen: &Json) -> Json {
    let seen = &seen["events"][0];
    let time = seen["eventTime"].as_str().unwrap();
    let trace = seen["traceId"].as_str().unwrap();
    assert!(time.len() == 25 && time.ends_with("+08:00"), "{time}");
    let parts: Vec<usize> = trace.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{trace}");
    json!({"events": [{
        "eventName": name,
        "eventVersion": "1.0.0",
        "eventSource": "cdn",
        "region": "cn-hangzhou",
        "eventTime": time,
        "traceId": trace,
        "resource": {"domain": OURS},
        "eventParameter": parameter,
        "userIdentity": {"aliUid": ACCOUNT},
    }]})
}

/// Seconds of an event's time.
fn second(event: &Json) -> i64 {
    let time = event["events"][0]["eventTime"].as_str().unwrap();
    time.parse::<jiff::Timestamp>().unwrap().as_second()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_a_domain_is_told_whole_and_by_the_cloud_s_clock() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    let names = [
        "CdnDomainAdded",
        "CdnDomainStopped",
        "CdnDomainStarted",
        "CdnDomainDeleted",
    ];
    for name in names {
        cloud.waits_for("f", name).await;
    }
    let year = Duration::from_hours(365 * 24);
    cloud.pass(year).await;
    let begun = jiff::Timestamp::now().as_second() + 365 * 24 * 3600;
    for domain in [OTHER, OURS] {
        cloud.add_domain(domain, 80).await;
        let of_it = [("DomainName", domain)];
        // The second of a pair changes nothing, and is no event.
        for action in [
            "StopCdnDomain",
            "StopCdnDomain",
            "StartCdnDomain",
            "StartCdnDomain",
            "DeleteCdnDomain",
        ] {
            cloud.pass(Duration::from_secs(2)).await;
            cloud.done(action, &of_it).await;
        }
    }
    let seen = events(&file, 4).await;
    for ((name, status), event) in names
        .into_iter()
        .zip([None, Some("offline"), Some("online"), None])
        .zip(&seen)
    {
        let mut parameter = json!({"domain": OURS});
        if let Some(status) = status {
            parameter["status"] = status.into();
        }
        assert_eq!(*event, whole(name, &parameter, event));
        let time = second(event);
        assert!((begun..begun + 600).contains(&time), "{time} {begun}");
    }
    // Nothing comes after the four: the next event is the fifth.
    cloud.add_domain(OURS, 80).await;
    let last = &events(&file, 5).await[4];
    assert_eq!(last["events"][0]["eventName"], "CdnDomainAdded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_is_told_to_each_domain_with_its_paths() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    cloud.waits_for("f", "CachedObjectsRefreshed").await;
    for domain in [OURS, OTHER] {
        cloud.add_domain(domain, 80).await;
    }
    let files = format!("http://{OURS}/a?v=1\nhttp://{OTHER}/b\n{OURS}/c.mp4");
    let refresh = async |paths: &str, kind| {
        let params = [("ObjectPath", paths), ("ObjectType", kind)];
        let said = cloud.done("RefreshObjectCaches", &params).await;
        cloud.pass(Duration::from_secs(2)).await;
        let id = said["RefreshTaskId"].as_str().unwrap();
        id.parse::<i64>().unwrap()
    };
    let first = refresh(&files, "File").await;
    refresh(&format!("{OTHER}/in/"), "Directory").await;
    let second_id = refresh(&format!("https://{OURS}/in/"), "Directory").await;
    let seen = events(&file, 2).await;
    for (event, (paths, kind, id)) in seen.iter().zip([
        (json!(["/a?v=1", "/c.mp4"]), "File", first),
        (json!(["/in/"]), "Directory", second_id),
    ]) {
        let time = second(event);
        let created = event["events"][0]["eventParameter"]["createTime"].as_i64();
        assert!(created.is_some_and(|created| (time - 600..=time).contains(&created)));
        let parameter = json!({
            "objectPath": paths, "createTime": created, "domain": OURS, "completeTime": time,
            "objectType": kind, "taskId": id,
        });
        assert_eq!(*event, whole("CachedObjectsRefreshed", &parameter, event));
    }
}

/// An origin that answers `/good…`, fails at `/bad…`, and never answers anything else. Its port.
async fn origin() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let status = match head.get(..8) {
                Some(b"GET /goo") => "200 OK",
                Some(b"GET /bad") => "500 No",
                _ => {
                    silent.push(stream);
                    continue;
                }
            };
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preload_is_told_once_when_its_last_path_has_ended() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    cloud.waits_for("f", "CachedObjectsPushed").await;
    cloud.add_domain(OURS, origin().await).await;
    // Nothing could be fetched: nothing is told.
    let failing = format!("http://{OURS}/bad");
    cloud
        .done("PushObjectCache", &[("ObjectPath", &failing)])
        .await;
    let paths = ["good1", "bad1", "good2", "good1"].map(|path| format!("http://{OURS}/{path}"));
    let said = cloud
        .done("PushObjectCache", &[("ObjectPath", &paths.join("\n"))])
        .await;
    let id: i64 = said["PushTaskId"].as_str().unwrap().parse().unwrap();
    let event = events(&file, 1).await.remove(0);
    let own = &event["events"][0]["eventParameter"];
    let (created, time) = (own["createTime"].as_i64().unwrap(), second(&event));
    assert!(created <= time);
    let parameter = json!({
        "objectPath": ["/good1", "/good2", "/good1"], "createTime": created, "domain": OURS,
        "completeTime": time, "objectType": "File", "taskId": id,
    });
    assert_eq!(event, whole("CachedObjectsPushed", &parameter, &event));
    // The next event is the second one.
    let more = format!("http://{OURS}/good3");
    cloud
        .done("PushObjectCache", &[("ObjectPath", &more)])
        .await;
    let paths = |event: &Json| event["events"][0]["eventParameter"]["objectPath"].clone();
    let mut seen: Vec<Json> = events(&file, 2).await.iter().map(paths).collect();
    seen.sort_by_key(ToString::to_string);
    assert_eq!(
        seen,
        [json!(["/good1", "/good2", "/good1"]), json!(["/good3"])]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_could_never_fire_is_refused_and_waits_for_one_event() {
    let cloud = Cloud::start().await;
    make(&cloud, "f", false).await;
    let good = config("LogFileCreated");
    for (name, value) in [
        ("eventName", json!("CdnDomainCreated")),
        ("eventName", Json::Null),
        ("eventVersion", json!("1.0")),
        ("eventVersion", Json::Null),
        ("filter", Json::Null),
        ("filter", json!({"domain": []})),
        ("filter", json!({"domain": OURS})),
        ("filter", json!({"domain": [""]})),
        ("notes", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        let refused = cloud.cdn_trigger("f", "t", &bad).await;
        assert_eq!(refused.status, 400, "{bad}");
        assert_eq!(refused.json()["Code"], "InvalidArgument", "{bad}");
    }
    let from_a_bucket = json!({
        "triggerName": "t", "triggerType": "cdn_events", "triggerConfig": good.to_string(),
        "sourceArn": "acs:oss:cn-hangzhou:1:bkt",
    });
    let target = "functions/f/triggers";
    let refused = cloud.fc_json("POST", target, &from_a_bucket).await;
    assert_eq!(refused.json()["Code"], "InvalidArgument");
    assert_eq!(cloud.cdn_trigger("f", "t", &good).await.status, 200);

    let update = async |config: &Json| {
        let body = json!({"triggerConfig": config.to_string()});
        cloud.fc_json("PUT", "functions/f/triggers/t", &body).await
    };
    let other = update(&config("CdnDomainAdded")).await;
    assert_eq!(other.json()["Code"], "InvalidArgument", "{other:?}");
    let mut changed = good;
    changed["filter"] = json!({"domain": [OTHER]});
    changed["notes"] = "ours".into();
    let changed_to = update(&changed).await;
    let shown = changed_to.json()["triggerConfig"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(serde_json::from_str::<Json>(&shown).unwrap(), changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_fails_is_called_again_with_the_event_by_the_clock() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", true).await;
    cloud.waits_for("f", "CdnDomainAdded").await;
    cloud.add_domain(OURS, 80).await;
    for count in 1..=4 {
        lines(&file, count).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        cloud.pass(Duration::from_mins(1)).await;
    }
    let seen = lines(&file, 4).await;
    assert_eq!(seen, vec![seen[0].clone(); 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_refresh_is_told_after_a_kill() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    cloud.waits_for("f", "CachedObjectsRefreshed").await;
    cloud.add_domain(OURS, 80).await;
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        let (mut child, address) = spawn(folder.path());
        let path = format!("http://{OURS}/a");
        let said = done(address, "RefreshObjectCaches", &[("ObjectPath", &path)]).await;
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.push(said["RefreshTaskId"].as_str().unwrap().to_owned());
    }
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    // A call that was under way is made again, so that there may be more than three.
    let all_are_told = async {
        loop {
            let told: Vec<String> = events(&file, 3)
                .await
                .iter()
                .map(|event| event["events"][0]["eventParameter"]["taskId"].to_string())
                .collect();
            if acknowledged.iter().all(|id| told.contains(id)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), all_are_told).await;
    waited.expect("a refresh was not told");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_preload_is_told_with_what_it_had_fetched() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    cloud.waits_for("f", "CachedObjectsPushed").await;
    cloud.add_domain(OURS, origin().await).await;
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let (mut child, address) = spawn(folder.path());
    let paths = ["good", "silent"].map(|path| format!("http://{OURS}/{path}"));
    let said = done(
        address,
        "PushObjectCache",
        &[("ObjectPath", &paths.join("\n"))],
    )
    .await;
    let id = said["PushTaskId"].as_str().unwrap();
    let statuses = async |address| {
        let shown = done(address, "DescribeRefreshTaskById", &[("TaskId", id)]).await;
        let tasks = shown["Tasks"].as_array().unwrap().iter();
        let statuses: Vec<Json> = tasks.map(|task| task["Status"].clone()).collect();
        statuses
    };
    while statuses(address).await[0] != "Complete" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(statuses(address).await[1], "Refreshing");
    assert!(!file.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    assert_eq!(statuses(running.address()).await, ["Complete", "Failed"]);
    let event = &events(&file, 1).await[0]["events"][0];
    assert_eq!(event["eventParameter"]["objectPath"], json!(["/good"]));
    running.stop().await;
}
