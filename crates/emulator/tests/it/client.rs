//! A cloud in a fresh folder, and a client that can say anything on its port.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use emulator::{ADMIN_TOKEN_HEADER, Account, LocalCloud, Settings, admin_token};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::oss::{Key, Request, v1};

pub(crate) const SECRET: &str = "SECRET";

/// A running cloud whose folder goes with it.
pub(crate) struct Cloud {
    pub(crate) running: LocalCloud,
    pub(crate) folder: TempDir,
}

/// A reply, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn settings(data: PathBuf, port: u16) -> Settings {
    Settings {
        data,
        listen: ([127, 0, 0, 1], port).into(),
        account: account("AKID", SECRET),
        region: "cn-hangzhou".to_owned(),
        launcher: vec![
            env!("CARGO_BIN_EXE_start-instance").into(),
            "__instance".into(),
        ],
    }
}

fn account(access_key_id: &str, access_key_secret: &str) -> Account {
    Account {
        id: "1234567890123456".to_owned(),
        access_key_id: access_key_id.to_owned(),
        access_key_secret: access_key_secret.to_owned(),
    }
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
            .await
            .unwrap();
        Self { running, folder }
    }

    /// A cloud with the bucket `bkt`.
    pub(crate) async fn with_bucket(acl: &str) -> Self {
        let cloud = Self::start().await;
        let made = cloud.call("PUT", "/bkt/", &[("x-oss-acl", acl)], b"").await;
        assert_eq!(made.status, 200, "{made:?}");
        cloud
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// A signed call.
    pub(crate) async fn call(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        call(self.address(), method, target, headers, body)
            .await
            .unwrap()
    }

    /// A call that nobody signed.
    pub(crate) async fn visit(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let bytes = request(method, target, &owned(headers), b"");
        exchange(self.address(), &bytes).await.unwrap()
    }

    /// A call of the admin API with the right token.
    pub(crate) async fn admin(&self, method: &str, call: &str, body: &[u8]) -> Answer {
        admin(self.address(), method, call, body).await
    }

    /// Files of contents that are too large for the database.
    pub(crate) fn blobs(&self) -> usize {
        blobs(self.folder.path())
    }
}

/// A call of the local cloud's own API, of the cloud at `address`.
pub(crate) async fn admin(address: SocketAddr, method: &str, call: &str, body: &[u8]) -> Answer {
    let token = admin_token(SECRET);
    let headers = owned(&[(ADMIN_TOKEN_HEADER, token.as_str())]);
    let bytes = request(method, &format!("/_sdev/{call}"), &headers, body);
    exchange(address, &bytes).await.unwrap()
}

pub(crate) fn blobs(data: &std::path::Path) -> usize {
    let shards = std::fs::read_dir(data.join("oss")).unwrap();
    shards
        .map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap().count())
        .sum()
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The code of an error document.
    pub(crate) fn code(&self) -> String {
        wire::oss::error::ErrorBody::parse(&self.body)
            .map(|error| error.code)
            .unwrap_or_default()
    }
}

/// A call signed in version 1. The target must be spelled as it is signed, apart from percent encoding.
pub(crate) async fn call(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    exchange(address, &signed(method, target, headers, body)).await
}

pub(crate) fn signed(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = wire::escape::decode(path.trim_start_matches('/')).unwrap();
    let (bucket, key) = path.split_once('/').unwrap_or((path.as_str(), ""));
    let mut headers = owned(headers);
    if !headers.iter().any(|(name, _)| name == "date") {
        headers.push((
            "date".to_owned(),
            httpdate::fmt_http_date(SystemTime::now()),
        ));
    }
    let query = wire::escape::parse_query(query);
    let view = Request {
        method,
        bucket: (!bucket.is_empty()).then_some(bucket),
        key: (!key.is_empty()).then_some(key),
        query: &query,
        headers: &headers,
    };
    let key = Key {
        id: "AKID".to_owned(),
        secret: SECRET.to_owned(),
        security_token: None,
    };
    let authorization = v1::sign(&view, &key);
    headers.push(("authorization".to_owned(), authorization));
    request(method, target, &headers, body)
}

pub(crate) fn request(
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name == "host") {
        head.push_str("Host: 127.0.0.1\r\n");
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Sends bytes as they are and reads until the server closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    // The server may answer and close before it has read everything: that answer counts.
    let sent = stream.write_all(bytes).await;
    let mut reply = Vec::new();
    let read = stream.read_to_end(&mut reply).await;
    if reply.is_empty() {
        sent?;
        read?;
    }
    Ok(parse(&reply))
}

pub(crate) fn parse(reply: &[u8]) -> Answer {
    let end = reply
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap_or(reply.len());
    let head = String::from_utf8_lossy(&reply[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_default();
    let body = reply.get(end + 4..).unwrap_or_default().to_vec();
    let answer = Answer { status, head, body };
    let length = answer
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    assert!(
        answer.status == 0
            || length.is_none_or(|length| answer.body.is_empty() || length == answer.body.len()),
        "{}",
        answer.head
    );
    answer
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
