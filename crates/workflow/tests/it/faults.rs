//! Whatever is killed and whenever: the events so far are enough to go on.

use proptest::prelude::*;
use serde_json::{Value, json};
use workflow::engine::{
    Attempt, Call, Command, Effect, Event, Execution, Fault, Header, Mode, apply,
};

use crate::stage::{Plain, program};

const SAGA: &str = "
version: v1
type: flow
steps:
- {type: task, name: reserve, resourceArn: 'acs:fc:::functions/reserve', outputMappings: [{target: reserved, source: $local.id}]}
- type: parallel
  name: both
  branches:
  - steps: [{type: task, name: charge, resourceArn: 'acs:fc:::functions/charge', retry: [{errors: [Busy], maxAttempts: 5}]}, {type: wait, name: w, duration: 3}]
  - steps: [{type: task, name: mail, resourceArn: 'acs:fc:::functions/mail', pattern: waitForCallback}]
- type: foreach
  name: each
  iterationMapping: {collection: $.list, item: it}
  outputMappings: [{target: ids, source: '$local[*].id'}]
  steps: [{type: task, name: ship, resourceArn: 'acs:fc:::functions/ship', retry: [{errors: [Busy], maxAttempts: 5}]}]
";

fn header() -> Header {
    Header {
        flow: "f".to_owned(),
        name: "n".to_owned(),
        input: json!({"list": [1, 2, 3]}),
        mode: Mode::Standard,
        role: String::new(),
        token: None,
        caller: None,
        part: None,
    }
}

/// What the world replies, by what it is asked, so that a repeated call gets the same.
fn reply(call: &Call, tries: usize) -> Result<Value, Fault> {
    if call.step != "reserve" && tries == 0 {
        return Err(Fault::new("Busy", "once"));
    }
    Ok(json!({"id": format!("{}-{}", call.step, call.input["it"])}))
}

/// Runs the saga, choosing what happens next by `choices`; 0 loses everything that is not in the events.
#[allow(clippy::too_many_lines, reason = "one loop that tells a whole story")]
fn run(choices: &[u8]) -> (Value, Vec<Event>) {
    let program = program(SAGA);
    let mut events: Vec<Event> = Vec::new();
    let mut execution: Option<Execution> = None;
    let mut open: Vec<Call> = Vec::new();
    let mut tries = std::collections::BTreeMap::new();
    let mut now = 1_000;
    let mut choices = choices.iter().copied().chain(std::iter::repeat(1));
    let mut command = Some(Command::Start(header()));
    loop {
        if let Some(command) = command.take() {
            let turned = apply(&program, execution.take(), command, now, &Plain);
            events.extend(turned.events);
            execution = turned.execution;
            for effect in turned.effects {
                match effect {
                    Effect::Call(call) => open.push(*call),
                    Effect::Cancel(scheduled) => open.retain(|call| call.scheduled != scheduled),
                    _ => {}
                }
            }
        }
        let there = execution.as_ref().expect("it began");
        if let Some(output) = &there.output {
            return (output.clone(), events);
        }
        assert!(there.is_running(), "{:?}", there.fault);
        let choice = choices.next().unwrap_or(1);
        if choice == 0 {
            // Only what was kept is there after a kill; it went through a file.
            let text = serde_json::to_string(&events).expect("events are JSON");
            events = serde_json::from_str(&text).expect("events come back");
            let again = Execution::of(&program, &events).expect("it began");
            open = again.open_calls(&program, &Plain);
            execution = Some(again);
            continue;
        }
        let reports: Vec<Attempt> = there
            .waiting_calls()
            .filter(|(_, submitted)| *submitted)
            .map(|(id, _)| id)
            .collect();
        if !open.is_empty() {
            let call = open.remove(usize::from(choice) % open.len());
            let times: &mut usize = tries
                .entry((call.step.clone(), call.attempt.entered))
                .or_default();
            let is_mail = call.step == "mail";
            let outcome = if is_mail {
                Ok(json!({}))
            } else {
                reply(&call, *times)
            };
            *times += 1;
            command = Some(Command::Returned {
                scheduled: call.scheduled,
                outcome,
            });
        } else if let Some(attempt) = reports.first() {
            command = Some(Command::Reported {
                attempt: *attempt,
                outcome: Ok(json!({"ok": true})),
            });
        } else {
            now = there.due().expect("it runs").max(now);
            command = Some(Command::Tick);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_order_and_any_kills_lead_to_the_same_end(choices in proptest::collection::vec(0u8..6, 0..60)) {
        let (output, events) = run(&choices);
        prop_assert_eq!(&output, &json!({"reserved": "reserve-null", "ids": ["ship-1", "ship-2", "ship-3"]}));
        // A result is recorded once for each step that ran.
        let succeeded = events.iter().filter(|event| event.kind.name() == "TaskSucceeded").count();
        prop_assert_eq!(succeeded, 6);
        let numbers: Vec<u64> = events.iter().map(|event| event.id).collect();
        prop_assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    }
}
