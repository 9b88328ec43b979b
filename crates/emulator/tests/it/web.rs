//! Web requests to functions that are web servers of their own: streams, WebSocket, headers, limits, CORS, names, the CDN.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::acs3;

use crate::client::{Answer, Cloud, SECRET, exchange, parse, request};
use crate::function::archive;

const SERVER: &str = include_str!("server.js");

/// A cloud with the web server as the function `Web`, open to all.
async fn cloud(concurrency: u32, trigger: &Json) -> Cloud {
    let cloud = Cloud::start().await;
    let new = json!({
        "functionName": "Web", "runtime": "custom.debian12", "handler": "none", "timeout": 20,
        "instanceConcurrency": concurrency, "code": { "zipFile": archive("server.js", SERVER) },
        "customRuntimeConfig": { "command": ["node", "/code/server.js"], "port": 9000 },
    });
    let made = cloud.fc_json("POST", "functions", &new).await;
    assert_eq!(made.status, 200, "{made:?}");
    let mut config = json!({ "authType": "anonymous" });
    for (name, value) in trigger.as_object().unwrap() {
        config[name] = value.clone();
    }
    let trigger = json!({
        "triggerName": "web", "triggerType": "http", "triggerConfig": config.to_string(),
    });
    let made = cloud
        .fc_json("POST", "functions/Web/triggers", &trigger)
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    cloud
}

/// A connection that is read piece by piece.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(cloud: &Cloud, head: &str) -> Self {
        let mut stream = TcpStream::connect(cloud.address()).await.unwrap();
        let head = head.replace('\n', "\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Self {
            stream,
            read: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Reads until what came ends in these bytes.
    pub(crate) async fn until(&mut self, end: &[u8]) -> String {
        let reading = async {
            while !self.read.windows(end.len()).any(|part| part == end) {
                let read = self.stream.read_buf(&mut self.read).await.unwrap();
                assert_ne!(read, 0, "{}", String::from_utf8_lossy(&self.read));
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading)
            .await
            .expect("it comes in time");
        String::from_utf8_lossy(&std::mem::take(&mut self.read)).into_owned()
    }
}

#[tokio::test]
async fn events_reach_a_visitor_while_the_server_still_writes() {
    let cloud = cloud(20, &json!({})).await;
    let mut wire = Wire::open(&cloud, "GET /_fc/Web/stream HTTP/1.1\nHost: localhost\n\n").await;
    let head = wire.until(b"data: one\n\n").await;
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert_eq!(cloud.visit("GET", "/_fc/Web/go", &[]).await.text(), "gone");
    wire.until(b"data: two\n\n").await;
}

#[tokio::test]
async fn a_body_reaches_the_server_while_the_visitor_still_sends() {
    let cloud = cloud(1, &json!({})).await;
    let head = "POST /_fc/Web/echo HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n";
    let mut wire = Wire::open(&cloud, head).await;
    wire.send(b"3\r\none\r\n").await;
    wire.until(b"one\r\n").await;
    wire.send(b"3\r\ntwo\r\n0\r\n\r\n").await;
    wire.until(b"two\r\n0\r\n\r\n").await;
}

const HANDSHAKE: &str = "GET /_fc/Web/socket HTTP/1.1\nHost: localhost\nConnection: keep-alive, Upgrade\n\
    Upgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n";

/// A short text as a client's frame; the mask is zero.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

#[tokio::test]
async fn a_websocket_holds_its_place_in_the_instance_as_long_as_it_lives() {
    let cloud = cloud(1, &json!({})).await;
    let reserved = json!({ "reservedConcurrency": 1 });
    cloud
        .fc_json("PUT", "functions/Web/concurrency", &reserved)
        .await;
    let mut wire = Wire::open(&cloud, HANDSHAKE).await;
    let head = wire.until(b"\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    // The answer that RFC 6455 has for this key.
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    for word in ["hello", "again"] {
        wire.send(&frame(word)).await;
        wire.until(word.as_bytes()).await;
    }
    let visit = || cloud.visit("GET", "/_fc/Web/", &[]);
    assert_eq!(visit().await.status, 429);
    drop(wire);
    let end = SystemTime::now() + Duration::from_secs(20);
    loop {
        let answer = visit().await;
        if answer.status == 200 {
            return;
        }
        assert!(SystemTime::now() < end, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_websocket_ends_with_its_instance() {
    let cloud = cloud(2, &json!({})).await;
    let mut wire = Wire::open(&cloud, HANDSHAKE).await;
    let head = wire.until(b"\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let ended = wire.stream.read_to_end(&mut wire.read);
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
    // Closed or reset: both end it.
    ended.expect("it ends").ok();
    drop(folder);
}

#[tokio::test]
async fn headers_of_the_platform_and_of_connections_pass_neither_way() {
    let cloud = cloud(1, &json!({})).await;
    let sent = [
        ("x-fc-function-name", "forged"),
        ("x-fc-anything", "forged"),
        ("te", "trailers"),
        ("x-own", "1"),
    ];
    let said = cloud.visit("GET", "/_fc/Web/a?b=c", &sent).await;
    let headers = &said.json()["headers"];
    assert_eq!(headers["x-fc-function-name"], "Web", "{said:?}");
    assert_eq!(headers["x-fc-base-path"], "/_fc/Web");
    assert_eq!(headers["x-own"], "1");
    for absent in ["x-fc-anything", "te"] {
        assert_eq!(headers.get(absent), None, "{absent}");
    }
    assert_eq!(said.json()["url"], "/a?b=c");
    assert_eq!(
        (said.header("x-fc-own"), said.header("server")),
        (None, None)
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_no_visitor_ends_an_instance() {
    let cloud = cloud(1, &json!({})).await;
    let pid = async || {
        let said = cloud.visit("GET", "/_fc/Web/", &[]).await;
        said.json()["pid"].clone()
    };
    let first = pid().await;
    assert_eq!(
        cloud.visit("GET", "/_fc/Web/long-head", &[]).await.status,
        502
    );
    // Of an answer's body no limit is known.
    let long = cloud.visit("GET", "/_fc/Web/long-body", &[]).await;
    assert_eq!((long.status, long.body.len()), (200, 33 * 1024 * 1024));
    let head = "POST /_fc/Web/ HTTP/1.1\nHost: localhost\nContent-Length: 40000000\n\n";
    let answer = Wire::open(&cloud, head).await.until(b"\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");

    let head = "POST /_fc/Web/ HTTP/1.1\nHost: localhost\nConnection: close\nTransfer-Encoding: chunked\n\n";
    let wire = Wire::open(&cloud, head).await;
    let (mut from, mut to) = wire.stream.into_split();
    let chunk = [b"100000\r\n", vec![b'x'; 1 << 20].as_slice(), b"\r\n"].concat();
    let sending = tokio::spawn(async move { while to.write_all(&chunk).await.is_ok() {} });
    let mut answer = Vec::new();
    // The server closes with unread bytes: a reset may follow the answer.
    let _ = from.read_to_end(&mut answer).await;
    sending.await.unwrap();
    assert_eq!(parse(&answer).status, 400);

    let head = "POST /_fc/Web/ HTTP/1.1\nHost: localhost\nContent-Length: 100\n\nshort";
    drop(Wire::open(&cloud, head).await);
    assert_eq!(pid().await, first);
}

#[tokio::test]
async fn a_cors_configuration_speaks_to_browsers_in_the_codes_place() {
    let cors = json!({
        "allowOrigins": ["https://*.shop.test"], "allowMethods": ["GET", "PUT"],
        "allowCredentials": true, "exposeHeaders": ["x-own"], "maxAge": 60,
    });
    let cloud = cloud(1, &json!({ "methods": ["GET", "PUT"], "corsConfig": cors })).await;
    let domain = json!({
        "domainName": "api.shop.test", "protocol": "HTTP", "corsConfig": cors,
        "routeConfig": { "routes": [{ "path": "/*", "functionName": "Web" }] },
    });
    let made = cloud.fc_json("POST", "custom-domains", &domain).await;
    assert_eq!(made.status, 200, "{made:?}");
    for (path, host) in [("/_fc/Web/", "localhost"), ("/", "api.shop.test")] {
        let ask = |origin: &'static str, method: &'static str| {
            let headers = [
                ("host", host),
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", "x-a"),
            ];
            let cloud = &cloud;
            async move { cloud.visit("OPTIONS", path, &headers).await }
        };
        let allowed = ask("https://www.shop.test", "PUT").await;
        assert_eq!(allowed.status, 204, "{allowed:?}");
        for (name, value) in [
            ("access-control-allow-origin", "https://www.shop.test"),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "GET, PUT"),
            ("access-control-allow-headers", "x-a"),
            ("access-control-max-age", "60"),
            ("vary", "Origin"),
        ] {
            assert_eq!(allowed.header(name), Some(value), "{name}");
        }
        let refused = ask("https://evil.test", "PUT").await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.header("access-control-allow-origin"), None);
        assert_eq!(ask("https://www.shop.test", "DELETE").await.status, 403);

        let headers = [("host", host), ("origin", "https://www.shop.test")];
        let said = cloud.visit("GET", path, &headers).await;
        assert_eq!(said.status, 200);
        let name = "access-control-allow-origin";
        assert_eq!(said.header(name), Some("https://www.shop.test"));
        assert_eq!(said.header("access-control-expose-headers"), Some("x-own"));
        let said = cloud.visit("GET", path, &[("host", host)]).await;
        assert_eq!((said.status, said.header(name)), (200, None));
    }
}

#[tokio::test]
async fn without_a_cors_configuration_the_code_speaks_for_itself() {
    let cloud = cloud(1, &json!({})).await;
    let headers = [
        ("origin", "https://a.test"),
        ("access-control-request-method", "PUT"),
    ];
    let said = cloud.visit("OPTIONS", "/_fc/Web/", &headers).await;
    assert_eq!(said.json()["method"], "OPTIONS");
    let name = "access-control-allow-origin";
    assert_eq!(said.header(name), Some("https://of.the.code"));
}

#[tokio::test]
async fn a_function_answers_to_the_vendors_kind_of_name() {
    let cloud = cloud(1, &json!({})).await;
    for host in [
        "web.cn-hangzhou.fcapp.run",
        "WEB.cn-hangzhou.fcapp.run:80",
        "web.cn-hangzhou.fcapp.run.localhost:80",
        "web.LATEST.cn-hangzhou.fcapp.run",
        "web.ap-southeast-1.fcapp.run",
        "web.latest.us-west-1.fcapp.run.localhost:80",
    ] {
        let said = cloud.visit("GET", "/x", &[("host", host)]).await;
        assert_eq!(said.status, 200, "{host}: {said:?}");
    }
    let form = [
        ("host", "web.cn-hangzhou.fcapp.run.localhost"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let said = cloud.visit("POST", "/", &form).await;
    assert_eq!(said.json()["method"], "POST", "{said:?}");
    let host = [("host", "nobody.cn-hangzhou.fcapp.run")];
    assert_eq!(cloud.visit("GET", "/", &host).await.status, 404);
}

/// A signed call of the CDN's API.
pub(crate) async fn cdn(address: SocketAddr, action: &str, query: &[(&str, &str)]) -> Answer {
    let query: Vec<(String, String)> = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    let mut headers: Vec<(String, String)> = [
        ("host", "127.0.0.1".to_owned()),
        ("x-acs-action", action.to_owned()),
        ("x-acs-version", "2018-05-10".to_owned()),
        ("x-acs-date", now.to_string()),
        ("x-acs-signature-nonce", format!("{:?}", SystemTime::now())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let signed = acs3::Call {
        method: "POST",
        path: "/",
        query: &query,
        headers: &headers,
        body_sha256: &acs3::body_sha256(b""),
    };
    let authorization = acs3::sign(&signed, "AKID", SECRET);
    headers.push(("authorization".to_owned(), authorization));
    let pairs = query.iter().map(|(name, value)| {
        let (name, value) = (wire::escape::strict(name), wire::escape::strict(value));
        format!("{name}={value}")
    });
    let target = format!("/?{}", pairs.collect::<Vec<_>>().join("&"));
    let bytes = request("POST", &target, &headers, b"");
    exchange(address, &bytes).await.unwrap()
}

impl Cloud {
    async fn cdn(&self, action: &str, query: &[(&str, &str)]) -> Answer {
        cdn(self.address(), action, query).await
    }
}

#[tokio::test]
async fn a_function_behind_the_cdn_is_called_once_for_what_may_be_kept() {
    let cloud = cloud(1, &json!({})).await;
    let domain = json!({
        "domainName": "fn.shop.test", "protocol": "HTTP",
        "routeConfig": { "routes": [{ "path": "/*", "functionName": "Web" }] },
    });
    cloud.fc_json("POST", "custom-domains", &domain).await;
    let own = "web.cn-hangzhou.fcapp.run";
    for (number, kind, content) in [
        (1, "fc_domain", "fn.shop.test"),
        (2, "domain", "fn.shop.test"),
        (3, "domain", own),
    ] {
        let name = format!("www{number}.shop.test");
        let sources = json!([{ "type": kind, "content": content, "port": 80 }]).to_string();
        let added = cloud
            .cdn(
                "AddCdnDomain",
                &[
                    ("DomainName", &name),
                    ("CdnType", "web"),
                    ("Sources", &sources),
                ],
            )
            .await;
        assert_eq!(added.status, 200, "{added:?}");
        let host = [("host", name.as_str()), ("x-forwarded-for", "9.9.9.9")];
        let first = cloud.visit("GET", "/page", &host).await;
        assert_eq!(first.status, 200, "{first:?}");
        assert!(first.header("x-cache").unwrap().starts_with("MISS"));
        assert_eq!(first.json()["calls"], number, "{kind} {content}");
        let forwarded = &first.json()["headers"]["x-forwarded-for"];
        assert_eq!(forwarded, "9.9.9.9, 127.0.0.1");
        let second = cloud.visit("GET", "/page", &host).await;
        assert!(second.header("x-cache").unwrap().starts_with("HIT"));
        assert_eq!(second.body, first.body);
    }
    let sources = json!([{ "type": "fc_domain", "content": "none.shop.test" }]).to_string();
    let more = [("DomainName", "lost.shop.test"), ("CdnType", "web")];
    cloud
        .cdn("AddCdnDomain", &[more[0], more[1], ("Sources", &sources)])
        .await;
    let lost = cloud.visit("GET", "/", &[("host", "lost.shop.test")]).await;
    assert_eq!(lost.status, 502, "{lost:?}");
}

const WHO: &str = "import json
def handler(event, context):
    about = json.loads(event)['requestContext']
    return [about['http']['sourceIp'], about['triggerId']]
";

#[tokio::test]
async fn a_handler_learns_where_the_visitor_is_with_and_without_a_cdn() {
    let cloud = Cloud::start().await;
    let new = json!({
        "functionName": "who", "runtime": "python3.10", "handler": "index.handler",
        "timeout": 20, "code": { "zipFile": archive("index.py", WHO) },
    });
    cloud.fc_json("POST", "functions", &new).await;
    let trigger = json!({
        "triggerName": "web", "triggerType": "http", "triggerConfig": r#"{"authType":"anonymous"}"#,
    });
    let made = cloud
        .fc_json("POST", "functions/who/triggers", &trigger)
        .await;
    let sources = json!([{ "type": "domain", "content": "who.cn-hangzhou.fcapp.run" }]).to_string();
    let domain = [
        ("DomainName", "www.shop.test"),
        ("CdnType", "web"),
        ("Sources", &sources),
    ];
    cloud.cdn("AddCdnDomain", &domain).await;
    for host in ["who.cn-hangzhou.fcapp.run", "www.shop.test"] {
        // All of 127.0.0.0/8 is this machine.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
        let mut stream = socket.connect(cloud.address()).await.unwrap();
        let sent = format!(
            "GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 9.9.9.9\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let said = parse(&answer).json();
        assert_eq!(
            said,
            json!(["127.0.0.2", made.json()["triggerId"]]),
            "{host}"
        );
    }
}

#[tokio::test]
async fn a_form_bears_a_token_and_what_it_claims() {
    let key = "YW4tZXhhbXBsZS1vZi1hLXNoYXJlZC1rZXktd2l0aC1hdC1sZWFzdC02NC1ieXRlcy1pbi1pdC1mb3Itc2hhLTUxMg";
    let token =
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.WnUegCBMQBpASXLxjCc-bPeWwbRcXQaW5fVKFH9ogEw";
    let auth = json!({
        "jwks": { "keys": [{ "kty": "oct", "k": key }] },
        "tokenLookup": "form:token", "claimPassBy": "form:sub:user,cookie:sub:user",
    });
    let cloud = cloud(1, &json!({ "authType": "jwt", "authConfig": auth })).await;
    let send = async |path: &str, kind: &str, body: &str| {
        let headers = [("content-type", kind), ("cookie", "a=b; user=root")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let bytes = request("POST", path, &headers, body.as_bytes());
        exchange(cloud.address(), &bytes).await.unwrap()
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let form = format!("user=root&token={token}&city=New+York");
    let echoed = send("/_fc/Web/echo", urlencoded, &form).await;
    let expected = format!("token={token}&city=New+York&user=ann");
    // The answer comes in one chunk.
    let chunk = format!("\r\n{expected}\r\n");
    assert!(
        echoed.status == 200 && echoed.text().contains(&chunk),
        "{echoed:?}"
    );
    let seen = send("/_fc/Web/", urlencoded, &form).await.json();
    assert_eq!(seen["headers"]["cookie"], "a=b; user=ann");
    assert_eq!(
        seen["headers"]["content-length"],
        expected.len().to_string()
    );
    for (kind, body, status) in [
        (urlencoded, "city=Rome", 403),
        ("text/plain", &form, 403),
        ("multipart/form-data; boundary=x", &form, 501),
    ] {
        assert_eq!(send("/_fc/Web/", kind, body).await.status, status, "{kind}");
    }
}
