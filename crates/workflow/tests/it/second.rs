//! The second language: constructors, choices, errors.

use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Status};

use crate::stage::{Stage, echo, errors, failure};

fn flow(start: &str, states: &str) -> String {
    format!("Type: StateMachine\nName: f\nSpecVersion: v1\nStartAt: {start}\nStates:\n{states}")
}

fn output(start: &str, states: &str, input: Value) -> Value {
    Stage::new(&flow(start, states), echo).start(input).output()
}

#[test]
fn constructors_evaluate_keys_with_the_suffix_only() {
    let states = r#"
- Type: Pass
  Name: A
  InputConstructor: {x.$: $Input.a, now.$: $Context.Current.Name, plain: $Input.a, deep: {y.$: 'format("{}!", $Input.a)'}}
  OutputConstructor: {in.$: $Input.x, out.$: $Output, name.$: $Context.Execution.Name, state.$: $Context.Current.Name}
  End: true
"#;
    let shaped = json!({"x": 1, "now": "A", "plain": "$Input.a", "deep": {"y": "1!"}});
    let wanted = json!({"in": 1, "out": shaped, "name": "run", "state": "A"});
    assert_eq!(output("A", states, json!({"a": 1})), wanted);
}

#[test]
fn identifiers_are_drawn_once_and_stay_after_a_kill() {
    let states = r"
- Type: Task
  Name: A
  Action: FC:InvokeFunction
  Parameters: {resourceArn: 'acs:fc:::functions/f', body.$: uuid()}
  OutputConstructor: {returnID.$: uuid(), two.$: 'toArray(uuid(), $Output.body)'}
  End: true
";
    let flow = flow("A", states);
    let made = Stage::new(&flow, echo).start(json!({})).output();
    let after = Stage::new(&flow, echo).killed().start(json!({})).output();
    assert_eq!(made, after);
    let all = [&made["returnID"], &made["two"][0], &made["two"][1]];
    assert!(all.iter().all(|id| id.is_string()), "{made}");
    assert!(
        all[0] != all[1] && all[0] != all[2] && all[1] != all[2],
        "{made}"
    );
}

#[test]
fn a_choice_may_look_into_lists_and_maps() {
    let states = r#"
- Type: Choice
  Name: C
  Branches: [{Condition: '"vip" in $Input.tags', Next: Tag}, {Condition: '$Input.who in {"jo": 1}', Next: Who}]
  Default: No
- {Type: Pass, Name: Tag, OutputConstructor: {way: tag}, End: true}
- {Type: Pass, Name: Who, OutputConstructor: {way: who}, End: true}
- {Type: Pass, Name: No, OutputConstructor: {way: none}, End: true}
"#;
    let all = [
        (json!({"tags": ["new", "vip"]}), "tag"),
        (json!({"tags": {"vip": null}}), "tag"),
        (json!({"tags": [], "who": "jo"}), "who"),
        (json!({"who": "al"}), "none"),
    ];
    for (input, wanted) in all {
        assert_eq!(output("C", states, input), json!({"way": wanted}));
    }
}

#[test]
fn parallel_and_map_put_out_their_names() {
    let states = r"
- Type: Parallel
  Name: P
  Branches:
  - {StartAt: L, States: [{Type: Pass, Name: L, OutputConstructor: {l: 1}, End: true}]}
  - {StartAt: R, States: [{Type: Pass, Name: R, OutputConstructor: {r: 2}, End: true}]}
  OutputConstructor: {both.$: $Output, list.$: $Input.list}
  Next: M
- Type: Map
  Name: M
  ItemsPath: $Input.list
  MaxConcuccency: 1
  Processor: {StartAt: I, States: [{Type: Pass, Name: I, End: true}]}
  OutputConstructor: {both.$: $Input.both, items.$: $Output.Items}
  End: true
";
    let wanted = json!({"both": {"Branch0": {"l": 1}, "Branch1": {"r": 2}}, "items": [{"n": 1}, {"Item": 2}]});
    assert_eq!(output("P", states, json!({"list": [{"n": 1}, 2]})), wanted);
}

#[test]
fn a_choice_always_has_a_way() {
    let states = r#"
- Type: Choice
  Name: C
  Branches: [{Condition: '$Input.status == "ready"', Next: Yes}]
  Default: No
- {Type: Succeed, Name: Yes}
- {Type: Fail, Name: No, Code: NotReady, Detail: not yet}
"#;
    assert_eq!(
        output("C", states, json!({"status": "ready"})),
        json!({"status": "ready"})
    );
    let stage = Stage::new(&flow("C", states), echo).start(json!({}));
    assert_eq!(stage.fault(), Fault::new("NotReady", "not yet"));
    let without = errors(&flow("C", "- {Type: Choice, Name: C, Branches: []}"));
    assert_eq!(
        without,
        [
            "6:3: `Default` is missing: a choice must know a way for everything",
            "6:37: `Branches` is empty, and one is needed"
        ]
    );
}

#[test]
fn errors_are_tried_again_and_caught_around_parallel_states_too() {
    let states = r"
- Type: Parallel
  Name: P
  Branches:
  - StartAt: T
    States: [{Type: Task, Name: T, Action: 'FC:InvokeFunction', Parameters: {resourceArn: 'acs:fc:::functions/f', body.$: $Input}, End: true}]
  Retry: [{Errors: [Busy], MaxAttempts: 2, IntervalSeconds: 5}]
  Catch: [{Errors: [FnF.ALL], Next: After, OutputConstructor: {code.$: $Context.Current.Error.Code, was.$: $Input}}]
  Next: After
- {Type: Pass, Name: After, End: true}
";
    let stage = Stage::new(&flow("P", states), |_: &Call| failure("Busy")).start(json!({"a": 1}));
    assert_eq!(stage.output(), json!({"code": "Busy", "was": {"a": 1}}));
    assert_eq!(stage.calls.len(), 3);
    assert_eq!(stage.now - stage.execution().started, 10_000);
    assert_eq!(
        stage.calls[0].parameters,
        Some(json!({"resourceArn": "acs:fc:::functions/f", "body": {"a": 1}}))
    );
}

#[test]
fn a_rule_knows_the_error_that_it_catches() {
    let states = r"
- Type: Parallel
  Name: P
  Branches: [{StartAt: F, States: [{Type: Fail, Name: F, Code: Broken}]}]
  Catch: [{Errors: [Broken], Next: After, OutputConstructor: {code.$: $Context.Current.Error.Code}}]
  End: true
- {Type: Pass, Name: After, End: true}
";
    assert_eq!(output("P", states, json!({})), json!({"code": "Broken"}));
}

#[test]
fn inputs_and_outputs_are_maps() {
    let states = "- {Type: Task, Name: T, Action: 'HTTP:Request', End: true}";
    let stage = Stage::new(&flow("T", states), |_: &Call| Some(Ok(json!([1])))).start(json!({}));
    assert_eq!(stage.fault().error, "FnF.RuntimeError");
    // The task itself did not fail, and is not told to have.
    let names = stage.names();
    assert!(
        names.contains(&"TaskSucceeded") && !names.contains(&"TaskFailed"),
        "{names:?}"
    );
    let stage = Stage::new(&flow("T", states), echo).start(json!(1));
    assert_eq!(stage.status(), Status::Failed);
}

#[test]
fn waits_and_time_outs_may_come_from_the_data() {
    let states = r"
- {Type: Wait, Name: W, Seconds.$: $Input.s, Next: T}
- Type: Task
  Name: T
  Action: FC:InvokeFunction
  TaskMode: WaitForCustomCallback
  Timeout.$: $Input.t
  Catch: [{Errors: [FnF.TaskTimeout], Next: Late}]
  End: true
- {Type: Pass, Name: Late, End: true}
";
    let stage = Stage::new(&flow("W", states), echo).start(json!({"s": 3, "t": 4}));
    assert_eq!(stage.output(), json!({"s": 3, "t": 4}));
    assert_eq!(stage.now - stage.execution().started, 7_000);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let states = "
- {Type: Pass, Name: A}
- {Type: Wait, Name: W, Seconds: 301, End: true}
- {Type: Task, Name: T, Action: Nothing, OnErrors: [], Next: B}
- {Type: Map, Name: M, ItemsPath: $Input.x, ItemReader: {}, Processor: {StartAt: I, States: [{Type: Pass, Name: I, End: true}]}, End: true}
- {Type: Pass, Name: P, OutputConstructor: {x.$: $input.x, y: [{z.$: nothing()}]}, End: true}
";
    let wanted = [
        "4:10: there is no state `Z` beside this one; StartAt names a state of the same list of states",
        "7:3: `Next` is missing; the last state has End: true",
        "8:34: `Seconds` is 301, and must be from 1 to 300",
        "9:33: `Nothing` is no action such as FC:InvokeFunction",
        "10:57: `ItemReader` belongs to a distributed map; the processor of one has ProcessorConfig: {ExecutionMode: Express}",
        "11:50: the expression `$input.x` is wrong at its character 1: there is no `$input`; there are $Input, $Output, $Context, $Global and $Item",
        "11:70: the expression `nothing()` is wrong at its character 1: there is no function `nothing`",
    ];
    assert_eq!(errors(&flow("Z", states)), wanted);
}
