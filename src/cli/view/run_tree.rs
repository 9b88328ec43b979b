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
    tries: Vec<Try>,
    /// The last error, and whether the step failed by it.
    fault: Option<String>,
    is_failed: bool,
    is_waiting: bool,
    /// What is around it ended before it did.
    is_given_up: bool,
    /// How far the items of its map run are.
    map_run: Option<String>,
    input: String,
    output: Option<String>,
    /// The variables that it set.
    set: Option<String>,
    /// Branches and iterations: their number and steps.
    inside: Vec<(Option<u64>, u64)>,
}

/// One call of a task.
#[derive(Default)]
struct Try {
    request: Option<String>,
    fault: Option<String>,
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
                let request = detail["requestId"].as_str().map(str::to_owned);
                step.tries.push(Try {
                    request,
                    fault: None,
                });
            }
            "TaskSubmitted" => step.is_waiting = true,
            "TaskSucceeded" => step.is_waiting = false,
            "TaskFailed" | "TaskTimedOut" | "TaskSubmitFailed" => {
                step.is_waiting = false;
                step.fault = Some(fault(&detail));
                if let Some(last) = step.tries.last_mut() {
                    last.fault.clone_from(&step.fault);
                }
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
        if self.tries.len() > 1 {
            facts.push(format!("{} tries", self.tries.len()));
        }
        facts.extend(self.map_run.clone());
        facts.extend(self.told_fault().cloned());
        facts.extend(self.tries.last().and_then(Try::asked));
        facts.join(", ")
    }

    fn data(&self) -> Vec<String> {
        // What a step that calls nothing passes on as it came is not said twice.
        let is_new = |output: &&String| !self.tries.is_empty() || **output != self.input;
        let output = self.output.iter().filter(is_new);
        let output = output.map(|output| format!("output {}", short(output)));
        let set = self.set.iter().map(|set| format!("sets   {}", short(set)));
        std::iter::once(format!("input  {}", short(&self.input)))
            .chain(self.earlier())
            .chain(output)
            .chain(set)
            .collect()
    }

    /// Its error, unless a later try went better.
    fn told_fault(&self) -> Option<&String> {
        let is_over = self.tries.last().is_some_and(|last| last.fault.is_none());
        self.fault.as_ref().filter(|_| self.is_failed || !is_over)
    }

    /// The tries before the last, which is told with the step itself.
    fn earlier(&self) -> impl Iterator<Item = String> {
        let count = self.tries.len().saturating_sub(1);
        let earlier = self.tries.iter().take(count).zip(1..);
        earlier.map(|(one, number)| format!("try {number}  {}", one.facts()))
    }
}

impl Try {
    fn asked(&self) -> Option<String> {
        let request = self.request.as_ref()?;
        Some(format!("request {request}"))
    }

    fn facts(&self) -> String {
        let facts: Vec<String> = self.fault.clone().into_iter().chain(self.asked()).collect();
        facts.join(", ")
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

/// The error that an event tells of, in one line.
pub(super) fn fault(detail: &Json) -> String {
    let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    // What a function raised is told with its whole report as the cause; its message says it.
    let cause = text("cause");
    let told: Option<Json> = serde_json::from_str(&cause).ok();
    let message = told
        .as_ref()
        .and_then(|told| told["errorMessage"].as_str())
        .unwrap_or(&cause)
        .to_owned();
    match (text("error"), message.is_empty()) {
        (error, true) if error.is_empty() => "no error is named".to_owned(),
        (error, true) => error,
        (error, false) if error.is_empty() => short(&message),
        (error, false) => format!("{error}: {}", short(&message)),
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
#[path = "run_tree_tests.rs"]
mod tests;
