//! `sdev test`: files of tests are played on local clouds of their own, and told with their places.

use serde_json::Value as Json;

use crate::support::Sandbox;

/// A function that answers what it is given, and says so.
pub(crate) fn echo() -> Sandbox {
    let sandbox = Sandbox::new();
    let code = "import json\ndef handler(event, context):\n    print('heard ' + event.decode())\n    return json.loads(event)\n";
    sandbox.file("code/index.py", code);
    sandbox.file(
        "s.yaml",
        "edition: 3.0.0\nname: tiny\naccess: local\nresources:\n  echo:\n    component: function\n    props:\n      name: tiny-echo\n      code: ./code\n      handler: index.handler\n      runtime: python3.10\n  store:\n    component: oss\n    props: {region: cn-hangzhou, bucket: auto}\n",
    );
    sandbox
}

/// Tests of it, of which one passes.
const FAULTS: &str = r#"tests:
- name: all ways to fail
  given: {files: {store: {greeting: hello}}}
  faults:
  - {function: echo, call: 1, error: Declined}
  - {function: echo, call: 2, crash: true}
  - {function: echo, call: 3, latency: 100ms}
  when:
  - event: {function: echo, payload: {a: 1}, error: Declined}
  - event: {function: echo, payload: {a: {b: [7]}}, save: {b: "$.a.b[0]"}}
  then:
  - calls: {echo: 2}
- name: late, and then well
  faults:
  - {function: echo, latency: 1s}
  when:
  - event: {function: echo, payload: {n: 7}, save: {n: $.n}}
  - event: {function: echo, payload: {n: "{{n}}", text: "n is {{n}}"}, save: {all: $}}
  then:
  - calls: {echo: 2}
  - log: {function: echo, contains: n is 7}
  - object: {bucket: store, key: greeting, exists: false}
- name: wrong counts
  given: {files: {store: {greeting: hello}}}
  when:
  - event: {function: echo, payload: {}}
  then:
  - object: {bucket: store, key: greeting, body: hello}
  - calls: {echo: 5}
  within: 200ms
- name: a name that nothing has
  when:
  - event: {function: ecko, payload: "{{nothing}}"}
  then:
  - calls: {echo: 0}
- name: a word that nobody saved
  within: 20m
  when:
  - event: {function: echo, payload: {a: 1}}
  then:
  - object: {bucket: store, key: "{{order}}"}
"#;

/// The `test` objects of a run with `--json`, by name.
pub(crate) fn told(stdout: &str) -> Vec<(String, bool, String, u64)> {
    let objects = stdout
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let tests = objects.filter(|object| object["type"] == "test");
    tests
        .map(|test| {
            let text = |name: &str| test[name].as_str().unwrap_or_default().to_owned();
            (
                text("name"),
                test["passed"] == true,
                text("why"),
                test["line"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_saga_of_the_template_passes_on_clouds_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.run("init order-saga shop").code(0);
    let ran = sandbox.run("test -t shop/s.yaml --json").code(0);
    let tests = told(&ran.stdout);
    assert_eq!(tests.len(), 16, "{}", ran.stdout);
    assert!(
        tests.iter().all(|(_, passed, ..)| *passed),
        "{}",
        ran.stdout
    );
    assert!(
        tests
            .iter()
            .any(|(name, ..)| name == "whichever step fails, the order is undone (Ship)")
    );
    assert_eq!(ran.object("tests")["passed"], 16);
    // Neither a local cloud of the user's nor a state of the project came to be.
    assert!(!sandbox.home().join("local/endpoint.json").exists());
    assert!(!sandbox.work().join("shop/.sdev/shop").exists());
}

#[test]
fn a_cloud_that_is_killed_comes_back_with_everything() {
    let sandbox = echo();
    let tests = r#"tests:
- name: killed between steps and in a call
  given: {files: {store: {greeting: hello}}}
  faults:
  - {function: echo, call: 2, kill: true}
  when:
  - event: {function: echo, payload: {n: 1}}
  - kill: cloud
  - advance: 1d
  - event: {function: echo, payload: {n: 2}, error: Nothing}
  then:
  - calls: {echo: 2}
- name: killed between steps
  given: {files: {store: {greeting: hello}}}
  when:
  - event: {function: echo, payload: {n: 1}}
  - kill: cloud
  - kill: cloud
  - event: {function: echo, payload: {n: 2}, save: {n: $.n}}
  then:
  - calls: {echo: 2}
  - object: {bucket: store, key: greeting, body: hello}
  - log: {function: echo, contains: "{\"n\":{{n}}}"}
"#;
    sandbox.file("tests/kill.test.yaml", tests);
    let ran = sandbox.run("test --json").code(1);
    let tests = told(&ran.stdout);
    // Who calls while the cloud is killed gets no answer.
    assert!(!tests[0].1, "{}", ran.stdout);
    assert!(tests[0].2.contains("cannot talk to"), "{}", ran.stdout);
    assert!(tests[1].1, "{}", ran.stdout);
}

#[test]
fn days_of_an_approval_pass_in_no_time() {
    let sandbox = Sandbox::new();
    sandbox.run("init approval expenses").code(0);
    let ran = sandbox.run("test -t expenses/s.yaml --json").code(0);
    assert_eq!(ran.object("tests")["passed"], 8);
}

#[test]
fn calls_fail_as_faults_say_and_are_counted() {
    let sandbox = echo();
    sandbox.file("tests/faults.test.yaml", FAULTS);
    let ran = sandbox.run("test --json").code(1);
    let tests = told(&ran.stdout);
    let failed = |name: &str, line: u64, why: &str| {
        let test = tests.iter().find(|(other, ..)| other == name).unwrap();
        assert!(
            !test.1 && test.3 == line && test.2.contains(why),
            "{test:?}"
        );
    };
    failed("all ways to fail", 10, "Process exited unexpectedly");
    failed("wrong counts", 29, "`echo` was called 1 times, not 5");
    failed("a name that nothing has", 33, "did you mean `echo`?");
    // No time changes that, so none is waited.
    failed(
        "a word that nobody saved",
        41,
        "`{{order}}` stands for nothing",
    );
    assert!(
        tests
            .iter()
            .any(|(name, passed, ..)| name == "late, and then well" && *passed),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.object("tests")["failed"], 4);

    let one = sandbox
        .run("test --filter wrong tests/faults.test.yaml")
        .code(1);
    assert!(
        one.stdout.contains("✗ wrong counts") && !one.stdout.contains("late"),
        "{}",
        one.stdout
    );
    assert!(
        one.stdout
            .contains("tests/faults.test.yaml:29:5: `echo` was called 1 times"),
        "{}",
        one.stdout
    );
}

#[test]
fn visitors_of_web_servers_meet_faults_as_responses() {
    let sandbox = Sandbox::new();
    sandbox.run("init function-http web").code(0);
    let test = r#"tests:
- name: web
  faults:
  - {function: app, call: 1, error: Broken}
  - {function: app, call: 2, throttle: true}
  - {function: app, call: 3, crash: true}
  when:
  - http: {url: "{{app.url.system_url}}", status: 500, save: {kind: $.errorType}}
  - http: {url: "{{app.url.system_url}}", status: 429}
  - http: {url: "{{app.url.system_url}}", status: 502}
  then:
  - http: {url: "{{app.url.system_url}}", status: 200}
  within: 30s
"#;
    sandbox.file("web/tests/web.test.yaml", test);
    let ran = sandbox.run("test -t web/s.yaml");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_bad_file_is_told_before_anything_runs() {
    let sandbox = echo();
    sandbox
        .run("test")
        .code(1)
        .says("holds no file *.test.yaml");
    sandbox.file(
        "tests/bad.test.yaml",
        "tests:\n- name: one\n  fautls: []\n  then: [{calls: {echo: 1}}]\n",
    );
    let ran = sandbox.run("test").code(1);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    let ran = ran.says("SD1006").says("tests/bad.test.yaml:3:3");
    ran.says("did you mean `faults`?");
    sandbox
        .run("test --here tests/bad.test.yaml")
        .code(1)
        .says("SD1006");
}
