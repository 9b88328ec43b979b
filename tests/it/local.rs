//! The local cloud from the outside: start, status, run, ports, addresses.

use std::net::TcpListener;

use crate::support::{Sandbox, fetch};

#[test]
fn a_command_inside_run_gets_a_fresh_cloud_and_its_exit_code_comes_back() {
    let sandbox = Sandbox::new();
    let script = "echo $SDEV_LOCAL_URL $ALIBABA_CLOUD_ACCESS_KEY_ID $ALIBABA_CLOUD_ACCESS_KEY_SECRET \
                  $ALIBABA_CLOUD_ACCOUNT_ID $ALIBABA_CLOUD_REGION_ID; exit 7";
    let ran = sandbox.run_command(sandbox.command(&["local", "run", "--", "sh", "-c", script])).code(7);
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    assert_eq!(words.len(), 5, "{}", ran.stdout);
    assert!(words[0].starts_with("http://127.0.0.1:"));
    assert_eq!(words[4], "cn-hangzhou");
    assert!(!sandbox.home().join("local").exists(), "the user's own local cloud is not touched");
}

#[test]
fn a_deploy_inside_run_goes_to_that_cloud() {
    let sandbox = Sandbox::new();
    crate::site::shop(&sandbox);
    let sdev = env!("CARGO_BIN_EXE_sdev");
    let script = format!("{sdev} deploy -y >&2 && {sdev} local status --json && {sdev} plan --detailed-exitcode >&2");
    let ran = sandbox.run_command(sandbox.command(&["local", "run", "--", "sh", "-c", &script])).code(0);
    assert_eq!(ran.object("local")["status"]["counts"]["oss"]["buckets"], 1);
}

#[test]
fn a_command_that_does_not_exist_is_said() {
    Sandbox::new().run("local run -- no-such-command-here").code(1).says("SD1001").says("no-such-command-here");
}

#[test]
fn start_stop_and_status_agree() {
    let sandbox = Sandbox::new();
    sandbox.run("local status").code(1).says("SD0802").says("sdev local start");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    sandbox.run(&format!("local start --port {port}")).code(0).says(&format!("http://127.0.0.1:{port}"));
    sandbox.run("local start").code(0).says("it runs already");
    let status = sandbox.run("local status --json").code(0).object("local");
    assert_eq!(status["SDEV_LOCAL_URL"], format!("http://127.0.0.1:{port}"));
    assert_eq!(fetch(port, "127.0.0.1", "/_sdev/ping", &[]).status, 200);
    assert_eq!(fetch(port, "127.0.0.1", "/_sdev/status", &[]).status, 403);
    sandbox.run("local stop").code(0).says("is stopped");
    sandbox.run("local stop").code(0).says("no local cloud runs");
}

#[test]
fn a_taken_port_is_said_with_another_one() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    sandbox.run(&format!("local start --port {port}")).code(1).says("SD0803").says(&format!("--port {}", port + 1));
}

#[test]
fn other_machines_are_kept_out_unless_a_flag_says_otherwise() {
    Sandbox::new().run("local start --listen 0.0.0.0").code(1).says("SD1001").says("--allow-remote");
}

#[test]
fn an_address_where_nothing_answers_is_said() {
    let sandbox = Sandbox::new();
    crate::site::shop(&sandbox);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = sandbox.command(&["plan"]);
    command.env("SDEV_LOCAL_URL", format!("http://127.0.0.1:{port}"));
    sandbox.run_command(command).code(1).says("SD0802");
}
