//! Tries of a step that waits for a report: each has a token of its own, and a report to an earlier one finds nobody.

use serde_json::{Value, json};
use workflow::engine::{Call, Command, Fault, Status};

use crate::stage::{Stage, echo};

const FIRST: &str = "
version: v1
type: flow
steps:
- type: task
  name: ask
  resourceArn: acs:fc:::functions/mail
  pattern: waitForCallback
  timeoutSeconds: 60
  inputMappings: [{target: token, source: $context.task.token}, {target: of, source: $input.x}]
  retry: [{errors: [FnF.TaskTimeout, Again], intervalSeconds: 10}]
";

const SECOND: &str = "
Type: StateMachine
Name: f
SpecVersion: v1
StartAt: A
States:
- Type: Task
  Name: A
  Action: FC:InvokeFunction
  TaskMode: WaitForCustomCallback
  Timeout: 60
  InputConstructor:
    token.$: $Context.Current.TaskToken
    seal.$: hash($Context.Current.TaskToken, 'SHA-256')
    id.$: uuid()
    tries.$: $Context.Current.RetryCount
  Parameters: {resourceArn: mail, body.$: $Input}
  Retry: [{Errors: [FnF.TaskTimeout, Again], IntervalSeconds: 10}]
  OutputConstructor: {said.$: $Output}
  End: true
";

const STATES: &str = "
StartAt: A
States:
  A:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke.waitForTaskToken
    Parameters: {FunctionName: mail, Payload: {token.$: $$.Task.Token}}
    TimeoutSeconds: 60
    Retry: [{ErrorEquals: [States.Timeout, Again], IntervalSeconds: 10}]
    End: true
";

/// The token that the call hands on.
fn handed(call: &Call) -> &Value {
    let payload = call.parameters.as_ref().map(|given| &given["Payload"]);
    match payload.filter(|payload| payload.is_object()) {
        Some(payload) => &payload["token"],
        None => &call.input["token"],
    }
}

fn report(stage: &mut Stage, number: usize, outcome: Result<Value, Fault>) -> usize {
    let (attempt, before) = (stage.calls[number].attempt, stage.events.len());
    stage.tell(Command::Reported { attempt, outcome });
    stage.events.len() - before
}

/// The stage with a first try that waits.
fn asked(text: &str, is_killed: bool) -> Stage<'_> {
    let stage = Stage::new(text, echo);
    let stage = if is_killed { stage.killed() } else { stage };
    stage.begin(json!({"x": 1}))
}

#[test]
fn each_try_has_its_own_token_and_earlier_ones_are_over() {
    for text in [FIRST, SECOND, STATES] {
        for is_killed in [false, true] {
            let mut stage = asked(text, is_killed);
            stage.now += 60_000;
            stage.tell(Command::Tick);
            // While the step pauses nobody is waited for.
            assert_eq!(
                report(&mut stage, 0, Ok(json!({"by": "late"}))),
                0,
                "{text}"
            );
            stage.now += 10_000;
            stage.tell(Command::Tick);
            stage.carry_out();
            let [first, second] = &stage.calls[..] else {
                panic!("two tries: {text}");
            };
            assert_ne!(first.token, second.token, "{text}");
            for call in [first, second] {
                assert_eq!(handed(call), &json!(call.token), "{text}");
            }
            assert_eq!(first.attempt.entered, second.attempt.entered);
            assert_eq!(report(&mut stage, 0, Ok(json!({"by": "the first"}))), 0);
            assert_eq!(report(&mut stage, 0, Err(Fault::new("Again", ""))), 0);
            assert!(report(&mut stage, 1, Ok(json!({"by": "the second"}))) > 0);
            assert_eq!(stage.status(), Status::Succeeded, "{text}");
            assert!(stage.output().to_string().contains("the second"), "{text}");
        }
    }
}

#[test]
fn what_is_not_the_token_stays_as_it_was() {
    let mut stage = asked(SECOND, true);
    assert!(report(&mut stage, 0, Err(Fault::new("Again", ""))) > 0);
    stage.now += 10_000;
    stage.tell(Command::Tick);
    let [first, second] = [&stage.calls[0].input, &stage.calls[1].input];
    assert_ne!(first["token"], second["token"]);
    assert_ne!(first["seal"], second["seal"]);
    assert_eq!(first["id"], second["id"]);
    assert_eq!((&first["tries"], &second["tries"]), (&json!(0), &json!(0)));
    let body = stage.calls[1].parameters.as_ref().map(|all| &all["body"]);
    assert_eq!(body, Some(second));
}

#[test]
fn a_redrive_is_a_try_of_its_own() {
    for text in [FIRST, SECOND, STATES] {
        let mut stage = asked(text, false);
        stage.tell(Command::Stop(Fault::new("Stopped", "")));
        stage.tell(Command::Redrive);
        stage.carry_out();
        assert_ne!(stage.calls[0].token, stage.calls[1].token, "{text}");
        assert_eq!(report(&mut stage, 0, Ok(json!({}))), 0, "{text}");
        assert!(report(&mut stage, 1, Ok(json!({}))) > 0, "{text}");
        assert_eq!(stage.status(), Status::Succeeded);
    }
}
