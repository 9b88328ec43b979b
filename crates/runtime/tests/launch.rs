//! Real processes in their cages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::launch::{Exit, Input, Isolation, Launcher, Order};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn open(folder: &Path) -> Launcher {
    let command = vec![env!("CARGO_BIN_EXE_launch-instance").into()];
    Launcher::open(folder, command).expect("a launcher")
}

/// A launcher, or nothing with a word about it where namespaces are refused.
fn launcher(folder: &Path) -> Option<Launcher> {
    let launcher = open(folder);
    if let Isolation::None(why) = launcher.isolation() {
        assert!(!why.is_empty(), "the reason is told");
        return None;
    }
    Some(launcher)
}

fn order(folder: &Path, script: &str) -> Order {
    let code = folder.join("code");
    std::fs::create_dir_all(&code).expect("code");
    std::fs::write(code.join("index.py"), "code").expect("a file");
    Order {
        program: vec!["/bin/sh".into(), "-c".into(), script.into()],
        environment: BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]),
        folder: "/".into(),
        code: Some(code),
        layers: Vec::new(),
        shown: Vec::new(),
        memory_mb: 128,
        disk_mb: 4,
        input: Input::Null,
        is_free: false,
        slot: folder.join("slot"),
    }
}

async fn output(launcher: &Launcher, order: &Order) -> (String, Exit) {
    let mut process = launcher.start(order).await.expect("started");
    let (mut text, mut error) = (String::new(), String::new());
    let (mut out, mut err) = (
        process.take_stdout().expect("out"),
        process.take_stderr().expect("err"),
    );
    let (a, b) = tokio::join!(
        out.read_to_string(&mut text),
        err.read_to_string(&mut error)
    );
    a.and(b).expect("text");
    (text + &error, process.wait().await)
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

fn runs(word: &str) -> bool {
    std::fs::read_dir("/proc")
        .expect("proc")
        .flatten()
        .any(|entry| {
            std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| {
                line.split(|byte| *byte == 0)
                    .any(|part| part == word.as_bytes())
            })
        })
}

#[tokio::test]
async fn only_the_own_code_is_visible_and_it_cannot_be_changed() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(launcher) = launcher(folder.path()) else {
        return;
    };
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hidden").expect("secret");
    let home = std::env::var("HOME").unwrap_or("/root".into());
    let script = format!(
        "cat index.py; cat {} 2>/dev/null; ls -d {home} 2>/dev/null; ls /code/..;
         echo x > /code/new && echo wrote; echo x > /code/index.py && echo wrote;
         mount -o remount,rw,bind /code 2>/dev/null && echo remounted; umount /code 2>/dev/null && echo unmounted; echo end",
        secret.display()
    );
    let mut order = order(folder.path(), &script);
    order.folder = "/code".into();
    let (text, exit) = output(&launcher, &order).await;
    assert_eq!(exit, Exit::Code(0), "{text}");
    assert!(text.starts_with("code") && text.contains("end"), "{text}");
    for word in ["hidden", &home, "wrote", "remounted", "unmounted"] {
        assert!(
            !text.lines().any(|line| line.contains(word)),
            "{word}: {text}"
        );
    }
    let code = std::fs::read_to_string(folder.path().join("code/index.py")).expect("code");
    assert_eq!(code, "code");
}

#[tokio::test]
async fn no_process_of_an_instance_shows_our_variables_or_paths() {
    assert!(
        std::env::vars_os().count() > 0,
        "there is something to hide"
    );
    let folder = tempfile::tempdir().expect("folder");
    let launcher = open(folder.path());
    let mut order = order(folder.path(), "sleep 1000");
    order.environment.clear();
    let process = launcher.start(&order).await.expect("started");
    until("the program runs", || {
        process.pid() != process.launcher_pid()
    })
    .await;
    let outer = format!("/proc/{}/environ", process.launcher_pid());
    let shown = std::fs::read(outer).expect("variables");
    assert_eq!(String::from_utf8_lossy(&shown), "", "the launcher's");
    process.kill();
    process.wait().await;
    if !launcher.is_caging() {
        return;
    }
    order.slot = folder.path().join("other");
    order.program[2] = "cat /proc/1/environ; cat /proc/1/cmdline | tr '\\0' '\\n'; echo end".into();
    let (text, exit) = output(&launcher, &order).await;
    assert_eq!(exit, Exit::Code(0), "{text}");
    let words: Vec<_> = text.lines().skip(1).collect();
    assert_eq!(words, ["inner", "order.json", "end"], "{text}");
}

#[tokio::test]
async fn tmp_is_private_and_bounded() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(launcher) = launcher(folder.path()) else {
        return;
    };
    let script = "ls /tmp; head -c 1000000 /dev/zero > /tmp/a && echo fits; head -c 9000000 /dev/zero > /tmp/b 2>/dev/null || echo full";
    let (text, _) = output(&launcher, &order(folder.path(), script)).await;
    assert!(
        text.starts_with("fits") && text.ends_with("full\n"),
        "{text}"
    );
}

#[tokio::test]
async fn several_layers_are_one_opt_where_earlier_ones_win() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(launcher) = launcher(folder.path()) else {
        return;
    };
    let mut order = order(folder.path(), "cat /opt/both /opt/one /opt/two");
    for name in ["one", "two"] {
        let layer = folder.path().join(name);
        std::fs::create_dir(&layer).expect("layer");
        std::fs::write(layer.join(name), name).expect("file");
        std::fs::write(layer.join("both"), name).expect("file");
        order.layers.push(layer);
    }
    assert_eq!(
        output(&launcher, &order).await,
        ("oneonetwo".into(), Exit::Code(0))
    );
}

#[tokio::test]
async fn a_daemon_ends_with_its_instance() {
    let folder = tempfile::tempdir().expect("folder");
    let launcher = open(folder.path());
    let number = format!("8{}", std::process::id());
    let script = format!("setsid sleep {number} & exec sleep 7777");
    let process = launcher
        .start(&order(folder.path(), &script))
        .await
        .expect("started");
    until("the daemon runs", || runs(&number)).await;
    process.kill();
    assert_eq!(process.wait().await, Exit::Code(137));
    until("the daemon is gone", || !runs(&number)).await;
}

#[tokio::test]
async fn too_much_memory_is_ended_and_told() {
    let folder = tempfile::tempdir().expect("folder");
    let launcher = open(folder.path());
    let mut order = order(
        folder.path(),
        "x=$(head -c 60000000 /dev/zero | tr '\\0' a); sleep 99",
    );
    order.memory_mb = 40;
    let process = launcher.start(&order).await.expect("started");
    let exit = process.wait().await;
    assert!(
        matches!(exit, Exit::OutOfMemory { limit_mb: 40, .. }),
        "{exit:?}"
    );
    assert!(process.peak_mb() > 40);
}

#[tokio::test]
async fn a_bomb_of_processes_is_ended_and_told() {
    let folder = tempfile::tempdir().expect("folder");
    let launcher = open(folder.path());
    let number = format!("9{}", std::process::id());
    let script = format!("i=0; while [ $i -lt 700 ]; do sleep {number} & i=$((i+1)); done; wait");
    let mut order = order(folder.path(), &script);
    order.memory_mb = 32_000;
    let process = launcher.start(&order).await.expect("started");
    assert_eq!(process.wait().await, Exit::TooManyProcesses);
    until("all are gone", || !runs(&number)).await;
}

#[tokio::test]
async fn it_is_asked_to_end_before_it_is_killed() {
    let folder = tempfile::tempdir().expect("folder");
    let launcher = open(folder.path());
    let mut order = order(
        folder.path(),
        "trap 'exit 7' TERM; echo ready >&0; while :; do sleep 0.01; done",
    );
    order.input = Input::Socket;
    let mut process = launcher.start(&order).await.expect("started");
    let mut socket = process.take_socket().expect("socket");
    let mut word = [0; 6];
    socket.read_exact(&mut word).await.expect("ready");
    socket.write_all(b"x").await.expect("both ways");
    assert_eq!(process.stop(Duration::from_secs(20)).await, Exit::Code(7));
}

/// What the next test kills: run by it alone, as a process of its own.
#[tokio::test]
#[ignore = "it is the victim of another test"]
async fn victim() {
    let folder = PathBuf::from(std::env::var_os("VICTIM").expect("folder"));
    let launcher = open(&folder);
    let script = std::env::var("SCRIPT").expect("script");
    let process = launcher
        .start(&order(&folder, &script))
        .await
        .expect("started");
    process.wait().await;
}

#[tokio::test]
async fn a_killed_cloud_takes_its_instances_with_it() {
    let folder = tempfile::tempdir().expect("folder");
    let number = format!("6{}", std::process::id());
    let mut victim = std::process::Command::new(std::env::current_exe().expect("own path"))
        .args(["--ignored", "--exact", "victim"])
        .env("VICTIM", folder.path())
        .env("SCRIPT", format!("setsid sleep {number} & wait"))
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("victim");
    until("the instance runs", || runs(&number)).await;
    victim.kill().expect("killed");
    victim.wait().expect("reaped");
    until("the instance is gone", || !runs(&number)).await;
}
