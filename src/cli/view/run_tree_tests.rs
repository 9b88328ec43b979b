//! Trees of executions by their events.

use serde_json::json;

use super::*;

fn event(id: u64, kind: &str, step: &str, detail: &Json) -> Json {
    let time = format!("2026-01-01T00:00:0{}.{:03}Z", id / 10, id % 10 * 100);
    json!({ "EventId": id, "Type": kind, "StepName": step, "Time": time, "EventDetail": detail.to_string() })
}

fn events() -> Vec<Json> {
    vec![
        event(1, "ExecutionStarted", "", &json!({})),
        event(
            2,
            "StepEntered",
            "pay",
            &json!({ "frame": 0, "input": { "x": 1 } }),
        ),
        event(
            3,
            "TaskStarted",
            "pay",
            &json!({ "frame": 0, "requestId": "R1" }),
        ),
        event(
            4,
            "TaskFailed",
            "pay",
            &json!({ "frame": 0, "error": "Busy", "cause": "{\"errorMessage\": \"later\"}", "retry": "t" }),
        ),
        event(
            5,
            "TaskStarted",
            "pay",
            &json!({ "frame": 0, "requestId": "R2" }),
        ),
        event(
            6,
            "StepExited",
            "pay",
            &json!({ "frame": 0, "output": { "y": 2 }, "assignedVariables": { "v": 1 } }),
        ),
        event(
            7,
            "StepEntered",
            "both",
            &json!({ "frame": 0, "input": {} }),
        ),
        event(
            8,
            "BranchEntered",
            "both",
            &json!({ "frame": 0, "index": 0, "input": {} }),
        ),
        event(
            9,
            "StepEntered",
            "left",
            &json!({ "frame": 8, "input": {} }),
        ),
    ]
}

#[test]
fn steps_stand_below_what_holds_them() {
    let map_runs = BTreeMap::new();
    let lines: Vec<String> = lines(&events(), &map_runs)
        .iter()
        .map(|line| format!("{}{} {}", line.margin, line.name, line.facts))
        .collect();
    let wanted = [
        "├─ pay 400 ms, 2 tries, request R2",
        "│   input  {\"x\":1}",
        "│   try 1  Busy: later, request R1",
        "│   output {\"y\":2}",
        "│   sets   {\"v\":1}",
        "└─ both ",
        "    input  {}",
        "   [0] ",
        "     └─ left ",
        "         input  {}",
    ];
    assert_eq!(lines, wanted);
}

#[test]
fn a_map_run_stands_at_its_step_with_its_items() {
    let output = json!({ "MapRunName": "m1" });
    let events = [
        event(
            2,
            "StepEntered",
            "each",
            &json!({ "frame": 0, "input": {} }),
        ),
        event(
            3,
            "MapRunStarted",
            "each",
            &json!({ "frame": 0, "output": output }),
        ),
    ];
    let counts = json!({ "Total": 5, "Succeed": 3, "Failed": 1, "Running": 1, "Aborted": 0 });
    let map_runs = BTreeMap::from([("m1".to_owned(), json!({ "ItemCounts": counts }))]);
    let lines = lines(&events, &map_runs);
    let wanted = "3 of 5 items done, 1 failed, 1 running, map run m1";
    assert_eq!(lines[0].facts, wanted);
    // What is told as a text is read as well.
    let told = event(
        3,
        "MapRunStarted",
        "each",
        &json!({ "output": output.to_string() }),
    );
    assert_eq!(map_run_of(&told).as_deref(), Some("m1"));
}

#[test]
fn an_error_is_the_steps_until_a_later_try_goes_better() {
    let head = |count: usize| -> String {
        let begun = events().into_iter().take(count);
        lines(&begun.collect::<Vec<_>>(), &BTreeMap::new())[0]
            .facts
            .clone()
    };
    assert_eq!(head(4), "Busy: later, request R1");
    assert_eq!(head(5), "2 tries, request R2");
}

#[test]
fn long_times_are_said_in_their_units() {
    let took = |ended: &str| took("2026-01-01T00:00:00Z", ended);
    assert_eq!(took("2026-01-01T00:00:01.250Z").as_deref(), Some("1.2 s"));
    assert_eq!(took("2026-01-31T01:00:00Z").as_deref(), Some("30 d 1 h"));
}

#[test]
fn what_is_under_way_is_given_up_with_what_is_around_it_until_it_goes_on() {
    let facts = |more: &[Json]| -> Vec<(String, Style)> {
        let all = [events(), more.to_vec()].concat();
        let lines = lines(&all, &BTreeMap::new()).into_iter();
        let steps = lines.filter(|line| ["both", "left"].contains(&line.name.as_str()));
        steps.map(|line| (line.facts, line.style)).collect()
    };
    let failed = event(
        10,
        "StepFailed",
        "both",
        &json!({ "frame": 0, "error": "E" }),
    );
    let told = facts(&[failed]);
    assert_eq!(told[1], ("given up".to_owned(), Style::Dim));
    let stopped = event(10, "ExecutionStopped", "", &json!({ "error": "E" }));
    let told = facts(std::slice::from_ref(&stopped));
    let given_up = ("given up".to_owned(), Style::Dim);
    assert_eq!(told, [given_up.clone(), given_up]);
    let redriven = event(11, "ExecutionRedriven", "", &json!({}));
    let told = facts(&[stopped, redriven]);
    assert_eq!(told[1], (String::new(), Style::Yellow));
}

#[test]
fn an_error_without_a_name_or_words_is_told_as_such() {
    let told = |error: &str, cause: &str| fault(&json!({ "error": error, "cause": cause }));
    assert_eq!(told("SoldOut", "none left"), "SoldOut: none left");
    assert_eq!(told("SoldOut", ""), "SoldOut");
    assert_eq!(told("", "none left"), "none left");
    assert_eq!(told("", ""), "no error is named");
}
