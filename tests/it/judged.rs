//! `sdev test`: what passes does so for a reason, and what never happened is told.

use serde_json::Value as Json;

use crate::suite::{echo, told};
use crate::support::Sandbox;

/// Fails when the tests of a text that fail are not these, by name, line and words.
fn fails(sandbox: &Sandbox, tests: &str, wanted: &[(&str, u64, &str)]) {
    sandbox.file("tests/judged.test.yaml", tests);
    let ran = sandbox.run("test --json").code(1);
    let ended = ran.object("tests");
    let told = told(&ran.stdout).into_iter();
    let failed: Vec<_> = told.filter(|(_, passed, ..)| !passed).collect();
    assert_eq!(failed.len(), wanted.len(), "{failed:#?}");
    assert_eq!(ended["failed"], wanted.len());
    for ((name, _, why, line), (wanted, at, words)) in failed.iter().zip(wanted) {
        assert_eq!((name.as_str(), line), (*wanted, at), "{why}");
        assert!(why.contains(words), "{name}: {why}");
    }
}

#[test]
fn values_are_what_is_wanted_and_nothing_else() {
    let sandbox = echo();
    let tests = r#"tests:
- name: plain values
  given: {files: {store: {n: 5, t: true, none: null, d: 9007199254740993, map: {a: {b: null}}}}}
  when:
  - event: {function: echo, payload: {v: 1234567890123456789}, save: {v: $.v}}
  - event: {function: echo, payload: {again: "{{v}}"}}
  then:
  - object: {bucket: store, key: n, body: 5}
  - object: {bucket: store, key: n, body: "5"}
  - object: {bucket: store, key: t, body: true}
  - object: {bucket: store, key: none, body: null}
  - object: {bucket: store, key: d, body: 9007199254740993}
  - object: {bucket: store, key: map, body: {a: {b: null}}}
  - log: {function: echo, contains: '{"v":1234567890123456789}'}
  - log: {function: echo, contains: '{"again":1234567890123456789}'}
- name: no such key
  given: {files: {store: {map: {a: {b: 1}}}}}
  then:
  - object: {bucket: store, key: map, body: {a: {c: null}}}
  within: 100ms
- name: a body that was forgotten
  given: {files: {store: {map: {a: 1}}}}
  then:
  - object:
      bucket: store
      key: map
      body:
  within: 100ms
- name: one less
  given: {files: {store: {d: 9007199254740993}}}
  then:
  - object: {bucket: store, key: d, body: 9007199254740992}
  within: 100ms
- name: another plain value
  given: {files: {store: {n: 5}}}
  then:
  - object: {bucket: store, key: n, body: 6}
  within: 100ms
"#;
    let wanted = [
        ("no such key", 19, "the object: a.c is missing, not null"),
        ("a body that was forgotten", 24, "it is {\"a\":1}, not null"),
        ("one less", 32, "9007199254740993, not 9007199254740992"),
        ("another plain value", 37, "it is 5, not 6"),
    ];
    fails(&sandbox, tests, &wanted);
}

#[test]
fn faults_that_never_take_place_are_told() {
    let sandbox = echo();
    let tests = r"tests:
- name: the third call never comes
  faults:
  - {function: echo, call: 1, latency: 10ms}
  - {function: echo, call: 3, kill: true}
  when:
  - event: {function: echo, payload: {}}
  then:
  - calls: {echo: 1}
- name: nobody calls the queue
  faults:
  - {queue: orders, throttle: true}
  then:
  - calls: {echo: 0}
";
    let wanted = [
        (
            "the third call never comes",
            5,
            "never took place: no call 3 of `echo`",
        ),
        (
            "nobody calls the queue",
            12,
            "never took place: no call of `orders`",
        ),
    ];
    fails(&sandbox, tests, &wanted);
}

#[test]
fn a_filter_that_no_name_holds_is_an_error() {
    let sandbox = echo();
    sandbox.file(
        "tests/one.test.yaml",
        "tests:\n- name: one\n  then: [{calls: {echo: 0}}]\n",
    );
    let ran = sandbox.run("test --filter zzzz").code(1);
    ran.says("no test has a name that holds `zzzz`");
}

#[test]
fn events_end_with_the_errors_of_every_fault() {
    let sandbox = echo();
    let tests = r#"tests:
- name: each has a name
  faults:
  - {function: echo, call: 1, throttle: true}
  - {function: echo, call: 2, crash: true}
  - {function: echo, call: 3, error: Declined}
  when:
  - event: {function: echo, payload: {}, error: ResourceExhausted, save: {first: $.errorType}}
  - event: {function: echo, payload: {}, error: UnhandledInvocationError}
  - event: {function: echo, payload: {}, error: Declined}
  - event: {function: echo, payload: {v: "{{first}}"}}
  then:
  - log: {function: echo, contains: '{"v":"ResourceExhausted"}'}
- name: another error
  faults:
  - {function: echo, throttle: true}
  when:
  - event: {function: echo, payload: {}, error: Declined}
  then:
  - calls: {echo: 1}
- name: no error
  when:
  - event: {function: echo, payload: {}, error: UnhandledInvocationError}
  then:
  - calls: {echo: 1}
"#;
    let wanted = [
        (
            "another error",
            18,
            "it did not end with the error Declined: InvokeFunction: ResourceExhausted",
        ),
        (
            "no error",
            23,
            "it did not end with the error UnhandledInvocationError: {}",
        ),
    ];
    fails(&sandbox, tests, &wanted);
}

/// `A`, five minutes, `B`, and `Undo` when `B` fails; a call takes a moment.
fn flow() -> Sandbox {
    let sandbox = Sandbox::new();
    let code = "import time\ndef handler(event, context):\n    time.sleep(0.3)\n    return {}\n";
    sandbox.file("code/index.py", code);
    let step = |name: &str, function: &str, next: &str| {
        format!(
            "- Type: Task\n  Name: {name}\n  Action: FC:InvokeFunction\n  Parameters: {{resourceArn: 'acs:fc:::functions/steps-{function}', invocationType: Sync}}\n  {next}\n"
        )
    };
    let catch = "Catch: [{Errors: [FnF.ALL], Next: Undo}]\n  End: true";
    let steps = [
        step("A", "a", "Next: W"),
        "- {Type: Wait, Name: W, Seconds: 300, Next: B}\n".to_owned(),
        step("B", "b", catch),
        step("Undo", "undo", "End: true"),
    ];
    let head = "Type: StateMachine\nName: steps\nSpecVersion: v1\nStartAt: A\nStates:\n";
    sandbox.file("steps.yaml", format!("{head}{}", steps.concat()));
    let function = |name: &str| {
        format!(
            "  {name}:\n    component: function\n    props: {{name: steps-{name}, code: ./code, handler: index.handler, runtime: python3.10}}\n"
        )
    };
    let all: String = ["a", "b", "undo"].map(function).concat();
    sandbox.file(
        "s.yaml",
        format!(
            "edition: 3.0.0\nname: steps\naccess: local\nresources:\n{all}  steps:\n    component: workflow\n    props: {{name: steps, definition: ./steps.yaml}}\n"
        ),
    );
    sandbox
}

/// Matrices with steps that are not on the way: `Undo`, and all of them when nothing begins.
const MATRICES: &str = r"tests:
- name: killed anywhere
  matrix: {each-step-of: steps, fault: {kill: true}}
  when:
  - start: {workflow: steps, name: one, input: {}}
  - until: [{calls: {a: 1}}]
  - advance: 301s
  then:
  - execution: {workflow: steps, name: one, status: Succeeded, steps: [A, W, B]}
  within: 30s
- name: named
  matrix: {each-step-of: steps, only: [A, Undo]}
  when:
  - start: {workflow: steps, name: one, input: {}}
  - advance: 301s
  then:
  - calls: {undo: 0}
- name: nothing begins
  matrix: {each-step-of: steps}
  faults:
  - {function: a, call: 1, error: Broken}
  then:
  - calls: {a: 0}
- name: a fault that no run comes to
  matrix: {each-step-of: steps, only: [A]}
  faults:
  - {function: undo, call: 1, error: Broken}
  when:
  - start: {workflow: steps, name: one, input: {}}
  then:
  - execution: {workflow: steps, name: one, status: Failed, error: Injected}
";

#[test]
fn steps_that_a_matrix_does_not_come_to_are_told() {
    let sandbox = flow();
    let never = "the fault never took place: the step `Undo` called nothing in this run";
    let wanted = [
        ("named (Undo)", 12, never),
        ("nothing begins", 19, "no fault took place in any run"),
        ("a fault that no run comes to", 27, "no call 1 of `undo`"),
    ];
    sandbox.file("tests/judged.test.yaml", MATRICES);
    let ran = sandbox.run("test --json").code(1);
    let objects: Vec<Json> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |passed: &Json| -> Vec<&Json> {
        let tests = objects.iter().filter(|test| test["type"] == "test");
        tests.filter(|test| test["passed"] == *passed).collect()
    };
    let failed = of(&Json::from(false));
    assert_eq!(failed.len(), wanted.len(), "{failed:#?}");
    for (test, (name, line, why)) in failed.iter().zip(wanted) {
        assert_eq!(
            (&test["name"], &test["line"]),
            (&name.into(), &line.into()),
            "{test}"
        );
        assert!(test["why"].as_str().unwrap().contains(why), "{test}");
    }
    // Killed in `A` and `B`, of which the second is while the clock moves.
    let names = |tests: Vec<&Json>| -> Vec<String> {
        tests
            .iter()
            .map(|test| test["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(of(&Json::from(true))),
        [
            "killed anywhere (A)",
            "killed anywhere (B)",
            "named (A)",
            "a fault that no run comes to (A)"
        ]
    );
    assert_eq!(
        names(of(&Json::Null)),
        [
            "killed anywhere (Undo)",
            "nothing begins (A)",
            "nothing begins (B)",
            "nothing begins (Undo)"
        ]
    );
    assert_eq!(ran.object("tests")["skipped"], 4);
}

#[test]
fn never_is_said_when_nothing_runs_any_more() {
    let sandbox = flow();
    let tests = r"tests:
- name: it is called a moment later
  when:
  - start: {workflow: steps, name: one, input: {}}
  then:
  - calls: {a: 0}
  within: 2s
- name: the wait holds it back
  when:
  - start: {workflow: steps, name: one, input: {}}
  then:
  - calls: {a: 1, b: 0}
- name: no such function
  when:
  - start: {workflow: steps, name: one, input: {}}
  then:
  - calls: {a: 1}
  - calls: {bb: 0}
  within: 1h
";
    let wanted = [
        (
            "it is called a moment later",
            6,
            "`a` was called 1 times, not 0",
        ),
        (
            "no such function",
            18,
            "`bb` is no function of the manifest",
        ),
    ];
    fails(&sandbox, tests, &wanted);
}
