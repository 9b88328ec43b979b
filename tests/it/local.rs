//! The local cloud from the outside: start, status, run, ports, addresses.

use std::io::Read;
use std::net::TcpListener;

use crate::support::{Sandbox, fetch};

#[test]
fn a_command_inside_run_gets_a_fresh_cloud_and_its_exit_code_comes_back() {
    let sandbox = Sandbox::new();
    let script = "echo $SDEV_LOCAL_URL $ALIBABA_CLOUD_ACCESS_KEY_ID $ALIBABA_CLOUD_ACCESS_KEY_SECRET \
                  $ALIBABA_CLOUD_ACCOUNT_ID $ALIBABA_CLOUD_REGION_ID; exit 7";
    let ran = sandbox
        .run_command(sandbox.command(&["local", "run", "--", "sh", "-c", script]))
        .code(7);
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    assert_eq!(words.len(), 5, "{}", ran.stdout);
    assert!(words[0].starts_with("http://127.0.0.1:"));
    assert_eq!(words[4], "cn-hangzhou");
    assert!(
        !sandbox.home().join("local").exists(),
        "the user's own local cloud is not touched"
    );
}

#[test]
fn a_deploy_inside_run_goes_to_that_cloud() {
    let sandbox = Sandbox::new();
    crate::site::shop(&sandbox);
    let sdev = env!("CARGO_BIN_EXE_sdev");
    let script = format!(
        "{sdev} deploy -y >&2 && {sdev} local status --json && {sdev} plan --detailed-exitcode >&2"
    );
    let ran = sandbox
        .run_command(sandbox.command(&["local", "run", "--", "sh", "-c", &script]))
        .code(0);
    assert_eq!(ran.object("local")["status"]["counts"]["oss"]["buckets"], 1);
}

#[test]
fn a_command_that_does_not_exist_is_said() {
    Sandbox::new()
        .run("local run -- no-such-command-here")
        .code(127)
        .says("SD1001")
        .says("no-such-command-here");
}

#[test]
fn a_file_that_is_no_program_is_said() {
    let sandbox = Sandbox::new();
    sandbox.file("data.txt", "no program");
    sandbox
        .run("local run -- ./data.txt")
        .code(126)
        .says("SD1001")
        .says("data.txt");
}

#[test]
fn what_run_deploys_is_forgotten_with_its_cloud_and_the_users_own_stays() {
    let sandbox = Sandbox::new().with_cloud();
    crate::site::shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    let before = sandbox.state(std::path::Path::new(""), "shop");
    let sdev = env!("CARGO_BIN_EXE_sdev");
    let script = format!("{sdev} deploy -y && {sdev} plan --detailed-exitcode && {sdev} remove -y");
    sandbox
        .run_command(sandbox.command(&["local", "run", "--", "sh", "-c", &script]))
        .code(0)
        .says("web.files created");
    assert_eq!(sandbox.state(std::path::Path::new(""), "shop"), before);
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn projects_of_one_name_do_not_share_a_state_inside_run() {
    let sandbox = Sandbox::new();
    sandbox.run("init static-site one/site").code(0);
    sandbox.run("init static-site two/site").code(0);
    let sdev = env!("CARGO_BIN_EXE_sdev");
    let script =
        format!("{sdev} deploy -y -t one/site/s.yaml && {sdev} output --json -t two/site/s.yaml");
    let ran = sandbox
        .run_command(sandbox.command(&["local", "run", "--", "sh", "-c", &script]))
        .code(0);
    assert!(!ran.stdout.contains("http"), "{}", ran.stdout);
}

/// A command under `local run` with a temporary folder of its own, after `script` wrote its first line.
fn running_in(sandbox: &Sandbox, script: &str) -> (std::process::Child, std::path::PathBuf) {
    let temporary = sandbox.work().join("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut child = sandbox
        .command(&["local", "run", "--", "sh", "-c", script])
        .env("TMPDIR", &temporary)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = [0];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut line)
        .unwrap();
    (child, temporary)
}

fn entries(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_signal_to_run_reaches_the_command_and_nothing_is_left() {
    for (name, number) in [("HUP", "1"), ("TERM", "15")] {
        let sandbox = Sandbox::new();
        // The shell has a trap, so it ends by itself and says which signal it was.
        let script = format!("trap 'exit {number}' {name}; echo; while :; do sleep 0.01; done");
        let (mut child, temporary) = running_in(&sandbox, &script);
        assert_eq!(entries(&temporary), 1);
        let kill = std::process::Command::new("kill")
            .args([format!("-{name}"), child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let ended = child.wait().unwrap();
        assert_eq!(ended.code(), Some(number.parse().unwrap()));
        assert_eq!(entries(&temporary), 0);
    }
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next_and_a_living_ones_is_not() {
    let sandbox = Sandbox::new();
    let script = "echo; read line";
    let (mut killed, temporary) = running_in(&sandbox, script);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(entries(&temporary), 1);
    let (living, _) = running_in(&sandbox, "echo; while :; do sleep 0.01; done");
    assert_eq!(entries(&temporary), 1);
    let mut next = sandbox.command(&["local", "run", "--", "true"]);
    next.env("TMPDIR", &temporary);
    sandbox.run_command(next).code(0);
    assert_eq!(entries(&temporary), 1);
    let kill = std::process::Command::new("kill")
        .arg(living.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    assert_eq!({ living }.wait().unwrap().code(), Some(128 + 15));
    assert_eq!(entries(&temporary), 0);
}

#[test]
fn start_stop_and_status_agree() {
    let sandbox = Sandbox::new();
    sandbox
        .run("local status")
        .code(1)
        .says("SD0802")
        .says("sdev local start");
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    sandbox
        .run(&format!("local start --port {port}"))
        .code(0)
        .says(&format!("http://127.0.0.1:{port}"));
    sandbox.run("local start").code(0).says("it runs already");
    let status = sandbox.run("local status --json").code(0).object("local");
    assert_eq!(status["SDEV_LOCAL_URL"], format!("http://127.0.0.1:{port}"));
    assert_eq!(fetch(port, "127.0.0.1", "/_sdev/ping", &[]).status, 200);
    assert_eq!(fetch(port, "127.0.0.1", "/_sdev/status", &[]).status, 403);
    sandbox.run("local stop").code(0).says("is stopped");
    sandbox
        .run("local stop")
        .code(0)
        .says("no local cloud runs");
}

#[test]
fn a_taken_port_is_said_with_another_one() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    sandbox
        .run(&format!("local start --port {port}"))
        .code(1)
        .says("SD0803")
        .says(&format!("--port {}", port + 1));
}

#[test]
fn other_machines_are_kept_out_unless_a_flag_says_otherwise() {
    Sandbox::new()
        .run("local start --listen 0.0.0.0")
        .code(1)
        .says("SD1001")
        .says("--allow-remote");
}

#[test]
fn an_address_where_nothing_answers_is_said() {
    let sandbox = Sandbox::new();
    crate::site::shop(&sandbox);
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = sandbox.command(&["plan"]);
    command.env("SDEV_LOCAL_URL", format!("http://127.0.0.1:{port}"));
    sandbox.run_command(command).code(1).says("SD0802");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn endpoint_of(sandbox: &Sandbox) -> serde_json::Value {
    let text = std::fs::read_to_string(sandbox.home().join("local/endpoint.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Leaves what a local cloud that was killed leaves, its number now another process's.
fn leave_stale_endpoint(sandbox: &Sandbox, pid: u32, port: u16) {
    let folder = sandbox.home().join("local");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(r#"{{"url":"http://127.0.0.1:{port}","pid":{pid}}}"#);
    std::fs::write(folder.join("endpoint.json"), text).unwrap();
}

#[test]
fn a_process_that_took_a_dead_clouds_number_is_left_alone() {
    let sandbox = Sandbox::new();
    let mut other = std::process::Command::new("sh")
        .args(["-c", "read line"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    for command in ["status", "stop", "reset"] {
        leave_stale_endpoint(&sandbox, other.id(), free_port());
        let ran = sandbox.run(&format!("local {command}"));
        match command {
            "status" => ran.code(1).says("SD0802").says("no local cloud runs"),
            "stop" => ran.code(0).says("no local cloud runs"),
            _ => ran.code(0).says("is empty"),
        };
        assert!(
            !sandbox.home().join("local/endpoint.json").exists(),
            "{command}"
        );
    }
    assert!(other.try_wait().unwrap().is_none(), "it was signalled");
    drop(other.stdin.take());
    assert_eq!(other.wait().unwrap().code(), Some(1));
}

#[test]
fn a_process_that_is_not_the_cloud_that_answers_is_left_alone() {
    let sandbox = Sandbox::new().with_cloud();
    let right = endpoint_of(&sandbox);
    let mut other = std::process::Command::new("sh")
        .args(["-c", "read line"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    leave_stale_endpoint(&sandbox, other.id(), sandbox.port());
    sandbox.run("local stop").code(1).says("SD0802");
    assert!(other.try_wait().unwrap().is_none(), "it was signalled");
    drop(other.stdin.take());
    other.wait().unwrap();
    let file = sandbox.home().join("local/endpoint.json");
    std::fs::write(file, right.to_string()).unwrap();
    sandbox.run("local stop").code(0).says("is stopped");
}

#[test]
fn what_a_cloud_holds_is_not_deleted_under_it() {
    let sandbox = Sandbox::new().with_cloud();
    std::fs::remove_file(sandbox.home().join("local/endpoint.json")).unwrap();
    sandbox
        .run("local reset")
        .code(1)
        .says("SD0801")
        .says("another local cloud uses");
    assert!(sandbox.home().join("local/data/cloud.db").exists());
}

#[test]
fn a_command_inside_run_cannot_stop_the_users_own() {
    let sandbox = Sandbox::new().with_cloud();
    let sdev = env!("CARGO_BIN_EXE_sdev");
    let script = format!(
        "{sdev} local clock advance 1h && {sdev} local reset && {sdev} local status --json && {sdev} local stop"
    );
    let ran = sandbox
        .run_command(sandbox.command(&["local", "run", "--", "sh", "-c", &script]))
        .code(1)
        .says("SD1001")
        .says("SDEV_LOCAL_URL");
    assert!(ran.object("local")["status"]["clock"]["offset_ms"].as_u64() >= Some(3_600_000));
    let own = sandbox.run("local status --json").code(0).object("local");
    assert_eq!(own["status"]["clock"]["offset_ms"], 0);
}

#[test]
fn starts_at_the_same_time_come_to_one_cloud() {
    let sandbox = Sandbox::new();
    let port = free_port().to_string();
    let start = || {
        let mut command = sandbox.command(&["local", "start", "--port", &port, "--json"]);
        command.stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let started: Vec<_> = (0..4).map(|_| start()).collect();
    let mut said = std::collections::BTreeSet::new();
    for child in started {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        said.insert(text);
    }
    assert_eq!(said.len(), 1, "{said:?}");
    sandbox.run("local status").code(0);
    sandbox.run("local stop").code(0);
}

#[test]
fn the_port_of_the_last_start_is_that_of_the_next() {
    let sandbox = Sandbox::new();
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    sandbox
        .run(&format!("local start --port {port}"))
        .code(0)
        .says(&url);
    sandbox.run("local stop").code(0);
    sandbox.run("local start").code(0).says(&url);
    let pid = endpoint_of(&sandbox)["pid"].to_string();
    let kill = std::process::Command::new("kill")
        .args(["-9", &pid])
        .status();
    assert!(kill.unwrap().success());
    crate::site::shop(&sandbox);
    sandbox.run("deploy -y").code(0).says(&url);
    sandbox.run("local stop").code(0);
}

#[test]
fn a_background_cloud_stands_in_its_own_folder() {
    let sandbox = Sandbox::new();
    // A home that is named from where the command stands.
    let mut start = sandbox.command(&["local", "start", "--port", &free_port().to_string()]);
    start.env("SDEV_HOME", "../home");
    sandbox.run_command(start).code(0);
    let pid = endpoint_of(&sandbox)["pid"].to_string();
    let stands = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    let data = std::fs::canonicalize(sandbox.home().join("local/data")).unwrap();
    assert_eq!(stands, data);
    sandbox.run("local stop").code(0).says("is stopped");
}

#[test]
fn what_the_cloud_refuses_is_not_said_to_be_down() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .run("local clock advance 999999999d")
        .code(1)
        .says("SD1001");
    let with_url = |url: &str| {
        let mut command = sandbox.command(&["local", "status"]);
        command
            .env("SDEV_LOCAL_URL", url)
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "WRONG")
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong");
        sandbox.run_command(command).code(1)
    };
    let url = format!("http://127.0.0.1:{}", sandbox.port());
    with_url(&url).says("SD0804").says("the keys are not those");
    for bad in ["ftp://x", "127.0.0.1:7380", "http://", "http://x/y"] {
        with_url(bad).says("SD1001").says(bad);
    }
}
