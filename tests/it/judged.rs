//! `sdev test`: what passes does so for a reason.

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
