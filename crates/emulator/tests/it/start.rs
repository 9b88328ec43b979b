//! Starting, stopping, and the admin API.

use std::net::TcpListener;

use emulator::{LocalCloud, StartError};

use crate::client::{Cloud, settings};

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_and_a_folder_in_use_are_told_apart() {
    let cloud = Cloud::start().await;
    let again = LocalCloud::start(settings(cloud.folder.path().to_owned(), 0)).await;
    assert!(matches!(again, Err(StartError::Locked(path)) if path == cloud.folder.path()));
    let taken = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let _holder = TcpListener::bind(taken).unwrap();
    let other = tempfile::tempdir().unwrap();
    let second = LocalCloud::start(settings(other.path().to_owned(), taken.port())).await;
    assert!(matches!(second, Err(StartError::PortTaken(address)) if address == taken));
    let file = other.path().join("file");
    std::fs::write(&file, "").unwrap();
    let third = LocalCloud::start(settings(file.join("data"), 0)).await;
    assert!(matches!(third, Err(StartError::Disk { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_cloud_gives_its_folder_back_with_its_data() {
    let cloud = Cloud::with_bucket("public-read").await;
    cloud.call("PUT", "/bkt/a", &[], b"kept").await;
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    assert_eq!(cloud.visit("GET", "/bkt/a", &[]).await.body, b"kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_wants_its_token() {
    let cloud = Cloud::start().await;
    let ping = cloud.visit("GET", "/_sdev/ping", &[]).await;
    assert!(
        ping.status == 200 && ping.text().contains("\"service\":\"sdev\""),
        "{ping:?}"
    );
    for (method, call) in [
        ("GET", "status"),
        ("POST", "clock"),
        ("POST", "reset"),
        ("POST", "stop"),
    ] {
        let target = format!("/_sdev/{call}");
        for token in ["", "00", "zz", &"0".repeat(64)] {
            let refused = cloud
                .visit(method, &target, &[("x-sdev-token", token)])
                .await;
            assert_eq!(refused.status, 403, "{call} with {token:?}");
        }
        // A page in a browser that was led here by a foreign name must not reach the API even if it knew the token.
        let foreign = cloud.visit(method, &target, &[("host", "evil.test")]).await;
        assert_eq!(foreign.status, 404, "{call}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_reset_and_stop_do_what_they_say() {
    let cloud = Cloud::with_bucket("private").await;
    cloud.call("PUT", "/bkt/a", &[], &vec![0; 100_000]).await;
    let status = cloud.admin("GET", "status", b"").await.text();
    assert!(
        status.contains("\"buckets\":1") && status.contains("\"bytes\":100000"),
        "{status}"
    );
    assert_eq!(cloud.admin("POST", "reset", b"").await.status, 200);
    assert_eq!(
        cloud.call("GET", "/bkt/a", &[], b"").await.code(),
        "NoSuchBucket"
    );
    assert_eq!(cloud.blobs(), 0);
    assert_eq!(cloud.admin("POST", "stop", b"").await.status, 202);
    cloud.running.wait().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_moves_forward_only_by_sane_amounts() {
    let cloud = Cloud::start().await;
    for bad in [
        "",
        "{}",
        "{\"advance_ms\":-1}",
        "{\"advance_ms\":18446744073709551615}",
        "[1]",
    ] {
        assert_eq!(
            cloud.admin("POST", "clock", bad.as_bytes()).await.status,
            400,
            "{bad}"
        );
    }
    let moved = cloud
        .admin("POST", "clock", b"{\"advance_ms\":3600000}")
        .await
        .text();
    assert!(moved.contains("\"offset_ms\":3600000"), "{moved}");
}
