//! Tests of reading files of tests.

use super::super::model::{Means, Wanted};
use super::*;

fn wrong(text: &str) -> Vec<String> {
    let source = Source::new("t.yaml", text);
    let all = read(&source).unwrap_err();
    all.sorted()
        .iter()
        .map(|d| {
            format!(
                "{} {} {}",
                d.at.as_ref().unwrap(),
                d.detail,
                d.hints.join(" ")
            )
        })
        .collect()
}

#[test]
fn a_whole_test_is_read() {
    let text = "tests:\n- name: one\n  given: {files: {store: {a/b: x}}}\n  faults:\n  - {function: pay, call: 2, latency: 2s}\n  - {function: pay, call: all, throttle: true}\n  when:\n  - http: {url: http://a.test/, body: {a: 1}, save: {id: $.id}}\n  - advance: 3d\n  - until:\n    - calls: {pay: 1}\n  then:\n  - execution: {workflow: w, name: \"{{id}}\", status: Succeeded, steps: [A, B]}\n  within: 1m\n";
    let suite = read(&Source::new("t.yaml", text)).unwrap();
    let only = &suite.tests[0];
    assert_eq!(
        (only.files.len(), only.when.len(), only.then.len()),
        (1, 3, 1)
    );
    let does: Vec<_> = only
        .faults
        .iter()
        .map(|f| (f.call, f.does.clone()))
        .collect();
    assert_eq!(
        does,
        [
            (Some(2), json!({ "latency_ms": 2000 })),
            (None, json!("throttle"))
        ]
    );
    assert!(matches!(&only.when[0].means, Means::Http(r) if r.method == "POST"));
    assert_eq!(only.when[0].save, [("id".to_owned(), "$.id".to_owned())]);
    assert_eq!(only.within, Duration::from_mins(1));
    let Means::Advance(by) = only.when[1].means else {
        panic!("{:?}", only.when[1]);
    };
    assert_eq!(by, Duration::from_hours(72));
}

#[test]
fn a_fault_is_of_a_function_a_queue_a_topic_or_a_bus() {
    let of = |fault: &str| {
        let text = format!(
            "tests:\n- name: one\n  faults:\n  - {fault}\n  then:\n  - calls: {{pay: 1}}\n"
        );
        let source = Source::new("t.yaml", text);
        read(&source).map(|suite| suite.tests[0].faults[0].of.clone())
    };
    let queue = of("{queue: orders, throttle: true}").unwrap();
    assert_eq!(queue, FaultOf::Queue("orders".to_owned()));
    let topic = of("{topic: news, call: 1, error: InternalError}").unwrap();
    assert_eq!(topic, FaultOf::Topic("news".to_owned()));
    let bus = of("{bus: default, kill: true}").unwrap();
    assert_eq!(bus, FaultOf::Bus("default".to_owned()));
    let function = of("{function: pay, crash: true}").unwrap();
    assert_eq!(function, FaultOf::Function("pay".to_owned()));
    for wrong in [
        "{queue: orders, topic: news, throttle: true}",
        "{queue: orders, function: pay, throttle: true}",
        "{topic: news, crash: true}",
        "{throttle: true}",
    ] {
        assert!(of(wrong).is_err(), "{wrong}");
    }
}

/// The mistakes of a file with one test that has these lines.
fn of_test(lines: &str) -> Vec<String> {
    wrong(&format!("tests:\n- name: one\n{lines}\n"))
}

#[test]
fn a_value_that_was_forgotten_is_a_mistake() {
    let found = of_test(
        "  within:\n  then:\n  - execution: {workflow: w, name: n, status: null, error: ~, steps: }\n  - http: {url: http://a.test/, status: }\n  - calls: {pay: }\n",
    );
    let expected = [
        "t.yaml:3:3 `within` of a test has no value ",
        "t.yaml:5:39 `status` of `execution` has no value ",
        "t.yaml:5:53 `error` of `execution` has no value ",
        "t.yaml:5:63 `steps` of `execution` has no value ",
        "t.yaml:6:33 `status` of `http` has no value ",
        "t.yaml:7:12 `calls` is a map of functions to whole numbers ",
    ];
    assert_eq!(found, expected);
    let found = of_test("  then:");
    assert_eq!(found, ["t.yaml:3:3 `then` of a test has no value "]);
}

#[test]
fn null_is_a_body_and_an_output() {
    let text = "tests:\n- name: one\n  then:\n  - http: {url: http://a.test/, body: }\n  - execution: {workflow: w, name: n, output: null}\n";
    let suite = read(&Source::new("t.yaml", text)).unwrap();
    let then = &suite.tests[0].then;
    assert!(matches!(&then[0].wanted, Wanted::Http(r) if r.body == Some(Json::Null)));
    assert!(matches!(&then[1].wanted, Wanted::Execution(e) if e.output == Some(Json::Null)));
}

#[test]
fn what_says_nothing_is_a_mistake() {
    let found = of_test(
        "  matrix: {each-step-of: w, only: []}\n  then:\n  - object: {bucket: s, key: k, exists: false, body: \"1\"}\n- name: one\n  then:\n  - calls: {pay: 1}\n",
    );
    let expected = [
        "t.yaml:3:35 `only` of a matrix is a list of steps, one at least ",
        "t.yaml:5:13 an object that is not to be there has no `body` ",
        "t.yaml:6:9 another test has the name `one` already ",
    ];
    assert_eq!(found, expected);
}

#[test]
fn whole_numbers_keep_their_digits() {
    let of = |number: &str| {
        let text = format!(
            "tests:\n- name: one\n  given: {{files: {{s: {{k: [&n {number}, *n]}}}}}}\n  then:\n  - calls: {{pay: 1}}\n"
        );
        let source = Source::new("t.yaml", text);
        read(&source).map(|suite| suite.tests[0].files[0].content.to_string())
    };
    for (number, is) in [
        ("9007199254740993", "9007199254740993"),
        ("-1234567890123456789", "-1234567890123456789"),
        ("18446744073709551615", "18446744073709551615"),
        ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("1_234_567_890_123_456_789", "1234567890123456789"),
        ("12", "12"),
        ("1.5", "1.5"),
    ] {
        assert_eq!(of(number).unwrap(), format!("[{is},{is}]"), "{number}");
    }
    assert!(of("18446744073709551616").is_err());
    assert!(of("1e300").is_ok());
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let found = wrong(
        "tests:\n- name: one\n  fautls: []\n  faults:\n  - {function: pay, error: A, crash: true}\n  - {function: pay, call: 0, error: A}\n  when:\n  - htpp: {}\n  - advance: soon\n  - until: {}\n  then:\n  - calls: {pay: often}\n  within: 5\n",
    );
    let expected = [
        "t.yaml:3:3 a test has no key `fautls` did you mean `faults`?",
        "t.yaml:5:5 a fault has one of the keys `error`, `latency`, `throttle`, `crash`, `kill` ",
        "t.yaml:6:27 `call` of a fault is a whole number from 1, or `all` ",
        "t.yaml:8:5 a step has no key `htpp` did you mean `http`?",
        "t.yaml:9:14 `advance` is a time such as 90s, 5m, 1h or 3d ",
        "t.yaml:10:12 `until` is a list of what is to be true ",
        "t.yaml:12:12 `calls` is a map of functions to whole numbers ",
        "t.yaml:13:11 `within` of a test is a time such as 90s, 5m, 1h or 3d ",
    ];
    assert_eq!(found, expected);
    assert_eq!(wrong("tests: []\n").len(), 1);
    assert!(wrong("tests:\n- name: one\n")[0].contains("cannot fail"));
}
