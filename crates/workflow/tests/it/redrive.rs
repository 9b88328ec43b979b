//! What fails behind its inside, or before an iteration begins, fails again when it is redriven, or goes on. It never
//! stands still, and calls nothing again that was done.

use serde_json::{Value, json};
use workflow::engine::{Call, Command, Fault, Status};

use crate::stage::{Stage, echo};

/// Starts, and redrives what failed: both ends, and how many calls each made.
fn twice(
    text: &str,
    input: &Value,
    world: fn(&Call) -> Option<Result<Value, Fault>>,
) -> [usize; 2] {
    let mut stage = Stage::new(text, world).killed().start(input.clone());
    assert_eq!(stage.status(), Status::Failed, "{text}");
    let (fault, before) = (stage.fault(), stage.calls.len());
    stage.now += 1000;
    stage.tell(Command::Redrive);
    stage.settle();
    assert_eq!(stage.status(), Status::Failed, "{text}");
    assert_eq!(stage.fault(), fault, "{text}");
    [before, stage.calls.len() - before]
}

#[test]
fn an_item_whose_input_cannot_be_made_fails_again() {
    let text = |width: u32| {
        format!(
            "
StartAt: M
States:
  M:
    Type: Map
    MaxConcurrency: {width}
    ItemSelector: {{id.$: $$.Map.Item.Value.id}}
    ItemProcessor:
      StartAt: T
      States: {{T: {{Type: Task, Resource: 'arn:aws:lambda:r:1:function:f', End: true}}}}
    End: true
"
        )
    };
    let items = json!([{"id": 1}, {"no": 2}, {"id": 3}]);
    assert_eq!(twice(&text(1), &items, echo), [1, 0]);
    // Both begin in one turn that ends with the failure, so that no call was made.
    assert_eq!(
        twice(&text(2), &json!([{"no": 1}, {"id": 2}]), echo),
        [0, 0]
    );
}

#[test]
fn results_that_are_too_large_together_fail_again() {
    let large = |_: &Call| Some(Ok(json!("x".repeat(200 * 1024))));
    let branch = |name: &str| {
        format!(
            "{{StartAt: {name}, States: {{{name}: {{Type: Task, Resource: 'arn:aws:lambda:r:1:function:f', End: true}}}}}}"
        )
    };
    let (b, c) = (branch("B"), branch("C"));
    let text =
        format!("StartAt: A\nStates: {{A: {{Type: Parallel, Branches: [{b}, {c}], End: true}}}}");
    assert_eq!(twice(&text, &json!({}), large), [2, 0]);
}

#[test]
fn an_option_whose_result_does_not_fit_fails_again() {
    let large = |_: &Call| Some(Ok(json!({"x": "x".repeat(20_000)})));
    let text = "
version: v1
type: flow
steps:
- type: choice
  name: c
  choices:
  - condition: 1 == 1
    steps:
    - {type: task, name: t, resourceArn: 'acs:fc:::functions/f', inputMappings: [{target: n, source: 1}]}
";
    assert_eq!(
        twice(text, &json!({"pad": "y".repeat(20_000)}), large),
        [1, 0]
    );
}
