//! From the events of an execution to the lines of a tree: each step with its tries, its duration, its error and the
//! request that it made.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::super::printer::Style;
use super::waiting::waiting;
use super::workflow::short;

/// A line of the tree.
pub(super) struct Line {
    /// The branches before it.
    pub(super) margin: String,
    /// The step's name.
    pub(super) name: String,
    /// What is to be known of it.
    pub(super) facts: String,
    /// Green: done; red: failed; yellow: under way.
    pub(super) style: Style,
}

#[derive(Default)]
struct Step {
    name: String,
    begun: String,
    ended: Option<String>,
    tries: usize,
    /// The last error, and whether the step failed by it.
    fault: Option<String>,
    is_failed: bool,
    is_waiting: bool,
    /// What is around it ended before it did.
    is_given_up: bool,
    requests: Vec<String>,
    /// How far the items of its map run are.
    map_run: Option<String>,
    input: String,
    output: Option<String>,
    /// The variables that it set.
    set: Option<String>,
    /// Branches and iterations: their number and steps.
    inside: Vec<(Option<u64>, u64)>,
}

/// What the events tell, by frames: the flow is frame 0.
#[derive(Default)]
struct Tree<'a> {
    /// What is known of map runs, by their names.
    map_runs: Option<&'a BTreeMap<String, Json>>,
    steps: Vec<Step>,
    /// The steps of each frame, in their order.
    frames: BTreeMap<u64, Vec<usize>>,
    /// The tokens of those that wait for a report, by frames.
    tokens: BTreeMap<u64, String>,
}

/// The lines of an execution's tree. Events whose details do not say where they belong are put below the flow.
pub(super) fn lines(events: &[Json], map_runs: &BTreeMap<String, Json>) -> Vec<Line> {
    let mut tree = Tree {
        map_runs: Some(map_runs),
        tokens: waiting(events)
            .into_iter()
            .map(|one| (one.frame, one.token))
            .collect(),
        ..Tree::default()
    };
    for event in events {
        tree.take(event);
    }
    let mut lines = Vec::new();
    tree.show(0, "", &mut lines);
    lines
}

impl Tree<'_> {
    fn take(&mut self, event: &Json) {
        match event["Type"].as_str().unwrap_or_default() {
            "ExecutionFailed" | "ExecutionStopped" | "ExecutionTimedOut" => self.give_up(0, true),
            "ExecutionRedriven" => self.give_up(0, false),
            kind => self.take_of_step(kind, event),
        }
    }

    fn take_of_step(&mut self, kind: &str, event: &Json) {
        let detail: Json = event["EventDetail"]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let text = |of: &Json| of.as_str().unwrap_or_default().to_owned();
        let frame = detail["frame"].as_u64().unwrap_or(0);
        let id = event["EventId"].as_u64().unwrap_or(0);
        if kind == "StepEntered" {
            return self.enter(frame, event, &detail);
        }
        let last = self
            .frames
            .get(&frame)
            .and_then(|steps| steps.last())
            .copied();
        let Some(step) = last.and_then(|last| self.steps.get_mut(last)) else {
            return;
        };
        match kind {
            "TaskStarted" => {
                step.tries += 1;
                step.requests
                    .extend(detail["requestId"].as_str().map(str::to_owned));
            }
            "TaskSubmitted" => step.is_waiting = true,
            "TaskSucceeded" => step.is_waiting = false,
            "TaskFailed" | "TaskTimedOut" | "TaskSubmitFailed" => {
                step.is_waiting = false;
                step.fault = Some(fault(&detail));
            }
            "MapRunStarted" => step.map_run = items(self.map_runs, event),
            "StepStarted" if detail["case"].is_u64() => step.inside.push((None, id)),
            "BranchEntered" | "IterationEntered" => {
                step.inside.push((detail["index"].as_u64(), id));
            }
            "StepFailed" => {
                step.fault = Some(fault(&detail));
                if detail["retry"].is_null() {
                    step.is_failed = true;
                    step.ended = Some(text(&event["Time"]));
                    for (_, inside) in step.inside.clone() {
                        self.give_up(inside, true);
                    }
                } else {
                    step.inside.clear();
                }
            }
            "StepExited" => {
                step.ended = Some(text(&event["Time"]));
                step.output = Some(detail["output"].to_string());
                step.set = detail.get("assignedVariables").map(Json::to_string);
            }
            _ => {}
        }
    }

    fn enter(&mut self, frame: u64, event: &Json, detail: &Json) {
        let text = |of: &Json| of.as_str().unwrap_or_default().to_owned();
        let step = Step {
            name: text(&event["StepName"]),
            begun: text(&event["Time"]),
            input: detail["input"].to_string(),
            ..Step::default()
        };
        self.frames.entry(frame).or_default().push(self.steps.len());
        self.steps.push(step);
    }

    /// What is under way in a frame, and inside of it, has no end of its own; or goes on after all.
    fn give_up(&mut self, frame: u64, is_given_up: bool) {
        let steps = self.frames.get(&frame).cloned().unwrap_or_default();
        for index in steps {
            let Some(step) = self.steps.get_mut(index) else {
                continue;
            };
            step.is_given_up = is_given_up && step.ended.is_none();
            for (_, inside) in step.inside.clone() {
                self.give_up(inside, is_given_up);
            }
        }
    }

    fn show(&self, frame: u64, margin: &str, lines: &mut Vec<Line>) {
        let steps = self
            .frames
            .get(&frame)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for (place, index) in steps.iter().enumerate() {
            let step = &self.steps[*index];
            let is_last = place + 1 == steps.len();
            let (corner, below) = if is_last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            lines.push(Line {
                margin: format!("{margin}{corner}"),
                name: step.name.clone(),
                facts: step.facts(),
                style: step.style(),
            });
            let below = format!("{margin}{below}");
            let token = self.tokens.get(&frame).filter(|_| is_last);
            let token = token.map(|token| format!("token  {token}"));
            for fact in step.data().into_iter().chain(token) {
                lines.push(Line {
                    margin: below.clone(),
                    name: String::new(),
                    facts: fact,
                    style: Style::Dim,
                });
            }
            for (number, inside) in &step.inside {
                match number {
                    None => self.show(*inside, &below, lines),
                    Some(number) => {
                        let name = format!("[{number}]");
                        lines.push(Line {
                            margin: below.clone(),
                            name,
                            facts: String::new(),
                            style: Style::Dim,
                        });
                        self.show(*inside, &format!("{below}  "), lines);
                    }
                }
            }
        }
    }
}

impl Step {
    const fn style(&self) -> Style {
        match (self.is_failed, &self.ended) {
            (true, _) => Style::Red,
            (false, Some(_)) => Style::Green,
            (false, None) if self.is_given_up => Style::Dim,
            (false, None) => Style::Yellow,
        }
    }

    fn facts(&self) -> String {
        let mut facts = Vec::new();
        if let Some(took) = self
            .ended
            .as_ref()
            .and_then(|ended| took(&self.begun, ended))
        {
            facts.push(took);
        } else if self.is_given_up {
            facts.push("given up".to_owned());
        } else if self.is_waiting {
            facts.push("waits for a report".to_owned());
        }
        if self.tries > 1 {
            facts.push(format!("{} tries", self.tries));
        }
        facts.extend(self.map_run.clone());
        facts.extend(self.fault.clone());
        if let Some(request) = self.requests.last() {
            facts.push(format!("request {request}"));
        }
        facts.join(", ")
    }

    fn data(&self) -> Vec<String> {
        // What a step that calls nothing passes on as it came is not said twice.
        let is_new = |output: &&String| self.tries > 0 || **output != self.input;
        let output = self.output.iter().filter(is_new);
        let output = output.map(|output| format!("output {}", short(output)));
        let set = self.set.iter().map(|set| format!("sets   {}", short(set)));
        std::iter::once(format!("input  {}", short(&self.input)))
            .chain(output)
            .chain(set)
            .collect()
    }
}

/// The name of the map run that an event tells of, in its output.
pub(super) fn map_run_of(event: &Json) -> Option<String> {
    let detail: Json = serde_json::from_str(event["EventDetail"].as_str()?).ok()?;
    let output = match &detail["output"] {
        Json::String(text) => serde_json::from_str(text).ok()?,
        output => output.clone(),
    };
    output["MapRunName"].as_str().map(str::to_owned)
}

/// How far the items of the map run are that an event tells of, if that is known.
fn items(known: Option<&BTreeMap<String, Json>>, event: &Json) -> Option<String> {
    let name = map_run_of(event)?;
    let counts = &known?.get(&name)?["ItemCounts"];
    let count = |state: &str| counts[state].as_u64().unwrap_or(0);
    let mut said = format!("{} of {} items done", count("Succeed"), count("Total"));
    for state in ["Failed", "Running", "Aborted"] {
        let count = count(state);
        if count > 0 {
            let _ = write!(said, ", {count} {}", state.to_lowercase());
        }
    }
    Some(format!("{said}, map run {name}"))
}

fn fault(detail: &Json) -> String {
    let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    // What a function raised is told with its whole report as the cause; its message says it.
    let cause = text("cause");
    let told: Option<Json> = serde_json::from_str(&cause).ok();
    let message = told
        .as_ref()
        .and_then(|told| told["errorMessage"].as_str())
        .unwrap_or(&cause)
        .to_owned();
    if message.is_empty() {
        text("error")
    } else {
        format!("{}: {}", text("error"), short(&message))
    }
}

fn took(begun: &str, ended: &str) -> Option<String> {
    let (begun, ended): (Timestamp, Timestamp) = (begun.parse().ok()?, ended.parse().ok()?);
    let millis = ended.as_millisecond() - begun.as_millisecond();
    Some(match millis {
        ..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => {
            let minutes = millis / 60_000;
            let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
            let parts = [(days, "d"), (hours, "h"), (minutes, "min")];
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            parts
                .map(|(count, unit)| format!("{count} {unit}"))
                .collect::<Vec<_>>()
                .join(" ")
        }
    })
}

#[cfg(test)]
mod tests {
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
            "├─ pay 400 ms, 2 tries, Busy: later, request R2",
            "│   input  {\"x\":1}",
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
}
