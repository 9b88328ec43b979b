//! The first language: how data flows, where control goes.

use serde_json::{Value, json};
use workflow::engine::{Attempt, Call, Command, Fault, Status};

use crate::stage::{Stage, echo, errors, failure, function, warnings};

fn flow(steps: &str) -> String {
    format!("version: v1\ntype: flow\nsteps:\n{steps}")
}

fn output(steps: &str, input: Value) -> Value {
    Stage::new(&flow(steps), echo).start(input).output()
}

#[test]
fn a_pass_adds_what_it_maps_and_the_flow_puts_out_its_local() {
    let steps = "
- {type: pass, name: a, outputMappings: [{target: x, source: $input.x}, {target: n, source: 5}, {target: e, source: {}}]}
- {type: pass, name: b, outputMappings: [{target: x, source: later}]}
- {type: pass, name: c}
";
    assert_eq!(
        output(steps, json!({"x": 1, "y": 2})),
        json!({"x": "later", "n": 5, "e": {}})
    );
    assert_eq!(
        output("- {type: pass, name: a}", json!({"x": 1})),
        json!({})
    );
}

#[test]
fn a_step_sees_input_and_local_and_local_wins() {
    let steps = "
- {type: pass, name: a, outputMappings: [{target: x, source: 2}]}
- {type: task, name: t, resourceArn: 'acs:fc:::functions/f'}
";
    assert_eq!(
        output(steps, json!({"x": 1, "y": 1})),
        json!({"x": 2, "y": 1})
    );
}

#[test]
fn parallel_and_foreach_put_nothing_out_unless_mapped() {
    let steps = "
- type: foreach
  name: each
  iterationMapping: {collection: $.list, item: it, index: i}
  outputMappings: [{target: all, source: '$local[*].v'}]
  steps:
  - {type: pass, name: p, outputMappings: [{target: v, source: $input.it}, {target: i, source: $input.i}]}
- type: parallel
  name: both
  branches:
  - steps: [{type: pass, name: l, outputMappings: [{target: l, source: 1}]}]
  - steps: [{type: pass, name: r, outputMappings: [{target: r, source: 2}]}]
- type: parallel
  name: mapped
  outputMappings: [{target: both, source: $local}]
  branches:
  - steps: [{type: pass, name: l, outputMappings: [{target: l, source: 1}]}]
  - steps: [{type: pass, name: r, outputMappings: [{target: r, source: 2}]}]
";
    let wanted = json!({"all": [7, 8], "both": [{"l": 1}, {"r": 2}]});
    assert_eq!(output(steps, json!({"list": [7, 8]})), wanted);
}

#[test]
fn a_choice_goes_where_its_condition_says_and_loops() {
    let steps = "
- {type: pass, name: init, outputMappings: [{target: n, source: 0}]}
- {type: task, name: count, resourceArn: 'acs:fc:::functions/f', inputMappings: [{target: n, source: $local.n}]}
- type: choice
  name: more
  choices: [{condition: $.n < 3, goto: count}]
";
    let mut n = 0;
    let stage = Stage::new(&flow(steps), |_: &Call| {
        n += 1;
        Some(Ok(json!({"n": n})))
    })
    .start(json!({}));
    assert_eq!(stage.output(), json!({"n": 3}));
    assert_eq!(stage.called(), ["count", "count", "count"]);
}

#[test]
fn steps_of_an_option_run_and_then_the_flow_goes_on() {
    let steps = "
- type: choice
  name: which
  choices:
  - condition: $.kind == \"a\"
    steps: [{type: pass, name: inner, outputMappings: [{target: took, source: a}]}]
  - condition: $.kind == \"b\"
    goto: after
  - condition: $.kind == \"c\"
    steps: [{type: pass, name: c}, {type: succeed, name: done}]
  default: {steps: [{type: pass, name: d, outputMappings: [{target: took, source: none}]}], goto: last}
- {type: pass, name: between}
- {type: pass, name: after}
- {type: pass, name: last}
";
    let steps_for = |kind: &str| {
        let stage = Stage::new(&flow(steps), echo).start(json!({"kind": kind}));
        (stage.steps().join(" "), stage.output())
    };
    assert_eq!(
        steps_for("a"),
        (
            "which inner between after last".to_owned(),
            json!({"took": "a"})
        )
    );
    assert_eq!(steps_for("b"), ("which after last".to_owned(), json!({})));
    assert_eq!(steps_for("c"), ("which c done".to_owned(), json!({})));
    assert_eq!(
        steps_for("x"),
        ("which d last".to_owned(), json!({"took": "none"}))
    );
}

#[test]
fn an_end_stops_the_sequence() {
    let steps = "
- {type: pass, name: a, end: true}
- {type: pass, name: b}
";
    assert_eq!(
        Stage::new(&flow(steps), echo).start(json!({})).steps(),
        ["a"]
    );
}

#[test]
fn a_task_is_tried_again_with_growing_pauses_and_then_caught() {
    let steps = "
- type: task
  name: pay
  resourceArn: acs:fc:::functions/pay
  retry: [{errors: [Other], maxAttempts: 9}, {errors: [Busy], intervalSeconds: 2, multiplier: 3, maxAttempts: 3, maxIntervalSeconds: 10}]
  catch: [{errors: [Busy], goto: sorry}]
  errorMappings: [{target: why, source: $local.error}]
- {type: succeed, name: paid}
- {type: pass, name: sorry}
";
    let stage = Stage::new(&flow(steps), |_: &Call| failure("Busy")).start(json!({}));
    assert_eq!(stage.calls.len(), 4);
    assert_eq!(
        stage.now - stage.execution().started,
        2_000 + 6_000 + 10_000
    );
    assert_eq!(stage.output(), json!({"why": "Busy"}));
    assert_eq!(stage.steps(), ["pay", "sorry"]);
}

#[test]
fn an_error_that_nobody_catches_fails_the_execution() {
    let steps = "
- {type: task, name: pay, resourceArn: 'acs:fc:::functions/pay', catch: [{errors: [Other], goto: sorry}]}
- {type: pass, name: sorry}
";
    let stage = Stage::new(&flow(steps), |_: &Call| failure("Broken")).start(json!({}));
    assert_eq!(stage.status(), Status::Failed);
    assert_eq!(stage.fault(), Fault::new("Broken", "as told"));
    let tail = [
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "StepFailed",
        "ExecutionFailed",
    ];
    assert_eq!(stage.names()[2..], tail);
}

#[test]
fn a_failing_branch_ends_the_others_and_their_calls() {
    let steps = "
- type: parallel
  name: both
  branches:
  - steps: [{type: task, name: slow, resourceArn: 'acs:fc:::functions/slow', timeoutSeconds: 60}]
  - steps: [{type: fail, name: no, error: No, cause: because}]
";
    let stage = Stage::new(&flow(steps), |_: &Call| None).start(json!({}));
    assert_eq!(stage.fault(), Fault::new("No", "because"));
    assert_eq!(stage.called(), ["slow"]);
}

#[test]
fn what_takes_too_long_times_out() {
    let steps = "
- type: task
  name: t
  resourceArn: acs:fc:::functions/t
  timeoutSeconds: 30
  retry: [{errors: [FnF.TaskTimeout], maxAttempts: 1, intervalSeconds: 1}]
";
    let stage = Stage::new(&flow(steps), |_: &Call| None).start(json!({}));
    assert_eq!(stage.fault().error, "FnF.TaskTimeout");
    assert_eq!(stage.now - stage.execution().started, 61_000);
    let text =
        "version: v1\ntype: flow\ntimeoutSeconds: 5\nsteps: [{type: wait, name: w, duration: 10}]";
    let stage = Stage::new(text, echo).start(json!({}));
    assert_eq!(
        (stage.status(), stage.now - stage.execution().started),
        (Status::TimedOut, 5_000)
    );
}

#[test]
fn waits_end_at_their_moment() {
    let until = |wait: &str| {
        let stage = Stage::new(&flow(&format!("- {{type: wait, name: w, {wait}}}")), echo);
        let begun = stage.now;
        let stage = stage.start(json!({"s": 7, "t": "2020-09-13T12:26:50Z"}));
        assert_eq!(stage.output(), json!({}));
        stage.now - begun
    };
    assert_eq!(until("duration: 10"), 10_000);
    assert_eq!(until("duration: $.s"), 7_000);
    assert_eq!(until("timestamp: $.t"), 10_000);
    assert_eq!(until("timestamp: '1999-01-01T00:00:00Z'"), 0);
}

#[test]
fn a_callback_is_waited_for_and_its_report_is_the_result() {
    let steps = "
- type: task
  name: ask
  resourceArn: acs:fc:::functions/mail
  pattern: waitForCallback
  inputMappings: [{target: token, source: $context.task.token}]
- {type: pass, name: after, outputMappings: [{target: said, source: $input.answer}]}
";
    let mut stage = Stage::new(&flow(steps), echo).start(json!({}));
    assert_eq!(stage.status(), Status::Running);
    let call = stage.calls[0].clone();
    assert_eq!(call.input["token"], json!(call.token));
    assert_eq!(stage.names().last(), Some(&"TaskSubmitted"));
    stage.tell(Command::Reported {
        attempt: Attempt {
            entered: call.attempt.entered + 1,
            earlier: 0,
        },
        outcome: Ok(json!({"answer": "other"})),
    });
    stage.tell(Command::Reported {
        attempt: call.attempt,
        outcome: Ok(json!({"answer": "yes"})),
    });
    stage.tell(Command::Reported {
        attempt: call.attempt,
        outcome: Ok(json!({"answer": "no"})),
    });
    assert_eq!(stage.output(), json!({"answer": "yes", "said": "yes"}));
}

#[test]
fn a_flow_without_end_is_ended_by_its_events() {
    let steps = "
- {type: pass, name: a}
- {type: choice, name: c, choices: [{condition: 1 == 1, goto: a}]}
";
    let stage = Stage::new(&flow(steps), echo).start(json!({}));
    assert_eq!(stage.status(), Status::Failed);
    assert!(stage.events.len() <= 5000, "{}", stage.events.len());
    assert_eq!(stage.fault().error, "FnF.RuntimeError");
}

#[test]
fn data_that_is_too_large_fails_the_step() {
    let steps = "- {type: task, name: t, resourceArn: 'acs:fc:::functions/f'}";
    let stage = Stage::new(&flow(steps), |_: &Call| {
        Some(Ok(json!({"x": "y".repeat(40_000)})))
    })
    .start(json!({}));
    assert_eq!(stage.fault().error, "FnF.RuntimeError");
}

#[test]
fn a_hundred_iterations_run_at_once_and_the_others_after_them() {
    let steps = "
- type: foreach
  name: each
  iterationMapping: {collection: $.list, item: it}
  outputMappings: [{target: all, source: '$local[*].it'}]
  steps: [{type: task, name: t, resourceArn: 'acs:fc:::functions/f', inputMappings: [{target: it, source: $input.it}]}]
";
    let list: Vec<u32> = (0..250).collect();
    let mut stage = Stage::new(&flow(steps), |_: &Call| None);
    stage = stage.start(json!({"list": list}));
    assert_eq!(stage.calls.len(), 100);
    let stage = Stage::new(&flow(steps), echo).start(json!({"list": list}));
    assert_eq!(stage.output(), json!({"all": list}));
}

#[test]
fn a_stopped_execution_does_not_go_on() {
    let steps = "- {type: wait, name: w, duration: 10}\n- {type: pass, name: p}";
    let mut stage = Stage::new(&flow(steps), |_: &Call| None);
    let header = workflow::engine::Header {
        flow: "f".to_owned(),
        name: "n".to_owned(),
        input: json!({}),
        mode: workflow::engine::Mode::Standard,
        role: String::new(),
        token: Some("parent".to_owned()),
        caller: None,
        part: None,
    };
    stage.tell(Command::Start(header));
    stage.tell(Command::Stop(Fault::new("Mine", "enough")));
    stage.now += 60_000;
    stage.tell(Command::Tick);
    assert_eq!(stage.status(), Status::Stopped);
    assert_eq!(
        stage.reports,
        [("parent".to_owned(), Err(Fault::new("Mine", "enough")))]
    );
}

#[test]
fn what_failed_begins_again_where_it_failed() {
    let steps = "
- {type: task, name: one, resourceArn: 'acs:fc:::functions/one'}
- {type: task, name: two, resourceArn: 'acs:fc:::functions/two'}
";
    let mut broken = true;
    let mut stage = Stage::new(&flow(steps), move |call: &Call| {
        if function(call) == "two" && std::mem::take(&mut broken) {
            return failure("Broken");
        }
        echo(call)
    })
    .start(json!({"x": 1}));
    assert_eq!(stage.status(), Status::Failed);
    stage.tell(Command::Redrive);
    stage.settle();
    assert_eq!(stage.output(), json!({"x": 1}));
    assert_eq!(stage.called(), ["one", "two", "two"]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let text = "version: v2
type: flow
steps:
- {type: pass, name: a, outputMapings: []}
- {type: task, name: a}
- {type: choice, name: c, choices: [{condition: '$.x = 1', goto: nowhere}]}
- {type: wait, name: w, duration: 999999}
- {type: dance, name: d}
";
    let wanted = [
        "1:10: there is no version `v2`; there are v1 and v1beta1",
        "5:3: a step `a` is here twice (4:3: the first)",
        "5:3: `resourceArn` is missing, or `action`",
        "6:49: the expression `$.x = 1` is wrong at its character 5: `=` is not expected here",
        "6:66: there is no step `nowhere` beside this one; goto leads to a step of the same list of steps",
        "7:35: `duration` is 999999, and must be from 1 to 172800",
        "8:10: there is no step of type `dance`; there are task, pass, wait, choice, parallel, foreach, succeed and fail",
    ];
    assert_eq!(errors(text), wanted);
    let said =
        "4:25: `outputMapings` is not known here and has no effect; did you mean `outputMappings`?";
    assert_eq!(warnings(text), [said]);
    let lost = flow("- {type: succeed, name: a}\n- {type: pass, name: b}\n");
    assert_eq!(warnings(&lost), ["5:3: nothing leads to `b`"]);
}
