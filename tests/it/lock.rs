//! The state's lock: held by the living, named, never by the dead.

use std::fs::File;

use crate::site::shop;
use crate::support::Sandbox;

fn lock_file(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.work().join(".sdev/shop/local/lock")
}

#[test]
fn a_held_lock_names_its_holder_and_has_its_own_exit_code() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    let file = File::options()
        .read(true)
        .write(true)
        .open(lock_file(&sandbox))
        .unwrap();
    file.lock().unwrap();
    let ran = sandbox
        .run("deploy -y")
        .code(3)
        .says("SD0501")
        .says("tester on ");
    assert!(ran.stderr.contains("for `deploy`"), "{}", ran.stderr);
    sandbox.run("plan --detailed-exitcode").code(0);
    drop(file);
    sandbox.run("deploy -y").code(0);
}

#[test]
fn a_state_of_another_version_is_refused_and_kept() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.file(".sdev/shop/local/state.json", "{\"version\": 99}");
    sandbox
        .run("plan")
        .code(1)
        .says("SD0502")
        .says("version 99");
    sandbox.file(".sdev/shop/local/state.json", "not json");
    sandbox.run("deploy -y").code(1).says("SD0502");
    assert_eq!(
        std::fs::read_to_string(sandbox.work().join(".sdev/shop/local/state.json")).unwrap(),
        "not json"
    );
}

#[test]
fn a_torn_last_line_of_the_journal_is_settled_before_anything_is_appended() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let mut command = sandbox.command(&["deploy", "-y"]);
    assert_eq!(
        command
            .env("SDEV_TEST_KILL_AT", "5")
            .status()
            .unwrap()
            .code(),
        None
    );
    let journal = sandbox.work().join(".sdev/shop/local/journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, &text[..text.len() - 7]).unwrap();
    // The next run is killed too: what it journaled must not be lost behind the torn line.
    let mut command = sandbox.command(&["deploy", "-y"]);
    assert_eq!(
        command
            .env("SDEV_TEST_KILL_AT", "2")
            .status()
            .unwrap()
            .code(),
        None
    );
    let text = std::fs::read_to_string(&journal).unwrap();
    assert!(
        text.lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{text}"
    );
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert!(!journal.exists());
}
