//! Global variables of the second language.

use serde_json::{Value, json};
use workflow::engine::Execution;

use crate::stage::{Stage, echo, program};

fn flow(states: &str) -> String {
    format!("Type: StateMachine\nName: f\nSpecVersion: v1\nStartAt: A\nStates:\n{states}")
}

/// What a flow puts out, whether or not it is killed after each event.
fn output(states: &str, input: &Value) -> Value {
    let flow = flow(states);
    let made = Stage::new(&flow, echo).start(input.clone()).output();
    let killed = Stage::new(&flow, echo).killed().start(input.clone());
    assert_eq!(killed.output(), made);
    made
}

#[test]
fn any_later_state_reads_what_one_kept() {
    let states = r"
- Type: Task
  Name: A
  Action: FC:InvokeFunction
  Parameters: {key_b: from the function}
  GlobalConstructor: {variable_a.$: $Input.key_a, variable_b.$: $Output.key_b}
  OutputConstructor: {early.$: $Global.variable_a}
  Next: B
- {Type: Pass, Name: B, GlobalConstructor: {variable_a: [1], c.$: $Global.variable_a}, Next: Z}
- Type: Task
  Name: Z
  Action: FC:InvokeFunction
  InputConstructor: {a.$: $Global.variable_a, b.$: $Global.variable_b}
  Parameters: {c.$: $Global.c}
  OutputConstructor: {in.$: $Input, out.$: $Output, none.$: $Global.none}
  End: true
";
    assert_eq!(
        output(states, &json!({"key_a": 1})),
        json!({"in": {"a": [1], "b": "from the function"}, "out": {"c": 1}, "none": null})
    );
}

#[test]
fn the_output_of_the_state_itself_sees_what_was_before() {
    let states = r"
- {Type: Pass, Name: A, GlobalConstructor: {n: 1, m: 1}, OutputConstructor: {first.$: $Global.n}, Next: B}
- Type: Pass
  Name: B
  GlobalConstructor: {n.$: 'intAdd($Global.n, 1)', raw.$: $Output}
  OutputConstructor: {first.$: $Output.first, second.$: $Global.n}
  Next: C
- {Type: Choice, Name: C, Branches: [{Condition: $Global.n == 2 && $Global.m == 1, Next: D}], Default: E}
- {Type: Pass, Name: D, OutputConstructor: {was.$: $Input, raw.$: $Global.raw}, End: true}
- {Type: Fail, Name: E}
";
    assert_eq!(
        output(states, &json!({})),
        json!({"was": {"first": null, "second": 1}, "raw": {"first": null}})
    );
}

#[test]
fn branches_and_iterations_keep_together_and_items_stay() {
    let states = r"
- Type: Parallel
  Name: A
  Branches:
  - {StartAt: L, States: [{Type: Pass, Name: L, GlobalConstructor: {l: 1}, End: true}]}
  - {StartAt: R, States: [{Type: Pass, Name: R, GlobalConstructor: {r: [1, 2, 3]}, End: true}]}
  OutputConstructor: {l.$: $Global.l}
  Next: M
- Type: Map
  Name: M
  ItemsPath: $Global.r
  MaxConcurrency: 1
  Processor:
    StartAt: I
    States: [{Type: Task, Name: I, Action: 'FC:InvokeFunction', Parameters: {n.$: $Input.Item, r.$: $Global.r}, GlobalConstructor: {r.$: 'toArray($Output.n)'}, End: true}]
  OutputConstructor: {l.$: $Input.l, items.$: $Output.Items, r.$: $Global.r}
  End: true
";
    let items = json!([{"n": 1, "r": [1, 2, 3]}, {"n": 2, "r": [1]}, {"n": 3, "r": [2]}]);
    assert_eq!(
        output(states, &json!({})),
        json!({"l": 1, "items": items, "r": [3]})
    );
}

#[test]
fn events_add_up_to_them() {
    let text = flow("- {Type: Pass, Name: A, GlobalConstructor: {x.$: $Input.x}, End: true}");
    let stage = Stage::new(&text, echo).start(json!({"x": [1]}));
    let told = Execution::of(&program(&text), &stage.events).unwrap();
    assert_eq!(told.globals.whole(), json!({"x": [1]}));
}

#[test]
fn what_cannot_be_kept_is_an_error_of_the_state() {
    let long = "k".repeat(129);
    let fits = "k".repeat(128);
    for (global, is_fine) in [
        (format!("GlobalConstructor: {{{fits}: 1}}"), true),
        (format!("GlobalConstructor: {{{long}: 1}}"), false),
        ("GlobalConstructor.$: $Input.list".to_owned(), false),
        (
            "GlobalConstructor: {x.$: 'stringToJson(\"[\")'}".to_owned(),
            false,
        ),
    ] {
        let text = flow(&format!(
            "- {{Type: Pass, Name: A, {global}, OutputConstructor: {{}}, End: true}}"
        ));
        let stage = Stage::new(&text, echo).start(json!({"list": [1]}));
        let fault = stage.execution().fault.as_ref();
        let error = fault.map(|fault| fault.error.as_str());
        assert_eq!(error, (!is_fine).then_some("FnF.RuntimeError"), "{global}");
    }
}
