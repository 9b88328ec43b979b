//! How many instances there are, and which one serves a call.
//!
//! A `group` is one version of one function: its instances and the calls that wait for one. An `instance` is a process with its
//! dialect. `start` makes instances.

mod group;
mod instance;
mod interpreter;
mod output;
mod process;
mod start;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::call::{Answer, Call, Fault, FunctionError, Reply, Request};
use crate::dialect::Outcome;
use crate::log::LogSink;
use crate::spec::{Scale, Spec};

use group::Group;
use start::Starter;

/// What a fleet is opened with.
#[derive(Clone)]
pub struct Settings {
    /// Folder for what instances need while they run; emptied at the start.
    pub folder: PathBuf,
    /// The command that becomes an instance's process, if the binary can be its own launcher.
    pub launcher: Vec<OsString>,
    /// Where lines of instances go.
    pub log: Arc<dyn LogSink>,
    /// The time by which instances are idle.
    pub clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// Whether interpreters are started before they are needed.
    pub pool: bool,
}

/// All instances; clones share them.
#[derive(Clone)]
pub struct Fleet(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) starter: Starter,
    /// By function and version.
    groups: Mutex<HashMap<(String, String), Arc<Group>>>,
    /// The most instances of a function, where there is such a limit.
    reserved: Mutex<HashMap<String, u32>>,
}

/// One instance, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceInfo {
    /// Its id.
    pub id: String,
    /// The version that it runs.
    pub version: String,
    /// The revision of it.
    pub revision: String,
    /// When it was started, by the given clock.
    pub started: SystemTime,
    /// Calls that it serves now.
    pub busy: u32,
    /// Calls that it has served.
    pub calls: u64,
    /// Its process.
    pub pid: u32,
}

impl Fleet {
    /// Empties the folder and is ready. Nothing is started.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(settings: Settings) -> io::Result<Self> {
        let starter = Starter::open(&settings)?;
        Ok(Self(Arc::new(Shared {
            settings,
            starter,
            groups: Mutex::default(),
            reserved: Mutex::default(),
        })))
    }

    /// Calls an instance of the spec; starts one when there is none, or all are busy.
    ///
    /// # Errors
    /// No instance could be had, or a web request found no answer. What goes wrong in the user's code on an event is
    /// an answer.
    pub async fn call(&self, spec: &Arc<Spec>, call: Call) -> Result<Reply, Fault> {
        let group = self.group(&spec.function, &spec.version);
        let permit = group.acquire(&self.0, spec).await?;
        let instance = Arc::clone(&permit.instance);
        let is_event = matches!(call.request, Request::Event(_));
        instance.begin(&call.request_id);
        let request_id = call.request_id.clone();
        let begun = std::time::Instant::now();
        let served = tokio::time::timeout(spec.timeout, instance.dialect.call(call)).await;
        let outcome = served.unwrap_or_else(|_| {
            instance.kill();
            Err(Fault::Timeout(spec.timeout))
        });
        if matches!(outcome, Err(Fault::Exited(_) | Fault::Protocol(_))) {
            instance.kill();
        }
        let ended = instance.end(&request_id, begun.elapsed()).await;
        match outcome {
            Ok(Outcome::Answer { payload, error }) => Ok(Reply::Answer(Answer {
                payload,
                error,
                ended,
            })),
            Ok(Outcome::Web(response)) => Ok(Reply::Web {
                response: permit.hold(response),
                instance: instance.id.clone(),
            }),
            Err(fault @ (Fault::Timeout(_) | Fault::Exited(_))) if is_event => {
                let payload = vendor_error(&fault, &ended).into();
                Ok(Reply::Answer(Answer {
                    payload,
                    error: Some(FunctionError::Unhandled),
                    ended,
                }))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Limits the instances of a function, of all its versions together; nothing: no limit.
    pub fn reserve(&self, function: &str, instances: Option<u32>) {
        let mut reserved = lock(&self.0.reserved);
        match instances {
            Some(instances) => drop(reserved.insert(function.to_owned(), instances)),
            None => drop(reserved.remove(function)),
        }
    }

    /// Says how many instances a version must and may have, and starts what is missing.
    pub fn keep(&self, spec: &Arc<Spec>, scale: Scale) {
        self.group(&spec.function, &spec.version)
            .keep(&self.0, spec, scale);
    }

    /// The instances of a function.
    pub fn instances(&self, function: &str) -> Vec<InstanceInfo> {
        let mut all: Vec<_> = self
            .groups_of(function, None)
            .iter()
            .flat_map(|group| group.instances())
            .collect();
        all.sort_by(|one, other| (one.started, &one.id).cmp(&(other.started, &other.id)));
        all
    }

    /// Lets the instances of a function, or of one version, end: those at work after their calls.
    pub async fn retire(&self, function: &str, version: Option<&str>) {
        for group in self.groups_of(function, version) {
            group.retire().await;
        }
        let mut groups = lock(&self.0.groups);
        groups.retain(|(name, of), _| {
            name != function || version.is_some_and(|version| version != of)
        });
    }

    /// Ends all instances at once.
    pub async fn close(&self) {
        let groups: Vec<_> = lock(&self.0.groups).drain().collect();
        for (_, group) in groups {
            group.retire().await;
            group.kill();
        }
    }

    fn group(&self, function: &str, version: &str) -> Arc<Group> {
        let mut groups = lock(&self.0.groups);
        let key = (function.to_owned(), version.to_owned());
        let group = groups.entry(key);
        Arc::clone(group.or_insert_with(|| Arc::new(Group::default())))
    }

    fn groups_of(&self, function: &str, version: Option<&str>) -> Vec<Arc<Group>> {
        let groups = lock(&self.0.groups);
        let wanted = groups.iter().filter(|((name, of), _)| {
            name == function && version.is_none_or(|version| version == of)
        });
        wanted.map(|(_, group)| Arc::clone(group)).collect()
    }
}

impl Shared {
    /// The most instances that a function may have.
    pub(crate) fn most(&self, function: &str) -> Option<u32> {
        lock(&self.reserved).get(function).copied()
    }
}

/// The vendor's JSON of a call that was cut off.
fn vendor_error(fault: &Fault, ended: &crate::call::Ended) -> String {
    let memory = ended.memory_mb;
    let message = match fault {
        Fault::Timeout(after) => format!(
            "Function timed out after {} seconds (maxMemoryUsage: {memory}MB)",
            after.as_secs()
        ),
        _ => format!(
            "Process exited unexpectedly before completing request (duration: {}ms, maxMemoryUsage: {memory}MB)",
            ended.duration.as_millis()
        ),
    };
    serde_json::json!({ "errorMessage": message }).to_string()
}

/// A lock that a panic elsewhere does not poison: what it guards is whole between statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
