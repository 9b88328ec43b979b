//! `<<` in a text: what it leads to stands there as if it were written.

use serde_json::json;

use crate::stage::{Stage, echo, errors};

const FLOW: &str = "
version: v1
type: flow
retries: &retries
  retry: [{errors: [Busy], maxAttempts: 2}]
call: &call
  type: task
  resourceArn: acs:fc:::functions/f
  <<: *retries
steps:
- {<<: *call, name: one}
- name: two
  <<: [{outputMappings: [{target: by, source: first}]}, {outputMappings: [{target: by, source: second}], type: pass}]
- <<: *call
  name: three
  type: pass
  outputMappings: [{target: own, source: true}]
";

#[test]
fn own_keys_win_and_then_the_first_map() {
    let stage = Stage::new(FLOW, echo).start(json!({}));
    assert_eq!(stage.output(), json!({"by": "first", "own": true}));
    assert_eq!(stage.called(), ["one"]);
    let first = &stage.program.scopes[0].steps;
    assert_eq!(first.len(), 3);
    assert_eq!(stage.program.step(first[0]).retry.len(), 1);
}

#[test]
fn what_is_merged_keeps_its_place() {
    let bad = FLOW.replace("errors: [Busy]", "errors: Busy");
    let said = errors(&bad);
    assert!(!said.is_empty());
    assert!(
        said.iter().all(|said| said.starts_with("5:20: ")),
        "{said:?}"
    );
    for value in ["5", "[{}, text]", ""] {
        let text =
            format!("version: v1\ntype: flow\nsteps:\n- name: a\n  <<: {value}\n  type: pass");
        let said = "5:3: `<<` merges a map or a list of maps".to_owned();
        assert_eq!(errors(&text), [said]);
    }
}

#[test]
fn in_quotes_it_is_a_key_like_others() {
    let text = "{version: v1, type: flow, steps: [{type: pass, name: a, outputMappings: [{target: x, source: {'<<': {a: 1}}}]}]}";
    let stage = Stage::new(text, echo).start(json!({}));
    assert_eq!(stage.output(), json!({"x": {"<<": {"a": 1}}}));
}
