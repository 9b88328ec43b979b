//! Clients that break off, lie, send nonsense or nothing.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Cloud, exchange, signed};

/// Sends a put whose body breaks off and waits until the server has noticed.
async fn put_half(cloud: &Cloud, target: &str, announced: usize, sent: usize) {
    let whole = signed("PUT", target, &[], &vec![b'n'; announced]);
    let mut stream = TcpStream::connect(cloud.address()).await.unwrap();
    stream
        .write_all(&whole[..whole.len() - announced + sent])
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

async fn eventually(mut holds: impl AsyncFnMut() -> bool, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_upload_is_never_visible_and_leaves_nothing() {
    let cloud = Cloud::with_bucket("private").await;
    let old = vec![b'o'; 100_000];
    assert_eq!(cloud.call("PUT", "/bkt/large", &[], &old).await.status, 200);
    for (target, announced, sent) in [
        ("/bkt/small", 1000, 999),
        ("/bkt/new", 300_000, 299_999),
        ("/bkt/new", 300_000, 0),
        ("/bkt/large", 200_000, 150_000),
    ] {
        put_half(&cloud, target, announced, sent).await;
    }
    for missing in ["/bkt/small", "/bkt/new"] {
        assert_eq!(
            cloud.call("GET", missing, &[], b"").await.code(),
            "NoSuchKey"
        );
    }
    assert_eq!(cloud.call("GET", "/bkt/large", &[], b"").await.body, old);
    let swept = async || {
        cloud.call("HEAD", "/bkt/large", &[], b"").await;
        cloud.blobs() == 1
    };
    eventually(swept, "drafts of broken uploads stay").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_and_deleted_contents_leave_no_files() {
    let cloud = Cloud::with_bucket("private").await;
    for byte in [1, 2] {
        cloud.call("PUT", "/bkt/a", &[], &vec![byte; 100_000]).await;
    }
    cloud
        .call("PUT", "/bkt/copy", &[("x-oss-copy-source", "/bkt/a")], b"")
        .await;
    assert_eq!(cloud.blobs(), 2);
    cloud.call("DELETE", "/bkt/a", &[], b"").await;
    assert_eq!(
        cloud.call("GET", "/bkt/copy", &[], b"").await.body,
        vec![2; 100_000]
    );
    cloud.call("DELETE", "/bkt/copy", &[], b"").await;
    assert_eq!(cloud.blobs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_a_server_error_and_nothing_half() {
    let cloud = Cloud::with_bucket("private").await;
    let (here, away) = (
        cloud.folder.path().join("oss"),
        cloud.folder.path().join("away"),
    );
    std::fs::rename(&here, &away).unwrap();
    let failed = cloud.call("PUT", "/bkt/a", &[], &vec![1; 100_000]).await;
    assert_eq!(
        (failed.status, failed.code().as_str()),
        (500, "InternalError")
    );
    std::fs::rename(&away, &here).unwrap();
    assert_eq!(cloud.call("GET", "/bkt/a", &[], b"").await.status, 404);
    assert_eq!(
        cloud
            .call("PUT", "/bkt/a", &[], &vec![1; 100_000])
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_store() {
    let cloud = Cloud::with_bucket("public-read-write").await;
    let secret = cloud.folder.path().join("clock");
    std::fs::write(&secret, "0").unwrap();
    for path in [
        "/bkt/../clock",
        "/bkt/../../clock",
        "/bkt/%2e%2e/%2e%2e/clock",
        "/bkt/..%2f..%2fclock",
        "/../clock",
        "/../../../../etc/passwd",
        "/%2e%2e/clock",
        "/bkt/%00",
        "/bkt/a%00b",
        "/bkt/%ff%fe",
        "/_site/bkt/../../clock",
        "/_site/bkt/..%2f..%2fclock",
        "/_site/../clock",
        "/_site/..%2f..%2fclock/",
        "/_site/%00/",
    ] {
        let got = cloud.visit("GET", path, &[]).await;
        assert!((400..500).contains(&got.status), "{path}: {got:?}");
    }
    let before: Vec<_> = walk(cloud.folder.path());
    for key in [
        "../escape",
        "..%2fescape",
        "%2e%2e/%2e%2e/escape",
        "a/../../escape",
    ] {
        let target = format!("/bkt/{key}");
        assert_eq!(cloud.visit("PUT", &target, &[]).await.status, 200, "{key}");
        assert_eq!(cloud.visit("GET", &target, &[]).await.status, 200, "{key}");
    }
    assert_eq!(walk(cloud.folder.path()), before);
    assert!(!cloud.folder.path().join("../escape").exists());
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_and_the_next_client_is_served() {
    let cloud = Cloud::start().await;
    let giant = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n",
        "a".repeat(300_000)
    );
    let many = "x: a\r\n".repeat(5000);
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(300_000));
    for nonsense in [
        "\r\n\r\n\r\n",
        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "\u{1}\u{2}\u{3}\u{4}",
        &giant,
        &many,
        &long,
    ] {
        let mut stream = TcpStream::connect(cloud.address()).await.unwrap();
        let _ = stream.write_all(nonsense.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        let reply = String::from_utf8_lossy(&reply);
        let is_refusal = reply.is_empty() || reply.starts_with("HTTP/1.1 4");
        assert!(is_refusal, "{nonsense:.40} was answered {reply}");
        assert_eq!(cloud.visit("GET", "/_sdev/ping", &[]).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_slow_clients_do_not_hold_up_others() {
    let cloud = Cloud::start().await;
    let mut idle = Vec::new();
    for number in 0..1000 {
        let mut stream = TcpStream::connect(cloud.address()).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nHos").await.unwrap();
        }
        idle.push(stream);
    }
    let begun = Instant::now();
    assert_eq!(cloud.visit("GET", "/_sdev/ping", &[]).await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut slow = idle.remove(0);
    slow.write_all(b"t: 127.0.0.1\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut reply = Vec::new();
    slow.read_to_end(&mut reply).await.unwrap();
    assert!(
        reply.starts_with(b"HTTP/1.1 403"),
        "a slow request is still answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_that_breaks_off_is_not_stored() {
    let cloud = Cloud::with_bucket("public-read-write").await;
    let head = "PUT /bkt/chunked HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let whole = format!("{head}5\r\nhello\r\n0\r\n\r\n");
    let broken = format!("{head}5\r\nhello\r\n");
    let mut stream = TcpStream::connect(cloud.address()).await.unwrap();
    stream.write_all(broken.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply).await;
    assert_eq!(cloud.visit("GET", "/bkt/chunked", &[]).await.status, 404);
    assert_eq!(
        exchange(cloud.address(), whole.as_bytes())
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(cloud.visit("GET", "/bkt/chunked", &[]).await.body, b"hello");
}
