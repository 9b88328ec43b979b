//! How many instances there are, and which one serves a call.
//!
//! A `group` is one version of one function: its instances and the calls that wait for one. What to do its `roster` decides,
//! which is pure; `limits` are those of the function and of the machine, `reserve` has them hold for what runs, `lack` says why kept ones are missing, `uses` which folders must stay; a `permit` is a place in an instance, where `serve` has a call answered. An `instance` is
//! a process with its dialect and its `output`. `start` makes instances, which are `ready` some time later, from the `ground` of this machine; `port` finds where a server listens; the `pool` has
//! interpreters that wait for code, and `lend` gives it to them. A `container` is run by an `engine`. `sight` knows where a process sees things, `tools` what it sees of
//! this machine's programs. `advice` is what can be done about code that does not start, also when it was `built` for something else.

mod advice;
mod built;
mod container;
mod engine;
mod environment;
mod ground;
mod group;
mod instance;
mod interpreter;
mod java;
mod lack;
mod lang;
mod lend;
mod limits;
mod output;
mod patience;
mod permit;
mod pool;
mod port;
mod program;
mod ready;
mod reserve;
mod roster;
mod seat;
mod serve;
mod sight;
mod source;
mod start;
mod state;
mod tools;
mod uses;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::call::{Answer, Call, Ended, Fault, FunctionError, Reply, Request};
use crate::log::{Line, LogSink, Pipe};
use crate::spec::{Language, Scale, Spec};

use group::Group;
use limits::Limits;
use ready::LAST_WORDS;
use seat::Moment;
use serve::serve;
use start::Starter;
use uses::Uses;

pub use lang::serves_layer;
pub use permit::Busy;

/// How often idle instances are looked for while there are any.
const ROUND: Duration = Duration::from_secs(1);

/// What a fleet is opened with.
#[derive(Clone)]
pub struct Settings {
    /// Folder for what instances need while they run; emptied at the start, but for bootstraps.
    pub folder: PathBuf,
    /// The command that becomes an instance's process: a program and words that lead to [`crate::launch::main`].
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

struct Shared {
    settings: Settings,
    starter: Starter,
    limits: Arc<Limits>,
    uses: Arc<Uses>,
    /// By function, then by version and qualifier.
    groups: Mutex<HashMap<String, HashMap<Lane, Arc<Group>>>>,
    /// When the fleet was opened.
    opened: Instant,
    /// Whether a task looks for idle instances.
    is_watched: AtomicBool,
    is_closed: AtomicBool,
}

/// A version, and the qualifier by which it is called: instances are told both when they are started.
type Lane = (String, String);

/// One instance, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceInfo {
    /// Its id.
    pub id: String,
    /// The version that it runs.
    pub version: String,
    /// The qualifier by which it was called when the instance was started.
    pub qualifier: String,
    /// The revision of it.
    pub revision: String,
    /// What it does.
    pub state: InstanceState,
    /// When it was started, by the given clock.
    pub started: SystemTime,
    /// Calls that it serves now.
    pub busy: u32,
    /// Calls that it has served.
    pub calls: u64,
    /// Megabytes of memory that its first process uses now.
    pub memory_mb: u32,
    /// Its process.
    pub pid: u32,
}

/// What an instance does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    /// Waits for calls.
    Idle,
    /// Serves calls.
    Busy,
    /// Finishes its calls and goes: its code or configuration is not the newest, or a call in it was stopped.
    Leaving,
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
            limits: Limits::of_machine(),
            uses: Arc::default(),
            groups: Mutex::default(),
            opened: Instant::now(),
            is_watched: false.into(),
            is_closed: false.into(),
        })))
    }

    /// Calls an instance of the spec; starts one when there is none, or all are busy.
    ///
    /// # Errors
    /// No instance could be had, or a web request found no answer. What goes wrong in the user's code on an event is
    /// an answer.
    pub async fn call(&self, spec: &Arc<Spec>, call: Call) -> Result<Reply, Fault> {
        self.call_until(spec, call, CancellationToken::new()).await
    }

    /// The same; when `stop` is cancelled before there is an answer, the call ends then. The instance that served it gets no
    /// other call. It is killed at once with all that it started, or, where it serves other calls, stopped after those.
    ///
    /// # Errors
    /// As above; also [`Fault::Stopped`]. An event that was begun and then stopped has an answer: that error, and the figures.
    pub async fn call_until(
        &self,
        spec: &Arc<Spec>,
        call: Call,
        stop: CancellationToken,
    ) -> Result<Reply, Fault> {
        let group = self.group(spec);
        let is_event = matches!(call.request, Request::Event(_));
        let acquired = stop.run_until_cancelled(group.acquire(&self.0, spec)).await;
        let acquired = acquired.unwrap_or(Err(Fault::Stopped));
        if let Err(fault @ (Fault::Start(_) | Fault::Code { .. })) = &acquired {
            self.tell_unstarted(spec, &call.request_id, fault);
        }
        let permit = match acquired {
            Err(Fault::Code { payload, log }) if is_event => {
                return Ok(Reply::Answer(Answer {
                    payload,
                    error: Some(FunctionError::Unhandled),
                    ended: Ended {
                        log_tail: log,
                        ..Ended::default()
                    },
                }));
            }
            permit => permit?,
        };
        if !is_event {
            return serve(permit, call, &stop).await;
        }
        // An event that was begun is finished, whether its caller waits or not.
        let served = tokio::spawn(async move { serve(permit, call, &stop).await }).await;
        served.unwrap_or_else(|error| Err(Fault::Protocol(error.to_string())))
    }

    /// Says in the log of a call that it reached no code, and why in one line; the rest was written when that was tried.
    fn tell_unstarted(&self, spec: &Spec, request: &str, fault: &Fault) {
        let why = fault.to_string();
        let why = why.lines().next().unwrap_or_default();
        let why = why.strip_suffix(LAST_WORDS).unwrap_or(why);
        self.0.settings.log.line(Line {
            function: &spec.function,
            version: &spec.version,
            instance: "",
            request: Some(request),
            at: SystemTime::now(),
            pipe: Pipe::Err,
            text: &format!("the call reached no code: {why}"),
        });
    }

    /// Whether code in a language can run on this machine at all.
    ///
    /// # Errors
    /// It cannot; the text says what is missing.
    pub async fn check(&self, language: Language) -> Result<(), Fault> {
        let shared = Arc::clone(&self.0);
        if language == Language::Container {
            return shared.starter.check_engine().await;
        }
        let checked = tokio::task::spawn_blocking(move || shared.starter.check(language)).await;
        checked.unwrap_or_else(|error| Err(Fault::Start(error.to_string())))
    }

    /// Whether what a custom runtime starts is on this machine, as far as that is certain before it is started.
    ///
    /// # Errors
    /// It is not; the text says what to install.
    pub async fn check_program(&self, spec: &Arc<Spec>) -> Result<(), Fault> {
        let (shared, spec) = (Arc::clone(&self.0), Arc::clone(spec));
        let checked = tokio::task::spawn_blocking(move || shared.starter.check_program(&spec));
        let checked = checked.await;
        checked.unwrap_or_else(|error| Err(Fault::Start(error.to_string())))
    }

    /// Limits the instances of a function, of all its versions together and kept ones too; nothing: no limit. Of those that
    /// are too many idle ones end first, and busy ones after their calls.
    pub fn reserve(&self, function: &str, instances: Option<u32>) {
        self.0.limits.reserve(function, instances);
        self.0.retrench(function);
    }

    /// Ends all calls of a function that have no answer yet, with the instances that serve them; idle ones stay. An event that was
    /// begun is answered with an error, other calls get [`Fault::Stopped`], answers that are being sent break off.
    pub fn interrupt(&self, function: &str) {
        for group in self.0.groups_of(function) {
            group.interrupt(&self.0);
        }
    }

    /// Says how many instances a version must and may have by one qualifier, and starts what is missing.
    pub fn keep(&self, spec: &Arc<Spec>, scale: Scale) {
        self.group(spec).keep(&self.0, spec, scale);
        self.0.watch();
    }

    /// The instances of a function.
    pub fn instances(&self, function: &str) -> Vec<InstanceInfo> {
        let mut all: Vec<_> = self
            .0
            .groups_of(function)
            .iter()
            .flat_map(|group| group.instances())
            .collect();
        all.sort_by(|one, other| (one.started, &one.id).cmp(&(other.started, &other.id)));
        all
    }

    /// Lets the instances of a function, or of one version, end: those at work after their calls. A call of the same
    /// revision that comes late is refused.
    pub async fn retire(&self, function: &str, version: Option<&str>) {
        let gone: Vec<_> = {
            let mut groups = lock(&self.0.groups);
            groups.retain(|_, lanes| {
                lanes.retain(|_, group| !group.is_past());
                !lanes.is_empty()
            });
            let lanes = groups.get(function).into_iter().flatten();
            lanes
                .filter(|((of, _), _)| version.is_none_or(|version| of == version))
                .map(|(_, group)| Arc::clone(group))
                .collect()
        };
        for group in gone {
            group.retire().await;
        }
    }

    /// Ends all instances at once.
    pub async fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        let groups: Vec<_> = lock(&self.0.groups).drain().collect();
        for group in groups.iter().flat_map(|(_, lanes)| lanes.values()) {
            group.kill();
            group.retire().await;
        }
        self.0.starter.close().await;
    }

    fn group(&self, spec: &Spec) -> Arc<Group> {
        let lane = (spec.version.clone(), spec.identity.qualifier.clone());
        let mut groups = lock(&self.0.groups);
        if let Some(lanes) = groups.get_mut(&spec.function) {
            return Arc::clone(lanes.entry(lane).or_default());
        }
        let lanes = groups.entry(spec.function.clone()).or_default();
        Arc::clone(lanes.entry(lane).or_default())
    }
}

impl Shared {
    fn now(&self) -> Moment {
        Moment {
            tick: self.opened.elapsed(),
            clock: (self.settings.clock)(),
        }
    }

    fn groups(&self) -> Vec<Arc<Group>> {
        let groups = lock(&self.groups);
        let all = groups.values().flat_map(HashMap::values);
        all.map(Arc::clone).collect()
    }

    /// Looks after instances as long as there are any: one task for all.
    fn watch(self: &Arc<Self>) {
        if self.is_watched.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            while !shared.is_closed.load(Ordering::Acquire) {
                tokio::time::sleep(ROUND).await;
                let mut left = shared.starter.sweep();
                for group in shared.groups() {
                    left |= group.sweep(&shared);
                }
                if left {
                    continue;
                }
                shared.is_watched.store(false, Ordering::Release);
                // Who came before that found the task still there.
                if shared.groups().iter().all(|group| group.is_empty())
                    || shared.is_watched.swap(true, Ordering::AcqRel)
                {
                    return;
                }
            }
        });
    }

    /// Ends the instance that would be missed least, so that another function's may start.
    fn make_room(&self) {
        let groups = self.groups();
        let spare = groups
            .iter()
            .filter_map(|group| Some((group.oldest_spare()?, group)));
        if let Some((_, group)) = spare.min_by_key(|(used, _)| *used) {
            group.end_spare();
        }
    }
}

/// A lock that a panic elsewhere does not poison: what it guards is whole between statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
