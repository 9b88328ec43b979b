//! What code cannot do to this machine, to other functions and to the cloud.

use std::sync::Arc;

use runtime::{FunctionError, Language};
use serde_json::json;

use crate::bench::{Bench, spec};

fn handler(name: &str) -> runtime::Spec {
    let mut spec = spec(Language::Python(3, 10), "python", name);
    spec.memory_mb = 128;
    spec
}

/// The system's number of an error: the disk is full.
const NO_SPACE: i32 = 28;

/// Whether processes of this machine have cages; where they have none the tests of them say nothing.
pub(crate) async fn is_caged(bench: &Bench) -> bool {
    let said = bench.said(&Arc::new(handler("cage.looks")), "").await;
    said["cwd"] == "/code"
}

#[tokio::test]
async fn code_sees_itself_and_no_other_files() {
    let bench = Bench::new();
    if !is_caged(&bench).await {
        return;
    }
    let own = bench.folder.path().join("own");
    std::fs::write(&own, "own").unwrap();
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
    let hidden = format!("{home}/.profile");
    let crate_folder = env!("CARGO_MANIFEST_DIR");
    let event = format!(
        "{} {hidden} {crate_folder} /tmp /opt /etc/shadow",
        own.display()
    );
    let said = bench.said(&Arc::new(handler("cage.looks")), event).await;
    for path in [own.to_str().unwrap(), hidden.as_str(), crate_folder] {
        assert_eq!(said[path], "FileNotFoundError", "{path}");
    }
    assert_eq!((&said["/tmp"], &said["/opt"]), (&json!([]), &json!([])));
    let shadow = said["/etc/shadow"].as_str().unwrap();
    assert!(!shadow.contains("root"), "{shadow}");
    assert_eq!(said["writes"], false);
    assert_eq!(said["processes"], 2, "the launcher's and its own");
}

#[tokio::test]
async fn a_shared_folder_is_where_it_shall_be() {
    let bench = Bench::new();
    let mut shares = handler("cage.looks");
    let file = bench.share(&mut shares, "SHARED");
    std::fs::write(&file, "kept").unwrap();
    let spec = Arc::new(shares);
    let said = bench.said(&spec, "").await;
    let there = said["shared"].as_str().unwrap().to_owned();
    assert_eq!(bench.said(&spec, there.clone()).await[&there], "kept");
}

/// The handlers of `cage` in a folder of their own, with a link to an absolute place.
fn linked(bench: &Bench, name: &str, target: &std::path::Path) -> runtime::Spec {
    let mut spec = handler("cage.looks");
    let code = bench.folder.path().join("linked");
    std::fs::create_dir(&code).unwrap();
    std::fs::copy(spec.code.join("cage.py"), code.join("cage.py")).unwrap();
    std::os::unix::fs::symlink(target, code.join(name)).unwrap();
    (spec.code, spec.revision) = (code, "linked".to_owned());
    spec
}

#[tokio::test]
async fn a_link_of_code_leads_to_what_the_cage_shows() {
    let bench = Bench::new();
    if !is_caged(&bench).await {
        return;
    }
    let outside = bench.folder.path().join("outside");
    std::fs::write(&outside, "secret").unwrap();
    let spec = Arc::new(linked(&bench, "link", &outside));
    let said = bench.said(&spec, "/code/link /code").await;
    assert_eq!(said["/code/link"], "FileNotFoundError");
    assert!(said["/code"].as_array().unwrap().contains(&json!("link")));
}

#[tokio::test]
async fn nothing_is_made_where_a_link_of_code_leads() {
    let bench = Bench::new();
    if !is_caged(&bench).await {
        return;
    }
    let outside = bench.folder.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    let mut spec = linked(&bench, "data", &outside);
    bench.share(&mut spec, "SHARED");
    spec.mounts[0].at = "/code/data/made".to_owned();
    let fault = bench.call(&Arc::new(spec), "").await.unwrap_err();
    let said = format!("{fault} {}", bench.log());
    assert!(said.contains("/code/data is a link"), "{said}");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[tokio::test]
async fn too_much_memory_and_too_many_processes_are_ended_and_told() {
    for (name, words) in [
        ("cage.fills", "MB of memory and may use 128"),
        ("cage.multiplies", "more than 512 processes"),
    ] {
        let bench = Bench::new();
        let mut spec = handler(name);
        if name == "cage.multiplies" {
            spec.memory_mb = 16_384;
        }
        let (kind, error) = bench.failed(&Arc::new(spec), "x").await;
        assert_eq!(kind, FunctionError::Unhandled);
        let message = error["errorMessage"].as_str().unwrap();
        assert!(
            message.starts_with("Process exited unexpectedly"),
            "{message}"
        );
        assert!(!message.contains("maxMemoryUsage: 0MB"), "{message}");
        let log = bench.log();
        assert!(log.contains(words), "{log}");
    }
}

#[tokio::test]
async fn the_disk_below_tmp_is_as_large_as_it_shall_be() {
    let bench = Bench::new();
    if !is_caged(&bench).await {
        return;
    }
    let mut fills = handler("cage.fills_disk");
    fills.disk_mb = 16;
    assert_eq!(bench.said(&Arc::new(fills), "").await, NO_SPACE);
}
