//! Limits of executions, at their borders.

use serde_json::{Value, json};
use workflow::engine::{Command, Execution, Header, Mode, Status};

use crate::stage::{Stage, echo};

const FIRST: &str = "{version: v1, type: flow, steps: [{type: pass, name: a, outputMappings: []}]}";
const SECOND: &str = "{Type: StateMachine, Name: f, SpecVersion: v1, StartAt: A, \
    States: [{Type: Pass, Name: A, End: true}]}";

/// How an execution with that input ends: well, or with these words.
fn end(text: &str, input: Value) -> Result<(), String> {
    let stage = Stage::new(text, echo).start(input);
    match stage.status() {
        Status::Succeeded => Ok(()),
        _ => Err(stage.fault().cause),
    }
}

/// A map that takes so many bytes.
fn map(bytes: usize) -> Value {
    json!({"a": "x".repeat(bytes - json!({"a": ""}).to_string().len())})
}

#[test]
fn data_may_be_as_large_as_the_limit_to_the_byte() {
    // The result of the step is `{}`.
    assert_eq!(end(FIRST, map(32_766)), Ok(()));
    let said = "the step's data is 32769 bytes, and may be 32768";
    assert_eq!(end(FIRST, map(32_767)), Err(said.to_owned()));
    assert_eq!(end(SECOND, map(65_536)), Ok(()));
    let said = "the step's data is 65537 bytes, and may be 65536";
    assert_eq!(end(SECOND, map(65_537)), Err(said.to_owned()));
}

#[test]
fn what_counts_are_the_bytes_of_the_json() {
    assert_eq!(end(FIRST, json!({"l": vec![0.5; 8_000]})), Ok(()));
    assert_eq!(
        end(SECOND, json!({"l": vec![json!({"a": 1}); 7_000]})),
        Ok(())
    );
    let quotes = json!({"a": "\"".repeat(31_000)});
    let said = "the step's data is 62010 bytes, and may be 32768";
    assert_eq!(end(FIRST, quotes), Err(said.to_owned()));
}

/// How a wait of the second language ends that takes so many seconds from the data.
fn wait(mode: Mode, seconds: &Value) -> Result<(), String> {
    let text = "{Type: StateMachine, Name: f, SpecVersion: v1, StartAt: A, \
        States: [{Type: Wait, Name: A, Seconds.$: $Input.s, End: true}]}";
    let mut stage = Stage::new(text, echo);
    stage.tell(Command::Start(Header {
        flow: "flow".to_owned(),
        name: "run".to_owned(),
        input: json!({"s": seconds}),
        mode,
        role: String::new(),
        token: None,
        caller: None,
        part: None,
    }));
    stage.settle();
    match stage.status() {
        Status::Succeeded => Ok(()),
        _ => Err(stage.fault().cause),
    }
}

#[test]
fn waits_from_the_data_have_the_bounds_of_the_mode() {
    for (mode, most) in [(Mode::Standard, 300), (Mode::Express, 20)] {
        assert_eq!(wait(mode, &json!(1)), Ok(()));
        assert_eq!(wait(mode, &json!(most)), Ok(()));
        let said = "a wait of 0 seconds is shorter than 1";
        assert_eq!(wait(mode, &json!(0)), Err(said.to_owned()));
        let said = format!("a wait of {} seconds is longer than {most}", most + 1);
        assert_eq!(wait(mode, &json!(most + 1)), Err(said));
    }
}

#[test]
fn a_moment_is_two_days_away_at_most() {
    let fixed = |moment: &str| {
        let text = format!(
            "{{version: v1, type: flow, steps: [{{type: wait, name: w, timestamp: {moment}}}]}}"
        );
        end(&text, json!({"t": "2020-09-15T12:26:41Z"}))
    };
    // An execution begins at 12:26:40 on the 13th.
    assert_eq!(fixed("'2020-09-15T12:26:40Z'"), Ok(()));
    let said = Err("a wait of 172801 seconds is longer than 172800".to_owned());
    assert_eq!(fixed("'2020-09-15T12:26:41Z'"), said);
    assert_eq!(fixed("$.t"), said);
}

/// A flow of so many steps that do nothing, each of which has two events.
fn passes(steps: usize) -> String {
    let steps = (0..steps).map(|number| format!("- {{type: pass, name: p{number}}}\n"));
    format!(
        "version: v1\ntype: flow\nsteps:\n{}",
        steps.collect::<String>()
    )
}

#[test]
fn an_execution_may_have_as_many_events_as_the_limit() {
    let stage = Stage::new(&passes(2499), echo).start(json!({}));
    assert_eq!(
        (stage.status(), stage.events.len()),
        (Status::Succeeded, 5000)
    );
}

#[test]
fn one_that_is_full_ends_and_does_not_begin_again() {
    let mut stage = Stage::new(&passes(2500), echo).start(json!({}));
    assert_eq!((stage.status(), stage.events.len()), (Status::Failed, 5000));
    let said = "the execution has 5000 events, the most there may be";
    assert_eq!(stage.fault().cause, said);
    assert!(stage.execution().is_full());
    stage.tell(Command::Redrive);
    assert_eq!((stage.status(), stage.events.len()), (Status::Failed, 5000));
}

#[test]
fn what_has_no_room_does_not_happen() {
    // Branches begin at the border, each with four events.
    let task = "{type: task, name: t, resourceArn: 'acs:fc:::functions/f'}";
    for before in [2460, 2461, 2489, 2490, 2497, 2498, 2499] {
        let branches = format!("{{steps: [{task}]}}, ").repeat(20);
        let text = format!(
            "{}- {{type: parallel, name: all, branches: [{branches}]}}\n",
            passes(before)
        );
        let stage = Stage::new(&text, |_| None).start(json!({}));
        assert_eq!((stage.status(), stage.events.len()), (Status::Failed, 5000));
        let started = stage
            .names()
            .into_iter()
            .filter(|name| *name == "TaskStarted");
        assert_eq!(stage.calls.len(), started.count());
        let folded = Execution::of(&stage.program, &stage.events);
        assert_eq!(folded.as_ref(), Some(stage.execution()));
    }
}

#[test]
fn a_result_that_comes_at_the_border_ends_the_execution() {
    // 1 + 2 · 2497 events, then StepEntered, TaskScheduled, TaskStarted: 4998; TaskSucceeded is one, StepExited has no room.
    let text = passes(2497) + "- {type: task, name: t, resourceArn: 'acs:fc:::functions/f'}\n";
    let stage = Stage::new(&text, echo).start(json!({}));
    assert_eq!((stage.status(), stage.events.len()), (Status::Failed, 5000));
    assert_eq!(stage.called(), ["t"]);
    let names = stage.names();
    assert_eq!(names[4998..], ["TaskSucceeded", "ExecutionFailed"]);
}
