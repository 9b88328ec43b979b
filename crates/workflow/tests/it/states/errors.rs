//! Failures: repetitions, rules that catch, time-outs, and states that fail.

use serde_json::{Value, json};
use workflow::engine::{Call, Command, EventKind, Fault, Status};

use super::{Scenario, check_all, machine};
use crate::stage::{Stage, echo, failure};

/// A task of that function with these fields, and states `B` and `C` behind its rules.
fn task(title: &'static str, function: &str, fields: &str) -> Scenario {
    machine(
        title,
        &format!(
            "
  A: {{Type: Task, Resource: 'arn:aws:lambda:r:1:function:{function}', {fields}, End: true}}
  B: {{Type: Pass, End: true}}
  C: {{Type: Pass, End: true}}"
        ),
    )
}

fn error(name: &str) -> Value {
    json!({"Error": name, "Cause": "as told"})
}

#[test]
fn tasks_are_tried_again() {
    check_all([
        task("three times by default, each pause twice the last", "fail-Busy", "Retry: [{ErrorEquals: [Busy]}]").fails("Busy").calls(4).takes(1 + 2 + 4),
        task("until it works", "flaky-2-Busy", "Retry: [{ErrorEquals: [Busy]}]").gives(json!("try 3")).calls(3).takes(1 + 2),
        task("with pauses of its own", "fail-Busy", "Retry: [{ErrorEquals: [Busy], IntervalSeconds: 3, BackoffRate: 1.0, MaxAttempts: 2}]").fails("Busy").calls(3).takes(6),
        task("with pauses that stop growing", "fail-Busy", "Retry: [{ErrorEquals: [Busy], IntervalSeconds: 10, BackoffRate: 3, MaxAttempts: 3, MaxDelaySeconds: 20}]").fails("Busy").calls(4).takes(10 + 20 + 20),
        task("never, if the rule says so", "fail-Busy", "Retry: [{ErrorEquals: [Busy], MaxAttempts: 0}, {ErrorEquals: [States.ALL]}]").fails("Busy").calls(1),
        task("not for another error", "fail-Other", "Retry: [{ErrorEquals: [Busy]}]").fails("Other").calls(1).takes(0),
        task("for any error", "fail-Other", "Retry: [{ErrorEquals: [States.ALL], MaxAttempts: 1}]").fails("Other").calls(2).takes(1),
        task("for any failure of a task", "fail-Other", "Retry: [{ErrorEquals: [States.TaskFailed], MaxAttempts: 1}]").fails("Other").calls(2).takes(1),
        task("by the first rule that fits", "fail-Busy", "Retry: [{ErrorEquals: [Other], MaxAttempts: 9}, {ErrorEquals: [Busy, Idle], MaxAttempts: 1}, {ErrorEquals: [States.ALL], MaxAttempts: 9}]").fails("Busy").calls(2),
        task("and caught when that is used up", "fail-Busy", "Retry: [{ErrorEquals: [Busy], MaxAttempts: 1}], Catch: [{ErrorEquals: [Busy], Next: B}]").gives(error("Busy")).calls(2).through("A B"),
        task("after a time-out too", "never", "TimeoutSeconds: 5, Retry: [{ErrorEquals: [States.Timeout], MaxAttempts: 1}]").fails("States.Timeout").calls(2).takes(5 + 1 + 5),
    ]);
}

#[test]
fn rules_catch() {
    let none = "Catch: [{ErrorEquals: [Other], Next: B}]";
    check_all([
        task("the first rule that fits", "fail-Busy", "Catch: [{ErrorEquals: [Other], Next: B}, {ErrorEquals: [Idle, Busy], Next: C}, {ErrorEquals: [States.ALL], Next: B}]").gives(error("Busy")).through("A C"),
        task("any error", "fail-Busy", "Catch: [{ErrorEquals: [States.ALL], Next: B}]").gives(error("Busy")).through("A B"),
        task("any failure of a task", "fail-Busy", "Catch: [{ErrorEquals: [States.TaskFailed], Next: B}]").gives(error("Busy")).through("A B"),
        task("which a time-out is none of", "never", "TimeoutSeconds: 5, Catch: [{ErrorEquals: [States.TaskFailed], Next: B}]").fails("States.Timeout").takes(5),
        task("but no rule does", "fail-Busy", none).fails("Busy").through("A"),
        task("an error is put beside the input", "fail-Busy", "Catch: [{ErrorEquals: [Busy], ResultPath: $.why, Next: B}]").given(json!({"x": 1})).gives(json!({"x": 1, "why": error("Busy")})),
        task("an error is put aside", "fail-Busy", "Catch: [{ErrorEquals: [Busy], ResultPath: null, Next: B}]").given(json!({"x": 1})).gives(json!({"x": 1})),
        task("an error is not shaped as a result is", "fail-Busy", "ResultPath: $.r, OutputPath: $.r, ResultSelector: {y.$: $.x}, Catch: [{ErrorEquals: [Busy], Next: B}]").given(json!({"x": 1})).gives(error("Busy")),
        task("what the engine cannot do, by its name", "echo", "OutputPath: $.no.such.path, Catch: [{ErrorEquals: [States.Runtime], ResultPath: null, Next: B}]").given(json!({"x": 1})).gives(json!({"x": 1})).through("A B"),
        task("what the engine cannot do is not any error", "echo", "OutputPath: $.no.such.path, Catch: [{ErrorEquals: [States.ALL], Next: B}]").given(json!({"x": 1})).fails("States.Runtime"),
        task("a result that is too large", "big", "Catch: [{ErrorEquals: [States.DataLimitExceeded], ResultPath: null, Next: B}]").through("A B"),
        task("a result that is too large is any error", "big", "Catch: [{ErrorEquals: [States.ALL], ResultPath: null, Next: B}]").through("A B"),
    ]);
}

#[test]
fn each_part_of_the_data_may_be_as_large_as_the_limit() {
    let text = json!({"x": "x".repeat(200 * 1024)});
    check_all([
        task("an input and a result", "echo", "ResultPath: null")
            .given(text.clone())
            .gives(text.clone()),
        task("but not both in one", "echo", "ResultPath: $.y")
            .given(text)
            .fails("States.DataLimitExceeded"),
    ]);
}

#[test]
fn tasks_time_out() {
    check_all([
        task("after the time that the text says", "never", "TimeoutSeconds: 5").fails("States.Timeout").takes(5),
        task("after the time that the data says, seen before the parameters", "never", "TimeoutSecondsPath: $.t, Parameters: {other: 1}").given(json!({"t": 7})).fails("States.Timeout").takes(7),
        task("and are caught", "never", "TimeoutSeconds: 5, Catch: [{ErrorEquals: [States.Timeout], ResultPath: null, Next: B}]").takes(5).through("A B"),
        task("unless they are done", "echo", "TimeoutSeconds: 5").takes(0),
    ]);
    let text =
        "{StartAt: A, TimeoutSeconds: 30, States: {A: {Type: Wait, Seconds: 60, End: true}}}";
    let stage = Stage::new(text, echo).start(json!({}));
    assert_eq!(stage.status(), Status::TimedOut);
    assert_eq!(stage.fault().error, "States.Timeout");
    assert_eq!(stage.now - stage.execution().started, 30_000);
}

#[test]
fn a_redriven_execution_knows_how_often_it_was() {
    let text = "
StartAt: A
States:
  A: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:x', Parameters: {n.$: $$.Execution.RedriveCount}, Next: B}
  B: {Type: Pass, Parameters: {n.$: $.n, last.$: $$.Execution.RedriveTime}, End: true}";
    let mut failures = 2;
    let world = move |call: &Call| {
        if failures == 0 {
            return echo(call);
        }
        failures -= 1;
        failure("Broken")
    };
    let mut stage = Stage::new(text, world).killed().start(json!({}));
    for _ in 0..2 {
        assert_eq!(stage.status(), Status::Failed);
        stage.now += 1000;
        stage.tell(Command::Redrive);
        stage.settle();
    }
    let last = "2020-09-13T12:26:42.000Z";
    assert_eq!(stage.output(), json!({"n": 2, "last": last}));
}

#[test]
fn states_fail() {
    check_all([
        machine(
            "with a name",
            "\n  A: {Type: Fail, Error: Mine, Cause: because}",
        )
        .fails("Mine"),
        machine(
            "with a name from the data",
            "\n  A: {Type: Fail, ErrorPath: $.e, CausePath: $.c}",
        )
        .given(json!({"e": "Yours", "c": "x"}))
        .fails("Yours"),
        machine("with no name", "\n  A: {Type: Fail}").fails(""),
        machine(
            "with a path that leads nowhere",
            "\n  A: {Type: Fail, ErrorPath: $.e}",
        )
        .fails("States.Runtime"),
    ]);
    let text = "{StartAt: A, States: {A: {Type: Fail, ErrorPath: \"States.Format('{}', $.e)\", CausePath: \"States.Format('{} by {}.', $.e, $.c)\"}}}";
    let stage = Stage::new(text, echo).start(json!({"e": "E", "c": "me"}));
    assert_eq!(stage.fault(), Fault::new("E", "E by me."));
}

#[test]
fn tokens_are_waited_for() {
    let text = "
StartAt: A
States:
  A:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke.waitForTaskToken
    Parameters: {FunctionName: sign, Payload: {token.$: $$.Task.Token}}
    Catch: [{ErrorEquals: [Denied], ResultPath: $.why, Next: B}]
    End: true
  B: {Type: Pass, End: true}
";
    let report = |outcome: Result<Value, Fault>| {
        let mut stage = Stage::new(text, echo).start(json!({"x": 1}));
        assert_eq!(stage.names().last(), Some(&"TaskSubmitted"));
        let call = stage.calls[0].clone();
        let sent = call.parameters.expect("parameters");
        assert_eq!(sent["Payload"]["token"], json!(call.token));
        stage.tell(Command::Reported {
            attempt: call.attempt,
            outcome,
        });
        stage.settle();
        stage.output()
    };
    assert_eq!(report(Ok(json!("signed"))), json!("signed"));
    let denied = report(Err(Fault::new("Denied", "no")));
    assert_eq!(
        denied,
        json!({"x": 1, "why": {"Error": "Denied", "Cause": "no"}})
    );
}

#[test]
fn jitter_draws_pauses_that_stay_what_they_are() {
    let text = |jitter: &str| {
        format!(
            "StartAt: A\nStates:\n  A: {{Type: Task, Resource: 'arn:aws:lambda:r:1:function:f', Retry: [{{ErrorEquals: [Busy], IntervalSeconds: 100, BackoffRate: 1.0, MaxAttempts: 20, JitterStrategy: {jitter}}}], End: true}}"
        )
    };
    let pauses = |jitter: &str, is_killed: bool| {
        let mut stage = Stage::new(&text(jitter), |_| crate::stage::failure("Busy"));
        if is_killed {
            stage = stage.killed();
        }
        let stage = stage.start(json!({}));
        let events = stage.events.iter();
        let pauses = events.filter_map(|event| match &event.kind {
            EventKind::TaskFailed { again, .. } => Some(again.as_ref()?.at - event.time),
            _ => None,
        });
        pauses.collect::<Vec<_>>()
    };
    assert_eq!(pauses("NONE", false), [100_000; 20]);
    let drawn = pauses("FULL", false);
    assert_eq!(drawn.len(), 20);
    assert!(
        drawn.iter().all(|pause| (0..=100_000).contains(pause)),
        "{drawn:?}"
    );
    assert!(drawn.iter().any(|pause| *pause < 50_000), "{drawn:?}");
    assert!(drawn.iter().any(|pause| *pause > 50_000), "{drawn:?}");
    // Chance is that of the events: a kill changes nothing.
    assert_eq!(pauses("FULL", true), drawn);
}

#[test]
fn a_report_that_does_not_come_in_time_is_a_missed_heartbeat() {
    let text = |fields: &str| {
        format!(
            "StartAt: A\nStates:\n  A: {{Type: Task, Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', {fields}, End: true}}"
        )
    };
    let late = |fields: &str, input: Value| {
        let stage = Stage::new(&text(fields), echo).start(input);
        let seconds = (stage.now - stage.execution().started) / 1000;
        (stage.fault().error, seconds)
    };
    let told = |error: &str, seconds: i64| (error.to_owned(), seconds);
    let missed = "States.HeartbeatTimeout";
    assert_eq!(late("HeartbeatSeconds: 5", json!({})), told(missed, 5));
    let both = "HeartbeatSeconds: 5, TimeoutSeconds: 9";
    assert_eq!(late(both, json!({})), told(missed, 5));
    let both = "HeartbeatSeconds: 9, TimeoutSeconds: 5";
    assert_eq!(late(both, json!({})), told("States.Timeout", 5));
    let from_data = "HeartbeatSecondsPath: $.beat";
    assert_eq!(late(from_data, json!({"beat": 7})), told(missed, 7));
    let caught_by = |name: &str| {
        let rules = format!(
            "Catch: [{{ErrorEquals: [{name}], Next: B}}, {{ErrorEquals: [States.ALL], Next: C}}]"
        );
        let fields = format!("HeartbeatSeconds: 5, {rules}");
        let more = "\n  B: {Type: Pass, Result: named, End: true}\n  C: {Type: Pass, Result: other, End: true}";
        let text = text(&fields) + more;
        let stage = Stage::new(&text, echo).start(json!({}));
        stage.output()
    };
    // By the vendor's list of errors a missed heartbeat is a time-out, too; other failures of tasks are not.
    for (name, taken) in [
        ("States.HeartbeatTimeout", "named"),
        ("States.Timeout", "named"),
        ("States.TaskFailed", "other"),
    ] {
        assert_eq!(caught_by(name), taken, "{name}");
    }
}

#[test]
fn failures_of_the_service_have_the_names_of_both_vendors() {
    let caught = |error: &str, by: &str| {
        let text = format!(
            "
StartAt: A
States:
  A: {{Type: Task, Resource: 'acs:fc:::functions/a', Catch: [{{ErrorEquals: [{by}], Next: B}}], End: true}}
  B: {{Type: Pass, End: true}}"
        );
        let stage = Stage::new(&text, |_| failure(error)).start(json!({}));
        stage.status() == Status::Succeeded
    };
    assert!(caught(
        "FC.ResourceExhausted",
        "Lambda.TooManyRequestsException"
    ));
    assert!(caught("FC.Unknown", "Lambda.ServiceException"));
    assert!(!caught("FC.ResourceExhausted", "Lambda.ServiceException"));
    assert!(!caught("Declined", "Lambda.TooManyRequestsException"));
}

#[test]
fn a_state_whose_input_cannot_be_made_shows_what_came_to_it() {
    let input = json!({"d": "x"});
    for (state, shown) in [
        ("Type: Pass, Parameters: {a.$: $.nope}", input.clone()),
        ("Type: Wait, SecondsPath: $.d", input.clone()),
        ("Type: Pass, InputPath: $.nope", input.clone()),
    ] {
        let text = format!("StartAt: A\nStates:\n  A: {{{state}, End: true}}");
        let stage = Stage::new(&text, echo).start(input.clone());
        assert_eq!(stage.fault().error, "States.Runtime", "{state}");
        let entered = stage.events.iter().find_map(|event| match &event.kind {
            EventKind::StepEntered { input, .. } => Some(input.clone()),
            _ => None,
        });
        assert_eq!(entered, Some(shown), "{state}");
    }
}

#[test]
fn a_task_whose_input_cannot_be_made_is_never_called() {
    let text = "
StartAt: A
States:
  A:
    Type: Parallel
    Parameters: {a.$: \"States.StringToJson('{')\"}
    Branches: [{StartAt: B, States: {B: {Type: Task, Resource: 'acs:fc:::functions/b', End: true}}}]
    Retry: [{ErrorEquals: [States.ALL], MaxAttempts: 2, IntervalSeconds: 1}]
    End: true
";
    let stage = Stage::new(text, echo).start(json!({}));
    assert_eq!(stage.fault().error, "States.IntrinsicFailure");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    let seconds = (stage.now - stage.execution().started) / 1000;
    assert_eq!(seconds, 1 + 2);
}
