//! Flows that people wrote, where they are at hand: they are read, checked and run to an end.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use workflow::Target;
use workflow::engine::{Attempt, Call, Command, Fault, Status};

use crate::stage::{Stage, list};

const FLOWS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/flows");

fn flows() -> Vec<(String, String)> {
    let Ok(folder) = fs::read_dir(Path::new(FLOWS)) else {
        return Vec::new();
    };
    let files = folder.filter_map(Result::ok).map(|entry| entry.path());
    let files = files.filter(|path| {
        path.extension()
            .is_some_and(|end| end == "yml" || end == "yaml")
    });
    let mut flows: Vec<_> = files
        .map(|path| {
            (
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                fs::read_to_string(&path).expect("a text"),
            )
        })
        .collect();
    flows.sort();
    flows
}

/// What a function of such a flow may reply: whatever the steps behind it ask for.
#[allow(clippy::unnecessary_wraps, reason = "it stands for the world")]
fn reply(_: &Call) -> Option<Result<Value, Fault>> {
    Some(Ok(json!({
        "status": "success", "marker": "", "keys": [], "hasMore": false, "has_more": false, "end": "true", "groups": [1, 2],
        "order_ids": [1], "offset_bytes": -1, "shards": [1], "waits": ["2020-01-01T00:00:00Z"], "small": [["k"]], "medium": [["k", 1]], "large": [["k", 2]], "parts": [1], "files": ["f"],
    })))
}

#[test]
fn all_are_read() {
    for (name, text) in flows() {
        let (program, findings) = workflow::read(&text);
        assert!(program.is_some(), "{name}:\n{}", list(&findings));
    }
}

#[test]
fn flows_that_are_whole_are_not_warned_of_what_stays_done() {
    let mut said = Vec::new();
    for (name, text) in flows() {
        let (_, findings) = workflow::read(&text);
        let doubts = findings.iter().map(|finding| format!("{name}:{finding}"));
        said.extend(doubts);
    }
    println!("{} findings in {} flows", said.len(), flows().len());
    let stays: Vec<&String> = said
        .iter()
        .filter(|line| line.contains("stays done"))
        .collect();
    assert!(stays.is_empty(), "{stays:#?}");
}

#[test]
fn a_trip_that_keeps_its_flight_is_warned_of() {
    let Some((_, text)) = flows()
        .into_iter()
        .find(|(name, _)| name.starts_with("trip-booking"))
    else {
        return;
    };
    let broken = text.replace("goto: CancelFlight\n", "goto: CancelTrainTicket\n");
    let (_, findings) = workflow::read(&broken);
    let said = list(&findings);
    let wanted = "`BookFlight` stays done when this rule catches an error of `BookHotel`";
    assert!(broken != text && said.contains(wanted), "{said}");
}

#[test]
fn all_come_to_an_end() {
    let mut ends = Vec::new();
    for (name, text) in flows() {
        let input = json!({"files": ["a"], "pollInterval": 1, "duration": 1, "wait": 1, "interval": 1, "keys": ["k"], "records": [1], "count": 1, "tasks": [1]});
        let mut stage = Stage::new(&text, reply).start(input);
        while stage.execution().is_running() {
            let waiting: Vec<Attempt> = stage
                .execution()
                .waiting_calls()
                .map(|(attempt, _)| attempt)
                .collect();
            assert!(!waiting.is_empty(), "{name} stands still");
            for attempt in waiting {
                stage.tell(Command::Reported {
                    attempt,
                    outcome: Ok(json!({"status": "success"})),
                });
            }
            stage.settle();
        }
        assert!(stage.events.len() < 5000, "{name} does not end");
        ends.push((name, stage.status(), stage.execution().fault.clone()));
    }
    // Flows that a fail step ends are few, and are meant to.
    for (name, status, fault) in ends
        .iter()
        .filter(|(_, status, _)| *status != Status::Succeeded)
    {
        let is_meant = fault
            .as_ref()
            .is_some_and(|fault| !fault.error.starts_with("FnF."));
        assert!(is_meant, "{name}: {status:?} {fault:?}");
    }
}

#[test]
fn the_trip_is_booked_or_undone() {
    let Some((_, text)) = flows()
        .into_iter()
        .find(|(name, _)| name.starts_with("trip-booking"))
    else {
        return;
    };
    let run = |broken: &'static str| {
        let stage = Stage::new(&text, move |call: &Call| {
            if call.step == broken {
                return Some(Err(Fault::new(format!("{broken}Error"), "sold out")));
            }
            Some(Ok(json!({"transaction_id": call.step})))
        });
        stage.start(json!({"trip_order_id": "1"}))
    };
    let good = run("");
    assert_eq!(
        good.called(),
        ["BookTrainTicket", "BookFlight", "BookHotel"]
    );
    assert_eq!(
        good.output()["book_hotel_transaction_id"],
        json!("BookHotel")
    );
    let hotel = run("BookHotel");
    assert_eq!(hotel.called()[3..], ["CancelFlight", "CancelTrainTicket"]);
    assert_eq!(hotel.status(), Status::Failed);
    assert_eq!(hotel.calls[3].input["transaction_id"], json!("BookFlight"));
    let train = run("BookTrainTicket");
    assert_eq!(train.called(), ["BookTrainTicket"; 4]);
    let functions: Vec<bool> = train
        .calls
        .iter()
        .map(|call| matches!(call.target, Target::Function { .. }))
        .collect();
    assert!(functions.iter().all(|is_function| *is_function));
}
