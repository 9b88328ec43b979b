//! Limits of executions, at their borders.

use serde_json::{Value, json};
use workflow::engine::{Command, Header, Mode, Status};

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
