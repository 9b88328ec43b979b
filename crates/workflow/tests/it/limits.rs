//! Limits of executions, at their borders.

use serde_json::{Value, json};
use workflow::engine::Status;

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
