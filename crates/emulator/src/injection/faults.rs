//! Counts calls, and finds what becomes of each.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rule::{Does, Of, Rule};
use crate::store::replace_file;

/// What is known over a death that was asked for, in the data folder.
const FILE: &str = "faults";

/// The failures that were asked for, and how often what was called; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    known: Mutex<Known>,
    file: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    rules: Vec<Armed>,
    functions: BTreeMap<String, u64>,
    /// By flow, then by step.
    steps: BTreeMap<String, BTreeMap<String, u64>>,
    #[serde(default)]
    queues: BTreeMap<String, u64>,
    #[serde(default)]
    topics: BTreeMap<String, u64>,
    #[serde(default)]
    buses: BTreeMap<String, u64>,
}

/// A rule, and the calls that met it.
#[derive(Debug, Serialize, Deserialize)]
struct Armed {
    rule: Rule,
    met: u64,
}

/// What becomes of a call of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiFault {
    /// It is refused with this code.
    Error(String),
    /// It is refused as one too many.
    Throttle,
    /// It is answered so much later.
    Late(Duration),
    /// It is carried out, and the cloud is killed before it answers.
    Kill,
}

/// What becomes of a call that a step of a workflow makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StepFault {
    /// It fails with an error of this name.
    Error(String),
    /// It is made, and the cloud is killed before what came of it is recorded.
    Kill,
}

impl Faults {
    /// None, or those that were there when the cloud was killed by one of them.
    ///
    /// # Errors
    /// The data folder cannot be read or written, or the file there is no such thing.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let file = data.join(FILE);
        let known = match std::fs::read(&file) {
            Ok(bytes) => {
                std::fs::remove_file(&file)?;
                serde_json::from_slice(&bytes)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Known::default(),
            Err(error) => return Err(error),
        };
        let known = Mutex::new(known);
        Ok(Self(Arc::new(Shared { known, file })))
    }

    /// Ends this process as `kill -9` would; the next over the same data folder has the rules and counts of this one.
    ///
    /// # Errors
    /// They cannot be kept, so nobody is killed.
    pub(crate) fn kill(&self) -> io::Result<()> {
        self.leave()?;
        kill(Pid::this(), Signal::SIGKILL).map_err(io::Error::from)
    }

    /// Writes down what the next process goes on with.
    fn leave(&self) -> io::Result<()> {
        replace_file(&self.0.file, &serde_json::to_vec(&*self.lock())?)
    }

    /// Sets the rules, in the place of all that were there, and counts from nothing.
    ///
    /// # Errors
    /// The value is no list of rules: what is wrong, in words.
    pub(crate) fn set(&self, rules: Value) -> Result<(), String> {
        let rules: Vec<Rule> = serde_json::from_value(rules).map_err(|error| error.to_string())?;
        let armed = rules.into_iter().map(|rule| Armed { rule, met: 0 });
        *self.lock() = Known {
            rules: armed.collect(),
            ..Known::default()
        };
        Ok(())
    }

    /// No rules, and nothing counted.
    pub(crate) fn clear(&self) {
        *self.lock() = Known::default();
    }

    /// Since the rules were set: how many are in force, how many calls met each, in their order, and the calls of each
    /// function.
    pub(crate) fn shown(&self) -> Value {
        let known = self.lock();
        let in_force = known.rules.iter().filter(|armed| !armed.is_over()).count();
        let met: Vec<u64> = known.rules.iter().map(|armed| armed.met).collect();
        json!({ "faults": in_force, "met": met, "calls": known.functions })
    }

    /// Counts a call of a function; what becomes of it, if that was asked for.
    pub(super) fn of_call(&self, function: &str) -> Option<Does> {
        let mut known = self.lock();
        let count = known.functions.entry(function.to_owned()).or_default();
        *count += 1;
        let number = *count;
        known.find(
            number,
            |of| matches!(of, Of::Function(name) if name == function),
        )
    }

    /// Counts a call that a step of a workflow makes; what becomes of it, if that was asked for.
    pub(crate) fn of_step(&self, flow: &str, step: &str) -> Option<StepFault> {
        let mut known = self.lock();
        let steps = known.steps.entry(flow.to_owned()).or_default();
        let count = steps.entry(step.to_owned()).or_default();
        *count += 1;
        let number = *count;
        let is_its =
            |of: &Of| matches!(of, Of::Step { flow: f, step: s } if f == flow && s == step);
        match known.find(number, is_its)? {
            Does::Error(name) => Some(StepFault::Error(name)),
            Does::Throttle => Some(StepFault::Error("FC.ResourceExhausted".to_owned())),
            Does::Kill => Some(StepFault::Kill),
            Does::Crash | Does::LatencyMs(_) => None,
        }
    }

    /// Counts a call about a queue; what becomes of it, if that was asked for.
    pub(crate) fn of_queue(&self, queue: &str) -> Option<ApiFault> {
        let mut known = self.lock();
        let number = count(&mut known.queues, queue);
        let is_its = |of: &Of| matches!(of, Of::Queue(name) if name == queue);
        known.find(number, is_its).and_then(ApiFault::of)
    }

    /// Counts a call about a topic; what becomes of it, if that was asked for.
    pub(crate) fn of_topic(&self, topic: &str) -> Option<ApiFault> {
        let mut known = self.lock();
        let number = count(&mut known.topics, topic);
        let is_its = |of: &Of| matches!(of, Of::Topic(name) if name == topic);
        known.find(number, is_its).and_then(ApiFault::of)
    }

    /// Counts a call about an event bus; what becomes of it, if that was asked for.
    pub(crate) fn of_bus(&self, bus: &str) -> Option<ApiFault> {
        let mut known = self.lock();
        let number = count(&mut known.buses, bus);
        let is_its = |of: &Of| matches!(of, Of::Bus(name) if name == bus);
        known.find(number, is_its).and_then(ApiFault::of)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more; its number, the first being 1.
fn count(all: &mut BTreeMap<String, u64>, name: &str) -> u64 {
    let count = all.entry(name.to_owned()).or_default();
    *count += 1;
    *count
}

impl ApiFault {
    /// An API has no instances that could end.
    fn of(does: Does) -> Option<Self> {
        match does {
            Does::Error(code) => Some(Self::Error(code)),
            Does::Throttle => Some(Self::Throttle),
            Does::LatencyMs(late) => Some(Self::Late(Duration::from_millis(late))),
            Does::Kill => Some(Self::Kill),
            Does::Crash => None,
        }
    }
}

impl Known {
    fn find(&mut self, number: u64, is_its: impl Fn(&Of) -> bool) -> Option<Does> {
        let fits = |armed: &&mut Armed| {
            let Rule { of, call, .. } = &armed.rule;
            !armed.is_over() && is_its(of) && call.is_none_or(|call| call.get() == number)
        };
        let armed = self.rules.iter_mut().find(fits)?;
        armed.met += 1;
        Some(armed.rule.does.clone())
    }
}

impl Armed {
    /// Whether no call can meet it any more: a death is died once.
    fn is_over(&self) -> bool {
        self.rule.does == Does::Kill && self.met > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> (tempfile::TempDir, Faults) {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::open(folder.path()).unwrap();
        (folder, faults)
    }

    #[test]
    fn a_death_is_died_once_and_the_next_process_counts_on() {
        let (folder, faults) = none();
        let rules = json!([
            { "of": { "function": "pay" }, "call": 2, "does": "kill" },
            { "of": { "step": { "flow": "order", "step": "Charge" } }, "does": "kill" },
            { "of": { "function": "pay" }, "call": 3, "does": "crash" },
        ]);
        faults.set(rules).unwrap();
        assert_eq!(faults.of_call("pay"), None);
        assert_eq!(faults.of_call("pay"), Some(Does::Kill));
        assert_eq!(faults.of_step("order", "Charge"), Some(StepFault::Kill));
        faults.leave().unwrap();

        let next = Faults::open(folder.path()).unwrap();
        let shown = json!({ "faults": 1, "met": [1, 1, 0], "calls": { "pay": 2 } });
        assert_eq!(next.shown(), shown);
        assert_eq!(next.of_step("order", "Charge"), None);
        assert_eq!(next.of_call("pay"), Some(Does::Crash));
        let after = Faults::open(folder.path()).unwrap();
        let nothing = json!({ "faults": 0, "met": [], "calls": {} });
        assert_eq!(after.shown(), nothing);
    }

    #[test]
    fn the_call_that_was_named_fails_and_counting_begins_with_the_rules() {
        let (_folder, faults) = none();
        assert_eq!(faults.of_call("pay"), None);
        let rules = json!([
            { "of": { "function": "pay" }, "call": 2, "does": { "error": "Declined" } },
            { "of": { "function": "ship" }, "does": "throttle" },
            { "of": { "step": { "flow": "order", "step": "Charge" } }, "does": { "error": "Injected" } },
        ]);
        faults.set(rules).unwrap();
        let declined = Some(Does::Error("Declined".to_owned()));
        assert_eq!(
            (0..3).map(|_| faults.of_call("pay")).collect::<Vec<_>>(),
            [None, declined, None]
        );
        assert_eq!(faults.of_call("ship"), Some(Does::Throttle));
        assert_eq!(faults.of_call("ship"), Some(Does::Throttle));
        let injected = Some(StepFault::Error("Injected".to_owned()));
        assert_eq!(faults.of_step("order", "Charge"), injected);
        assert_eq!(faults.of_step("order", "Ship"), None);
        assert_eq!(
            faults.shown(),
            json!({ "faults": 3, "met": [1, 2, 1], "calls": { "pay": 3, "ship": 2 } })
        );
        faults.clear();
        let nothing = json!({ "faults": 0, "met": [], "calls": {} });
        assert_eq!(faults.shown(), nothing);
    }

    #[test]
    fn calls_about_queues_topics_and_buses_are_counted_apart() {
        let (_folder, faults) = none();
        let rules = json!([
            { "of": { "queue": "q" }, "call": 2, "does": { "error": "InternalError" } },
            { "of": { "topic": "q" }, "call": 1, "does": { "latency_ms": 5 } },
            { "of": { "topic": "t" }, "does": "throttle" },
            { "of": { "bus": "q" }, "call": 1, "does": "kill" },
        ]);
        faults.set(rules).unwrap();
        assert_eq!(faults.of_queue("q"), None);
        let late = Some(ApiFault::Late(Duration::from_millis(5)));
        assert_eq!(faults.of_topic("q"), late);
        let error = Some(ApiFault::Error("InternalError".to_owned()));
        assert_eq!(faults.of_queue("q"), error);
        assert_eq!(faults.of_queue("q"), None);
        assert_eq!(faults.of_topic("t"), Some(ApiFault::Throttle));
        assert_eq!(faults.of_bus("t"), None);
        assert_eq!(faults.of_bus("q"), Some(ApiFault::Kill));
    }

    #[test]
    fn what_is_no_rule_is_refused_and_changes_nothing() {
        let (_folder, faults) = none();
        faults
            .set(json!([{ "of": { "function": "pay" }, "does": "crash" }]))
            .unwrap();
        for wrong in [
            json!({}),
            json!([{ "of": { "function": "pay" } }]),
            json!([{ "does": "crash" }]),
            json!([{ "of": { "function": "pay" }, "call": 0, "does": "crash" }]),
            json!([{ "of": { "function": "pay" }, "does": "explode" }]),
        ] {
            assert!(faults.set(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(faults.of_call("pay"), Some(Does::Crash));
    }
}
