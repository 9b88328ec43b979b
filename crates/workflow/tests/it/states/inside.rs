//! Parallel states and maps.

use serde_json::json;
use workflow::engine::EventKind;

use super::{check_all, machine};
use crate::stage::{Stage, echo};

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn branches_run_side_by_side() {
    check_all([
        machine("their outputs are a list in the order of the text", "
  A:
    Type: Parallel
    Branches:
    - {StartAt: B, States: {B: {Type: Wait, Seconds: 5, Next: C}, C: {Type: Pass, Result: slow, End: true}}}
    - {StartAt: D, States: {D: {Type: Pass, Result: fast, End: true}}}
    End: true").gives(json!(["slow", "fast"])).takes(5),
        machine("each gets the input", "
  A:
    Type: Parallel
    InputPath: $.in
    Branches:
    - {StartAt: B, States: {B: {Type: Succeed}}}
    - {StartAt: C, States: {C: {Type: Pass, Parameters: {y.$: $.x}, End: true}}}
    ResultSelector: {first.$: '$[0]', second.$: '$[1].y'}
    ResultPath: $.out
    End: true").given(json!({"in": {"x": 1}})).gives(json!({"in": {"x": 1}, "out": {"first": {"x": 1}, "second": 1}})),
        machine("parameters shape what they get", "
  A:
    Type: Parallel
    Parameters: {z.$: $.x}
    Branches: [{StartAt: B, States: {B: {Type: Pass, End: true}}}]
    End: true").given(json!({"x": 1})).gives(json!([{"z": 1}])),
        machine("they nest", "
  A:
    Type: Parallel
    Branches:
    - StartAt: B
      States:
        B:
          Type: Parallel
          Branches: [{StartAt: C, States: {C: {Type: Pass, Result: 1, End: true}}}, {StartAt: D, States: {D: {Type: Pass, Result: 2, End: true}}}]
          End: true
    - {StartAt: E, States: {E: {Type: Pass, Result: 3, End: true}}}
    End: true").gives(json!([[1, 2], 3])),
        machine("one that fails ends the others", "
  A:
    Type: Parallel
    Branches:
    - {StartAt: B, States: {B: {Type: Wait, Seconds: 60, End: true}}}
    - {StartAt: C, States: {C: {Type: Wait, Seconds: 2, Next: D}, D: {Type: Fail, Error: Broken}}}
    End: true").fails("Broken").takes(2),
        machine("a failure deep inside is caught around it", "
  A:
    Type: Parallel
    Branches:
    - StartAt: B
      States:
        B:
          Type: Parallel
          Branches: [{StartAt: C, States: {C: {Type: Fail, Error: Deep, Cause: down}}}, {StartAt: D, States: {D: {Type: Wait, Seconds: 9, End: true}}}]
          End: true
    - {StartAt: E, States: {E: {Type: Wait, Seconds: 9, End: true}}}
    Catch: [{ErrorEquals: [Deep], ResultPath: $.why, Next: F}]
    End: true
  F: {Type: Pass, End: true}").given(json!({"x": 1})).gives(json!({"x": 1, "why": {"Error": "Deep", "Cause": "down"}})).takes(0),
        machine("a failure is caught where it happens first", "
  A:
    Type: Parallel
    Branches:
    - StartAt: B
      States:
        B: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:fail-Busy', Catch: [{ErrorEquals: [States.ALL], Next: C}], End: true}
        C: {Type: Pass, Result: mended, End: true}
    Catch: [{ErrorEquals: [States.ALL], Next: D}]
    End: true
  D: {Type: Pass, End: true}").gives(json!(["mended"])).through("A B C"),
        machine("all branches are tried again", "
  A:
    Type: Parallel
    Branches:
    - {StartAt: B, States: {B: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:fail-Busy', End: true}}}
    - {StartAt: C, States: {C: {Type: Pass, End: true}}}
    Retry: [{ErrorEquals: [Busy], MaxAttempts: 2, IntervalSeconds: 3}]
    End: true").fails("Busy").calls(3).takes(3 + 6),
        machine("a success ends its branch only", "
  A:
    Type: Parallel
    Branches: [{StartAt: B, States: {B: {Type: Succeed}}}]
    Next: C
  C: {Type: Pass, Result: after, End: true}").gives(json!("after")).through("A B C"),
    ]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn maps_go_through_lists() {
    check_all([
        machine("outputs are in the order of the items", "
  A:
    Type: Map
    ItemsPath: $.l
    ItemProcessor: {StartAt: B, States: {B: {Type: Wait, SecondsPath: $, End: true}}}
    End: true").given(json!({"l": [3, 1, 2]})).gives(json!([3, 1, 2])).takes(3),
        machine("one after the other, if the text says so", "
  A:
    Type: Map
    ItemsPath: $.l
    MaxConcurrency: 1
    ItemProcessor: {StartAt: B, States: {B: {Type: Wait, SecondsPath: $, End: true}}}
    End: true").given(json!({"l": [3, 1, 2]})).gives(json!([3, 1, 2])).takes(6),
        machine("one after the other, if the data says so", "
  A:
    Type: Map
    ItemsPath: $.l
    MaxConcurrencyPath: $.n
    ItemProcessor: {StartAt: B, States: {B: {Type: Wait, SecondsPath: $, End: true}}}
    End: true").given(json!({"l": [3, 1, 2], "n": 1})).gives(json!([3, 1, 2])).takes(6),
        machine("so many at once as there is no number of", "
  A:
    Type: Map
    ItemsPath: $.l
    MaxConcurrencyPath: $.l
    ItemProcessor: {StartAt: B, States: {B: {Type: Pass, End: true}}}
    End: true").given(json!({"l": [3]})).fails("States.Runtime"),
        machine("without a path the input is the list", "
  A:
    Type: Map
    ItemProcessor: {ProcessorConfig: {Mode: INLINE}, StartAt: B, States: {B: {Type: Pass, End: true}}}
    End: true").given(json!([1, 2])).gives(json!([1, 2])),
        machine("nothing to go through", "
  A: {Type: Map, ItemProcessor: {StartAt: B, States: {B: {Type: Pass, End: true}}}, End: true}").given(json!([])).gives(json!([])).through("A"),
        machine("what is no list", "
  A: {Type: Map, ItemProcessor: {StartAt: B, States: {B: {Type: Pass, End: true}}}, End: true}").given(json!({"l": 1})).fails("States.Runtime"),
        machine("a selector sees the item, its number and the input of the map", "
  A:
    Type: Map
    InputPath: $.in
    ItemsPath: $.l
    ItemSelector: {i.$: $$.Map.Item.Index, v.$: $$.Map.Item.Value.n, all.$: $.x}
    ItemProcessor: {StartAt: B, States: {B: {Type: Pass, End: true}}}
    ResultPath: $.out
    OutputPath: $.out
    End: true").given(json!({"in": {"l": [{"n": 5}, {"n": 6}], "x": 1}})).gives(json!([{"i": 0, "v": 5, "all": 1}, {"i": 1, "v": 6, "all": 1}])),
        machine("the older words say the same", "
  A:
    Type: Map
    ItemsPath: $.l
    Parameters: {v.$: $$.Map.Item.Value}
    Iterator: {StartAt: B, States: {B: {Type: Pass, End: true}}}
    End: true").given(json!({"l": ["a"]})).gives(json!([{"v": "a"}])),
        machine("states inside see the item too", "
  A:
    Type: Map
    ItemProcessor:
      StartAt: B
      States:
        B: {Type: Pass, Result: x, Next: C}
        C: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:echo', Parameters: {i.$: $$.Map.Item.Index, v.$: $$.Map.Item.Value}, End: true}
    End: true").given(json!(["a", "b"])).gives(json!([{"i": 0, "v": "a"}, {"i": 1, "v": "b"}])),
        machine("maps nest", "
  A:
    Type: Map
    ItemProcessor: {StartAt: B, States: {B: {Type: Map, ItemProcessor: {StartAt: C, States: {C: {Type: Pass, Parameters: {v.$: $$.Map.Item.Value}, End: true}}}, End: true}}}
    End: true").given(json!([[1], [2, 3], []])).gives(json!([[{"v": 1}], [{"v": 2}, {"v": 3}], []])),
        machine("an item that fails ends the map", "
  A:
    Type: Map
    ItemProcessor:
      StartAt: B
      States:
        B: {Type: Choice, Choices: [{Variable: $, NumericEquals: 2, Next: C}], Default: D}
        C: {Type: Fail, Error: Two}
        D: {Type: Wait, Seconds: 9, End: true}
    Catch: [{ErrorEquals: [Two], ResultPath: null, Next: E}]
    End: true
  E: {Type: Pass, End: true}").given(json!([1, 2, 3])).gives(json!([1, 2, 3])).takes(0),
        machine("an item that is tried again keeps its place", "
  A:
    Type: Map
    ItemProcessor: {StartAt: B, States: {B: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:flaky-1-Busy', Retry: [{ErrorEquals: [Busy]}], ResultPath: null, End: true}}}
    End: true").given(json!([1, 2])).gives(json!([1, 2])).calls(4).takes(1),
        machine("the whole map is tried again", "
  A:
    Type: Map
    MaxConcurrency: 1
    ItemProcessor: {StartAt: B, States: {B: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:fail-Busy', End: true}}}
    Retry: [{ErrorEquals: [Busy], MaxAttempts: 1}]
    End: true").given(json!([1, 2])).fails("Busy").calls(2).takes(1),
    ]);
}

#[test]
fn no_more_items_are_worked_on_than_the_map_allows() {
    let most_at_once = |limit: &str| {
        let text = format!(
            "{{StartAt: A, States: {{A: {{Type: Map, {limit} ItemProcessor: {{StartAt: B, States: {{B: {{Type: Wait, Seconds: 1, End: true}}}}}}, End: true}}}}}}"
        );
        let items: Vec<u8> = (0..50).collect();
        let stage = Stage::new(&text, echo).start(json!(items));
        assert_eq!(stage.output(), json!(items));
        let (mut now, mut most) = (0_i32, 0);
        for event in &stage.events {
            match event.kind {
                EventKind::IterationEntered { .. } => now += 1,
                EventKind::IterationExited { .. } => now -= 1,
                _ => {}
            }
            most = most.max(now);
        }
        most
    };
    assert_eq!(most_at_once("MaxConcurrency: 3,"), 3);
    // Without a limit of its own, the vendor's holds.
    assert_eq!(most_at_once("MaxConcurrency: 0,"), 40);
    assert_eq!(most_at_once(""), 40);
}
