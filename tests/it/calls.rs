//! Functions in use: called, read, developed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Sandbox, fetch};

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  hello:
    component: function
    props:
      name: hello
      runtime: python3.10
      handler: index.handler
      code: ./code
      timeout: 20
      url: true
";

fn code(word: &str) -> String {
    format!(
        "def handler(event, context):\n    print('heard', event.decode()[:9])\n    if event == b'fail':\n        raise KeyError('on purpose')\n    return '{word}'\n"
    )
}

fn project() -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", MANIFEST)
        .file("code/index.py", code("one"));
    sandbox
}

#[test]
fn a_function_is_called_and_what_it_wrote_is_found_by_its_call() {
    let sandbox = project();
    sandbox.run("invoke").code(1).says("SD0720");
    sandbox.run("deploy -y").code(0);
    let called = sandbox.run("invoke -e good").code(0);
    assert_eq!(called.stdout, "one\n");
    assert!(called.stderr.contains("heard good"), "{}", called.stderr);
    let failed = sandbox.run("invoke hello -e fail --json").code(1);
    let failed = failed.object("invocation");
    assert_eq!(failed["error"], "UnhandledInvocationError");
    let id = failed["request_id"].as_str().unwrap();
    let lines = sandbox
        .run(&format!("logs hello --request-id {id}"))
        .code(0);
    assert!(lines.stdout.contains("heard fail"), "{}", lines.stdout);
    assert!(!lines.stdout.contains("heard good"), "{}", lines.stdout);
    let last = sandbox.run("logs --match heard -n 1").code(0).stdout;
    assert!(last.ends_with("heard fail\n"), "{last}");
    sandbox.file("event.bin", "from a");
    let called = sandbox.run("invoke -f event.bin").code(0);
    assert!(called.stderr.contains("heard from a"), "{}", called.stderr);
    sandbox
        .run("invoke other")
        .code(1)
        .says("SD0720")
        .says("hello");
}

#[test]
fn an_answer_is_written_byte_for_byte() {
    let sandbox = project();
    let all: Vec<u8> = (0..=255).collect();
    let handler = "def handler(event, context):\n    return bytes(range(int(event)))\n";
    sandbox.file("code/index.py", handler);
    sandbox.run("deploy -y").code(0);
    let answer = |event: &str| {
        let asked = sandbox.command(&["invoke", "-e", event]).output().unwrap();
        assert!(asked.status.success(), "{asked:?}");
        asked.stdout
    };
    assert_eq!(answer("256"), all);
    // UTF-8 by chance.
    assert_eq!(answer("100"), all[..100]);
    let told = sandbox.run("invoke -e 256 --json").code(0);
    let told = told.object("invocation");
    assert_eq!(told["payload_encoding"], "base64");
    let payload = STANDARD.decode(told["payload"].as_str().unwrap());
    assert_eq!(payload.unwrap(), all);
    let told = sandbox.run("invoke -e 10 --json").code(0);
    assert_eq!(told.object("invocation")["payload_encoding"], "text");
}

#[test]
fn lines_are_found_by_version_and_by_alias() {
    let sandbox = project();
    sandbox.run("deploy -y").code(0);
    for word in ["one", "two"] {
        sandbox.file(
            "code/index.py",
            format!("def handler(event, context):\n    print('ran {word}')\n"),
        );
        sandbox.run("deploy -y").code(0);
        sandbox.run("version publish").code(0);
    }
    sandbox
        .run("alias publish --alias-name live --version-id 1")
        .code(0);
    for qualifier in ["live", "2", "LATEST"] {
        let asked = format!("invoke --qualifier {qualifier}");
        sandbox.run(&asked).code(0);
    }
    let lines = |qualifier: &str| {
        let ran = sandbox.run(&format!("logs --match ran --qualifier {qualifier}"));
        ran.code(0).stdout
    };
    for (qualifier, word) in [
        ("live", "one"),
        ("1", "one"),
        ("2", "two"),
        ("LATEST", "two"),
    ] {
        let found = lines(qualifier);
        assert_eq!(found.lines().count(), 1, "{found}");
        assert!(found.ends_with(&format!("ran {word}\n")), "{found}");
    }
    sandbox
        .run("alias publish --alias-name live --version-id 1 --vw 2=50%")
        .code(0);
    assert_eq!(lines("live").lines().count(), 2);
    sandbox.run("logs --qualifier nope").code(1).says("nope");
    sandbox
        .run("logs --qualifier 9")
        .code(1)
        .says("no version 9");
}

/// Waits until the function answers so.
fn wait_for(sandbox: &Sandbox, word: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let page = fetch(sandbox.port(), "127.0.0.1", "/_fc/hello/", &[]);
        if page.text() == word {
            return;
        }
        assert!(Instant::now() < end, "{}", page.text());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_change_is_deployed_at_once_and_a_mistake_waits_for_the_next() {
    let sandbox = project();
    let mut dev = sandbox
        .command(&["dev"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&sandbox, "one");
    sandbox.file("code/index.py", code("two"));
    wait_for(&sandbox, "two");
    sandbox.file("s.yaml", MANIFEST.replace("timeout", "timeuot"));
    sandbox.file("code/index.py", code("three"));
    sandbox.file("s.yaml", MANIFEST);
    wait_for(&sandbox, "three");
    kill(Pid::from_raw(dev.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let ended = dev.wait_with_output_or_kill();
    assert!(ended.contains("hello | heard"), "{ended}");
}

/// Ends that do not hang a test.
trait Ended {
    fn wait_with_output_or_kill(&mut self) -> String;
}

impl Ended for std::process::Child {
    fn wait_with_output_or_kill(&mut self) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        let status = loop {
            match self.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > end => {
                    self.kill().unwrap();
                    panic!("it does not end when asked to");
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        assert!(status.success(), "{status}");
        let mut text = String::new();
        let mut out = self.stdout.take().unwrap();
        std::io::Read::read_to_string(&mut out, &mut text).unwrap();
        text
    }
}
