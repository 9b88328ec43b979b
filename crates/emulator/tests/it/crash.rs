//! kill -9 at any instant: what was acknowledged is there, what was not is there whole or not at all.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use emulator::LocalCloud;

use crate::client::{blobs, call, settings};

/// Names the data folder for the process that is going to be killed.
const VARIABLE: &str = "CRASH_TEST_DATA";
const WRITERS: usize = 8;
const KEYS: usize = 40;

/// Not a test of its own: the server that the crash test starts from this same binary and kills.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "only the crash test starts it"]
async fn serve_until_killed() {
    let Some(data) = std::env::var_os(VARIABLE) else {
        return;
    };
    let cloud = LocalCloud::start(settings(data.into(), 0)).await.unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nlistening {}", cloud.address()).unwrap();
    out.flush().unwrap();
    drop(out);
    cloud.wait().await;
}

pub(crate) fn spawn(data: &Path) -> (Child, SocketAddr) {
    spawn_by(Command::new(std::env::current_exe().unwrap()), data)
}

/// The same by a command that leads to this binary.
pub(crate) fn spawn_by(mut command: Command, data: &Path) -> (Child, SocketAddr) {
    let mut child = command
        .args([
            "--exact",
            "crash::serve_until_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(VARIABLE, data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening ")?.parse().ok());
    (child, address.unwrap())
}

/// The content of version `version` of a key: small and large ones in turn, recognisable as a whole.
fn content(key: usize, version: usize) -> Vec<u8> {
    let length = if (key + version).is_multiple_of(3) {
        70_000 + key * 1000
    } else {
        100 + key
    };
    let line = format!("{key:04}.{version:06};");
    line.bytes().cycle().take(length).collect()
}

/// Versions of each key: the last acknowledged one (0 for none) and the last one sent.
type Versions = BTreeMap<usize, (usize, usize)>;

async fn write_until_killed(
    address: SocketAddr,
    writer: usize,
    mut versions: Versions,
    acknowledged: Arc<AtomicUsize>,
) -> Versions {
    for round in 1.. {
        for key in (writer..KEYS).step_by(WRITERS) {
            let entry = versions.entry(key).or_default();
            entry.1 += 1;
            let put = call(
                address,
                "PUT",
                &format!("/bkt/{key:04}"),
                &[],
                &content(key, entry.1),
            )
            .await;
            if !put.is_ok_and(|put| put.status == 200) {
                return versions;
            }
            entry.0 = entry.1;
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        assert!(round < 100_000, "the server is never killed");
    }
    versions
}

async fn check(address: SocketAddr, versions: &mut Versions) -> usize {
    let mut large = 0;
    for (key, (acknowledged, sent)) in versions.iter_mut() {
        let got = call(address, "GET", &format!("/bkt/{key:04}"), &[], b"")
            .await
            .unwrap();
        let found = (*acknowledged..=*sent).find(|version| match version {
            0 => got.status == 404,
            version => got.status == 200 && got.body == content(*key, *version),
        });
        let Some(found) = found else {
            panic!(
                "key {key}: version {acknowledged} was acknowledged, {sent} sent, found {}",
                got.head
            );
        };
        large += usize::from(found > 0 && got.body.len() > 64 * 1024);
        (*acknowledged, *sent) = (found, (*sent).max(found));
    }
    large
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_server_loses_nothing_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let mut versions = Versions::new();
    for acks in [1, 20, 57, 90] {
        let (mut child, address) = spawn(data.path());
        assert_eq!(
            call(address, "PUT", "/bkt/", &[], b"")
                .await
                .unwrap()
                .status,
            200
        );
        let large = check(address, &mut versions).await;
        assert_eq!(blobs(data.path()), large, "a crash leaves files behind");
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let own = versions.iter().filter(|(key, _)| *key % WRITERS == writer);
                let own: Versions = own.map(|(key, versions)| (*key, *versions)).collect();
                tokio::spawn(write_until_killed(
                    address,
                    writer,
                    own,
                    Arc::clone(&acknowledged),
                ))
            })
            .collect();
        while acknowledged.load(Ordering::SeqCst) < acks {
            tokio::task::yield_now().await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for writer in writers {
            versions.extend(writer.await.unwrap());
        }
    }
    let (mut child, address) = spawn(data.path());
    check(address, &mut versions).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(versions.values().any(|(acknowledged, _)| *acknowledged > 1));
}

#[tokio::test]
async fn no_process_of_a_function_outlives_a_cloud_that_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let (mut child, address) = spawn(data.path());
    let server = "import os\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\nclass Handler(BaseHTTPRequestHandler):\n    def do_POST(self):\n        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(b'here')\nHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()\n";
    let mark = format!("mark-{}", std::process::id());
    let mut new = crate::function::hello();
    new["runtime"] = "custom".into();
    new["code"]["zipFile"] = crate::function::archive("app.py", server).into();
    new["customRuntimeConfig"] = serde_json::json!({"command": ["python3", "/code/app.py", &mark]});
    let body = new.to_string();
    let made = crate::function::fc(address, ("POST", "functions"), &[], body.as_bytes()).await;
    assert_eq!(made.status, 200, "{made:?}");
    let target = ("POST", "functions/hello/invocations");
    let said = crate::function::fc(address, target, &[], b"").await;
    assert_eq!(said.text(), "here");
    assert!(crate::function::runs(&mark));
    child.kill().unwrap();
    child.wait().unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while crate::function::runs(&mark) {
        assert!(
            std::time::Instant::now() < end,
            "the process is still there"
        );
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
