//! From the text of a test file to its tests. Every mistake is reported at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::check::check;
use super::exact;
use super::keys::{Keys, bad};
use super::model::{Fault, FaultOf, File, Matrix, Suite, Test};
use super::step::step;
use crate::diagnostic::{Diagnostics, Source};
use crate::manifest::{self, Node, NodeKind};

/// How long something may take to become true when the test does not say.
const WITHIN: Duration = Duration::from_secs(10);

/// The keys of each map.
const TEST: &[&str] = &[
    "name", "given", "faults", "when", "then", "within", "matrix",
];
const FAULT: &[&str] = &[
    "function", "queue", "topic", "bus", "call", "error", "latency", "throttle", "crash", "kill",
];
/// How many of those say whose calls, and which.
const WHOSE: usize = 5;
/// The name of the error with which steps of a matrix fail when nothing else is said.
const INJECTED: &str = "Injected";

/// The tests of a file.
pub(in crate::cli) fn read(source: &Arc<Source>) -> Result<Suite, Diagnostics> {
    let (root, mut wrong) = manifest::parse(source);
    let mut suite = Suite::default();
    if let Some(root) = root
        && let Some(keys) = Keys::new(&root, "a file of tests", &["tests"], &mut wrong)
    {
        let tests = keys.list("tests", &mut wrong);
        if tests.is_empty()
            && (!keys.has("tests")
                || keys
                    .get("tests")
                    .is_some_and(|node| node.items().is_empty()))
        {
            wrong.push(bad(
                keys.at(),
                "a file of tests needs the key `tests` with a list of them",
            ));
        }
        suite.tests = tests
            .iter()
            .filter_map(|node| test(node, &mut wrong))
            .collect();
        refuse_twins(&suite.tests, &mut wrong);
    }
    wrong.into_result(suite).map(|(suite, _)| suite)
}

/// Of two tests with one name nobody could tell which failed.
fn refuse_twins(tests: &[Test], wrong: &mut Diagnostics) {
    let mut names = BTreeSet::new();
    for test in tests {
        if !names.insert(&test.name) {
            let detail = format!("another test has the name `{}` already", test.name);
            wrong.push(bad(&test.at, &detail));
        }
    }
}

fn test(node: &Node, wrong: &mut Diagnostics) -> Option<Test> {
    let keys = Keys::new(node, "a test", TEST, wrong)?;
    let name = keys.need("name", wrong);
    let matrix = keys.get("matrix").and_then(|node| matrix(node, wrong));
    let all = |name: &str, wrong: &mut Diagnostics| keys.list(name, wrong).to_vec();
    let test = Test {
        at: node.get("name").map_or(&node.at, |name| &name.at).clone(),
        files: keys
            .get("given")
            .map_or_else(Vec::new, |node| files(node, wrong)),
        faults: all("faults", wrong)
            .iter()
            .filter_map(|node| fault(node, wrong))
            .collect(),
        when: all("when", wrong)
            .iter()
            .filter_map(|node| step(node, wrong))
            .collect(),
        then: all("then", wrong)
            .iter()
            .filter_map(|node| check(node, wrong))
            .collect(),
        within: keys.duration("within", wrong).unwrap_or(WITHIN),
        matrix,
        name: name?,
    };
    let is_empty = |node: &Node| matches!(&node.kind, NodeKind::List(items) if items.is_empty());
    if !keys.has("then") || keys.get("then").is_some_and(is_empty) {
        wrong.push(bad(&test.at, "a test that has no `then` cannot fail"));
    }
    Some(test)
}

fn matrix(node: &Node, wrong: &mut Diagnostics) -> Option<Matrix> {
    let keys = Keys::new(node, "a matrix", &["each-step-of", "only", "fault"], wrong)?;
    let only = keys.texts("only", wrong);
    if only.as_ref().is_some_and(Vec::is_empty) {
        return keys.refuse("only", "a list of steps, one at least", wrong);
    }
    Some(Matrix {
        workflow: keys.need("each-step-of", wrong)?,
        only,
        does: match keys.get("fault") {
            Some(node) => {
                let ways = ["error", "throttle", "kill"];
                does(
                    &Keys::new(node, "the fault of a matrix", &ways, wrong)?,
                    &ways,
                    wrong,
                )?
            }
            None => json!({ "error": INJECTED }),
        },
        at: node.at.clone(),
    })
}

fn files(node: &Node, wrong: &mut Diagnostics) -> Vec<File> {
    let Some(keys) = Keys::new(node, "`given`", &["files"], wrong) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for bucket in keys.entries("files", wrong) {
        if !bucket.value.is_map() {
            wrong.push(bad(
                &bucket.value.at,
                "the files of a bucket are a map of keys to contents",
            ));
        }
        all.extend(bucket.value.entries().iter().map(|file| File {
            bucket: bucket.key.clone(),
            key: file.key.clone(),
            content: exact::json(&file.value, wrong),
            at: file.key_at.clone(),
        }));
    }
    all
}

fn fault(node: &Node, wrong: &mut Diagnostics) -> Option<Fault> {
    let keys = Keys::new(node, "a fault", FAULT, wrong)?;
    let of = fault_of(&keys, wrong);
    let call = match keys.get("call") {
        Some(node) if node.as_str() == Some("all") => None,
        Some(node) if node.as_i64().is_some_and(|number| number > 0) => {
            keys.number("call", u64::from(u32::MAX), wrong)
        }
        Some(_) => keys.refuse("call", "a whole number from 1, or `all`", wrong),
        None => None,
    };
    let does = does(&keys, &FAULT[WHOSE..], wrong)?;
    let of = of?;
    if does == "crash" && !matches!(of, FaultOf::Function(_)) {
        return keys.refuse(
            "crash",
            "for functions: nothing of a queue, topic or bus can end",
            wrong,
        );
    }
    Some(Fault {
        of,
        call,
        does,
        at: node.at.clone(),
    })
}

/// Whose calls fail: those of one thing.
fn fault_of(keys: &Keys<'_>, wrong: &mut Diagnostics) -> Option<FaultOf> {
    let mut named = Vec::new();
    named.extend(keys.text("queue", wrong).map(FaultOf::Queue));
    named.extend(keys.text("topic", wrong).map(FaultOf::Topic));
    named.extend(keys.text("bus", wrong).map(FaultOf::Bus));
    if named.is_empty() {
        return keys.need("function", wrong).map(FaultOf::Function);
    }
    named.extend(keys.text("function", wrong).map(FaultOf::Function));
    if named.len() == 1 {
        return named.pop();
    }
    let detail = "a fault is of one `function`, `queue`, `topic` or `bus`";
    wrong.push(bad(keys.at(), detail));
    None
}

/// What becomes of a call: one of these ways.
fn does(keys: &Keys<'_>, ways: &[&str], wrong: &mut Diagnostics) -> Option<Json> {
    let mut found = Vec::new();
    for way in ways {
        found.extend(match *way {
            "error" => keys.text(way, wrong).map(|name| json!({ "error": name })),
            "latency" => keys.duration(way, wrong).map(
                |late| json!({ "latency_ms": u64::try_from(late.as_millis()).unwrap_or(u64::MAX) }),
            ),
            _ => keys.flag(way, wrong).filter(|is| *is).map(|_| json!(way)),
        });
    }
    if found.len() == 1 {
        return found.pop();
    }
    let ways: Vec<String> = ways.iter().map(|way| format!("`{way}`")).collect();
    let detail = format!("a fault has one of the keys {}", ways.join(", "));
    wrong.push(bad(keys.at(), &detail));
    None
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
