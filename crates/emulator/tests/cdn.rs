//! The CDN as its clients and visitors see it, where timing or faults of the origin matter.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use emulator::{Account, LocalCloud, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

const DOMAIN: &str = "www.shop.test";

/// An origin on a free port. Each answer waits for a permit of the gate.
struct Origin {
    port: u16,
    asked: Arc<AtomicUsize>,
    /// One permit for each request that has arrived.
    arrived: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Origin {
    /// Answers every request with `answer` and closes.
    async fn start(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = Self {
            port: listener.local_addr().unwrap().port(),
            asked: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
            gate: Arc::new(Semaphore::new(0)),
        };
        let (asked, arrived) = (Arc::clone(&origin.asked), Arc::clone(&origin.arrived));
        let gate = Arc::clone(&origin.gate);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (asked, arrived) = (Arc::clone(&asked), Arc::clone(&arrived));
                let (gate, answer) = (Arc::clone(&gate), Arc::clone(&answer));
                tokio::spawn(async move {
                    read_head(&mut stream).await;
                    let number = asked.fetch_add(1, Ordering::SeqCst);
                    arrived.add_permits(1);
                    gate.acquire().await.unwrap().forget();
                    let text = answer(number);
                    stream.write_all(text.as_bytes()).await.unwrap();
                });
            }
        });
        origin
    }

    fn open(&self, answers: usize) {
        self.gate.add_permits(answers);
    }

    async fn wait_for_a_request(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn start(data: &Path) -> LocalCloud {
    let settings = Settings {
        data: data.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        account: Account {
            id: "1".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: "SECRET".to_owned(),
        },
        region: "cn-hangzhou".to_owned(),
        launcher: vec![
            env!("CARGO_BIN_EXE_start-instance").into(),
            "__instance".into(),
        ],
    };
    LocalCloud::start(settings).await.unwrap()
}

/// A cloud with one domain that has one origin.
async fn start_with(data: &Path, origin: &Origin) -> LocalCloud {
    let cloud = start(data).await;
    let source = json!([{"type": "ipaddr", "content": "127.0.0.1", "port": origin.port}]);
    let (status, _) = rpc(
        &cloud,
        "AddCdnDomain",
        &[
            ("DomainName", DOMAIN),
            ("CdnType", "web"),
            ("Sources", &source.to_string()),
        ],
    )
    .await;
    assert_eq!(status, 200);
    cloud
}

async fn rpc(cloud: &LocalCloud, action: &str, more: &[(&str, &str)]) -> (u16, Value) {
    static NONCES: AtomicUsize = AtomicUsize::new(0);
    let nonce = NONCES.fetch_add(1, Ordering::SeqCst).to_string();
    let time = Timestamp::now().to_string();
    let fixed = [
        ("AccessKeyId", "AKID"),
        ("Action", action),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", nonce.as_str()),
        ("Timestamp", time.as_str()),
        ("Version", "2018-05-10"),
    ];
    let mut params: Vec<(String, String)> = fixed
        .iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    params.push((
        "Signature".to_owned(),
        wire::rpc::sign("GET", &params, "SECRET"),
    ));
    let escape = wire::escape::strict;
    let query: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    let host = cloud.address().to_string();
    let reply = ask(cloud, &host, &format!("/?{}", query.join("&"))).await;
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

struct Seen {
    status: u16,
    head: String,
    body: String,
}

impl Seen {
    fn is_hit(&self) -> bool {
        self.head.contains("x-cache: HIT")
    }
}

async fn visit(cloud: &LocalCloud, target: &str) -> Seen {
    ask(cloud, DOMAIN, target).await
}

async fn ask(cloud: &LocalCloud, host: &str, target: &str) -> Seen {
    let mut stream = send(cloud, host, target).await;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Seen {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

async fn send(cloud: &LocalCloud, host: &str, target: &str) -> TcpStream {
    let mut stream = TcpStream::connect(cloud.address()).await.unwrap();
    let text = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
}

fn cacheable(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_refresh_means_also_what_is_being_fetched() {
    let data = tempfile::tempdir().unwrap();
    let origin = Origin::start(|number| cacheable(&format!("version {number}"))).await;
    let cloud = start_with(data.path(), &origin).await;
    let (early, ()) = tokio::join!(visit(&cloud, "/a"), async {
        origin.wait_for_a_request().await;
        let path = format!("http://{DOMAIN}/a");
        let (status, _) = rpc(&cloud, "RefreshObjectCaches", &[("ObjectPath", &path)]).await;
        assert_eq!(status, 200);
        origin.open(2);
    });
    assert_eq!(early.body, "version 0");
    let late = visit(&cloud, "/a").await;
    assert_eq!((late.body.as_str(), late.is_hit()), ("version 1", false));
    assert!(visit(&cloud, "/a").await.is_hit());
}

#[tokio::test]
async fn who_comes_after_a_refresh_does_not_wait_for_a_fetch_from_before() {
    let data = tempfile::tempdir().unwrap();
    let origin = Origin::start(|number| cacheable(&format!("version {number}"))).await;
    let cloud = start_with(data.path(), &origin).await;
    let early = visit(&cloud, "/a");
    let late = async {
        origin.wait_for_a_request().await;
        let path = format!("http://{DOMAIN}/");
        let more = [("ObjectPath", path.as_str()), ("ObjectType", "Directory")];
        rpc(&cloud, "RefreshObjectCaches", &more).await;
        let (late, ()) = tokio::join!(visit(&cloud, "/a"), async {
            origin.wait_for_a_request().await;
            origin.open(2);
        });
        late
    };
    let (_, late) = tokio::join!(early, late);
    assert!(!late.is_hit());
    assert_eq!(origin.asked(), 2);
}

#[tokio::test]
async fn a_visitor_who_leaves_takes_nothing_from_those_who_wait() {
    let data = tempfile::tempdir().unwrap();
    let origin = Origin::start(|_| cacheable("content")).await;
    let cloud = start_with(data.path(), &origin).await;
    let leaving = send(&cloud, DOMAIN, "/a").await;
    origin.wait_for_a_request().await;
    drop(leaving);
    let (seen, ()) = tokio::join!(visit(&cloud, "/a"), async { origin.open(2) });
    assert_eq!((seen.status, seen.body.as_str()), (200, "content"));
    assert_eq!(origin.asked(), 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_kept() {
    let data = tempfile::tempdir().unwrap();
    let origin = Origin::start(|number| match number {
        0 => cacheable("all of it").replace("all of it", "all"),
        _ => cacheable("all of it"),
    })
    .await;
    origin.open(2);
    let cloud = start_with(data.path(), &origin).await;
    assert_eq!(visit(&cloud, "/a").await.status, 502);
    let seen = visit(&cloud, "/a").await;
    assert_eq!((seen.body.as_str(), seen.is_hit()), ("all of it", false));
    assert!(visit(&cloud, "/a").await.is_hit());
}

#[tokio::test]
async fn an_answer_without_a_length_is_kept_when_it_ends() {
    let data = tempfile::tempdir().unwrap();
    let origin = Origin::start(|_| {
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=9\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            .to_owned()
    })
    .await;
    origin.open(1);
    let cloud = start_with(data.path(), &origin).await;
    visit(&cloud, "/a").await;
    let seen = visit(&cloud, "/a").await;
    assert_eq!((seen.body.as_str(), seen.is_hit()), ("abcde", true));
}

#[tokio::test]
async fn domains_functions_tags_and_tasks_survive_a_restart_and_the_cache_does_not() {
    let data = tempfile::tempdir().unwrap();
    let origin = Origin::start(|_| cacheable("content")).await;
    origin.open(2);
    let cloud = start_with(data.path(), &origin).await;
    let functions = json!([{"functionName": "set_resp_header", "functionArgs": [
        {"argName": "key", "argValue": "x-kept"}, {"argName": "value", "argValue": "yes"}]}]);
    let more = [
        ("DomainNames", DOMAIN),
        ("Functions", &functions.to_string()),
    ];
    assert_eq!(rpc(&cloud, "BatchSetCdnDomainConfig", &more).await.0, 200);
    let tag = [
        ("ResourceType", "DOMAIN"),
        ("ResourceId.1", DOMAIN),
        ("Tag.1.Key", "k"),
        ("Tag.1.Value", "v"),
    ];
    assert_eq!(rpc(&cloud, "TagResources", &tag).await.0, 200);
    let path = format!("{DOMAIN}/a");
    let (_, task) = rpc(&cloud, "RefreshObjectCaches", &[("ObjectPath", &path)]).await;
    visit(&cloud, "/a").await;
    assert!(visit(&cloud, "/a").await.is_hit());
    cloud.stop().await;

    let cloud = start(data.path()).await;
    let seen = visit(&cloud, "/a").await;
    assert!(
        !seen.is_hit() && seen.head.contains("x-kept: yes"),
        "{}",
        seen.head
    );
    let (_, tagged) = rpc(&cloud, "DescribeTagResources", &tag[..2]).await;
    assert_eq!(tagged["TagResources"][0]["Tag"][0]["Value"], "v");
    let id = task["RefreshTaskId"].as_str().unwrap();
    let (_, tasks) = rpc(&cloud, "DescribeRefreshTasks", &[("TaskId", id)]).await;
    assert_eq!(tasks["Tasks"]["CDNTask"][0]["ObjectPath"], path.as_str());
}

#[tokio::test]
async fn what_is_preloaded_when_the_cloud_dies_is_shown_as_failed() {
    let data = tempfile::tempdir().unwrap();
    let origin = Origin::start(|_| cacheable("content")).await;
    let cloud = start_with(data.path(), &origin).await;
    let path = format!("{DOMAIN}/a");
    let (_, task) = rpc(&cloud, "PushObjectCache", &[("ObjectPath", &path)]).await;
    origin.wait_for_a_request().await;
    let id = task["PushTaskId"].as_str().unwrap().to_owned();
    let more = [("TaskId", id.as_str())];
    let (_, before) = rpc(&cloud, "DescribeRefreshTaskById", &more).await;
    assert_eq!(before["Tasks"][0]["Status"], "Refreshing");
    cloud.stop().await;
    let cloud = start(data.path()).await;
    let (_, after) = rpc(&cloud, "DescribeRefreshTaskById", &more).await;
    assert_eq!(after["Tasks"][0]["Status"], "Failed");
}

#[tokio::test]
async fn a_domain_that_leads_back_to_itself_is_a_loop_and_not_the_end() {
    let data = tempfile::tempdir().unwrap();
    let cloud = start(data.path()).await;
    let port = cloud.address().port();
    let source = json!([{"type": "ipaddr", "content": "127.0.0.1", "port": port}]);
    let more = [
        ("DomainName", DOMAIN),
        ("CdnType", "web"),
        ("Sources", &source.to_string()),
    ];
    rpc(&cloud, "AddCdnDomain", &more).await;
    let seen = tokio::time::timeout(std::time::Duration::from_secs(20), visit(&cloud, "/a")).await;
    assert_eq!(seen.unwrap().status, 508);
}
