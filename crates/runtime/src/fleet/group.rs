//! One version of one function: its instances, and the calls that wait for one.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;

use super::instance::Instance;
use super::{InstanceInfo, Shared, lock};
use crate::call::{BoxError, CallBody, Fault};
use crate::spec::{Scale, Spec};

/// How long a call waits for a busy instance before another one is started: starting takes longer than most calls.
const PATIENCE: Duration = Duration::from_millis(10);
/// Instances that are started at the same time.
const STARTS: u32 = 4;
/// How long instances that shall go may go on with their calls.
const GRACE: Duration = Duration::from_mins(10);
/// How often idle instances are looked for while there are any.
const ROUND: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(super) struct Group(Mutex<State>);

#[derive(Default)]
struct State {
    /// The newest spec; instances of others take no calls.
    spec: Option<Arc<Spec>>,
    /// In use order: the last one was used last.
    instances: Vec<Seat>,
    waiting: VecDeque<oneshot::Sender<Result<Permit, Fault>>>,
    starting: u32,
    scale: Scale,
    /// Whether a task looks for idle instances.
    watched: bool,
    retired: bool,
}

/// An instance and how it is used.
struct Seat {
    instance: Arc<Instance>,
    busy: u32,
    calls: u64,
    used: SystemTime,
    started: SystemTime,
}

/// The right to give an instance one call; given back when dropped.
pub(super) struct Permit {
    pub(super) instance: Arc<Instance>,
    shared: Arc<Shared>,
    group: Arc<Group>,
}

impl Group {
    /// Waits for an instance of the spec that has room.
    pub(super) async fn acquire(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        spec: &Arc<Spec>,
    ) -> Result<Permit, Fault> {
        let mut receiver = {
            let mut state = lock(&self.0);
            state.renew(spec);
            if let Some(instance) = state.take(shared) {
                return Ok(self.permit(shared, instance));
            }
            if state.is_short(spec, 1) && (state.live() == 0 || state.is_full(shared)) {
                self.grow(&mut state, shared)?;
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.push_back(sender);
            receiver
        };
        let lost = |_| Err(Fault::Throttled("the function was removed".to_owned()));
        loop {
            if let Ok(given) = tokio::time::timeout(PATIENCE, &mut receiver).await {
                return given.unwrap_or_else(lost);
            }
            let mut state = lock(&self.0);
            if state.is_short(spec, 0) && !state.is_full(shared) {
                self.grow(&mut state, shared)?;
            }
        }
    }

    /// Starts an instance unless a limit forbids it.
    fn grow(self: &Arc<Self>, state: &mut State, shared: &Arc<Shared>) -> Result<(), Fault> {
        let Some(spec) = state.spec.clone() else {
            return Ok(());
        };
        if state.starting >= STARTS {
            return Ok(());
        }
        if state.is_full(shared) {
            return Err(Fault::Throttled(format!(
                "function '{}' has as many instances as it may have, and all are busy",
                spec.function
            )));
        }
        state.starting += 1;
        let (group, shared) = (Arc::clone(self), Arc::clone(shared));
        tokio::spawn(async move {
            let started = shared.starter.start(&shared, &spec).await;
            group.started(&shared, &spec, started);
        });
        Ok(())
    }

    fn started(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        spec: &Arc<Spec>,
        started: Result<Instance, Fault>,
    ) {
        let mut state = lock(&self.0);
        state.starting -= 1;
        let is_current = state
            .spec
            .as_ref()
            .is_some_and(|now| now.revision == spec.revision);
        match started {
            Ok(instance) if state.retired || !is_current => {
                instance.kill();
                if !state.retired && !state.waiting.is_empty() {
                    let _ = self.grow(&mut state, shared);
                }
            }
            Ok(instance) => {
                let now = (shared.settings.clock)();
                state.instances.push(Seat {
                    instance: Arc::new(instance),
                    busy: 0,
                    calls: 0,
                    used: now,
                    started: now,
                });
                self.serve(&mut state, shared);
                self.watch(&mut state, shared);
            }
            // Those who wait for an instance that cannot be had learn why; unless others are at work.
            Err(fault) if state.live() == 0 && is_current => {
                for sender in state.waiting.drain(..) {
                    let _ = sender.send(Err(fault.clone()));
                }
            }
            Err(_) => {}
        }
    }

    /// Gives what is free to those who wait.
    fn serve(self: &Arc<Self>, state: &mut State, shared: &Arc<Shared>) {
        while !state.waiting.is_empty() {
            let Some(instance) = state.take(shared) else {
                return;
            };
            let Some(sender) = state.waiting.pop_front() else {
                return;
            };
            // Who does not wait any more gives it back by dropping it: outside, since that locks.
            if let Err(Ok(permit)) = sender.send(Ok(self.permit(shared, instance))) {
                let instance = Arc::clone(&permit.instance);
                std::mem::forget(permit);
                state.give(&instance, shared);
            }
        }
    }

    fn permit(self: &Arc<Self>, shared: &Arc<Shared>, instance: Arc<Instance>) -> Permit {
        Permit {
            instance,
            shared: Arc::clone(shared),
            group: Arc::clone(self),
        }
    }

    fn release(self: &Arc<Self>, instance: &Arc<Instance>, shared: &Arc<Shared>) {
        let mut state = lock(&self.0);
        state.give(instance, shared);
        self.serve(&mut state, shared);
        // The last instance may have died under its call.
        if !state.waiting.is_empty() && state.live() + state.starting == 0 {
            let _ = self.grow(&mut state, shared);
        }
    }

    /// Ends instances that are idle, dead or of another revision, as long as there are any.
    fn watch(self: &Arc<Self>, state: &mut State, shared: &Arc<Shared>) {
        if std::mem::replace(&mut state.watched, true) {
            return;
        }
        let (group, shared) = (Arc::clone(self), Arc::clone(shared));
        tokio::spawn(async move { group.rounds(&shared).await });
    }

    async fn rounds(self: Arc<Self>, shared: &Arc<Shared>) {
        loop {
            tokio::time::sleep(ROUND).await;
            let (gone, left) = self.sweep(shared);
            for instance in gone {
                tokio::spawn(async move { instance.stop().await });
            }
            if !left {
                return;
            }
        }
    }

    /// Takes out what shall end; whether there is anything left.
    fn sweep(self: &Arc<Self>, shared: &Arc<Shared>) -> (Vec<Arc<Instance>>, bool) {
        let mut state = lock(&self.0);
        let now = (shared.settings.clock)();
        let (revision, idle) = match &state.spec {
            Some(spec) => (spec.revision.clone(), spec.idle),
            None => (String::new(), Duration::ZERO),
        };
        let mut spare = state.live().saturating_sub(state.scale.min);
        let retired = state.retired;
        let mut gone = Vec::new();
        state.instances.retain(|seat| {
            let instance = &seat.instance;
            let is_old = instance.revision != revision || retired;
            let is_idle = spare > 0 && now.duration_since(seat.used).unwrap_or_default() >= idle;
            let ends = instance.is_dead() || seat.busy == 0 && (is_old || is_idle);
            if ends && !is_old && !instance.is_dead() {
                spare -= 1;
            }
            if ends {
                gone.push(Arc::clone(instance));
            }
            !ends
        });
        let missing = state
            .scale
            .min
            .saturating_sub(state.live() + state.starting);
        for _ in 0..missing.min(STARTS) {
            let _ = self.grow(&mut state, shared);
        }
        let left = !state.instances.is_empty() || state.starting > 0 || state.scale.min > 0;
        state.watched = left && !(retired && state.instances.is_empty());
        (gone, state.watched)
    }

    pub(super) fn keep(self: &Arc<Self>, shared: &Arc<Shared>, spec: &Arc<Spec>, scale: Scale) {
        let mut state = lock(&self.0);
        state.renew(spec);
        state.scale = scale;
        let missing = scale.min.saturating_sub(state.live() + state.starting);
        for _ in 0..missing.min(STARTS) {
            let _ = self.grow(&mut state, shared);
        }
        if scale.min > 0 {
            self.watch(&mut state, shared);
        }
    }

    /// Takes no more calls; ends when those at work have ended, in the background.
    pub(super) async fn retire(&self) {
        let idle: Vec<_> = {
            let mut state = lock(&self.0);
            state.retired = true;
            state.waiting.clear();
            let (idle, busy) = state.instances.drain(..).partition(|seat| seat.busy == 0);
            state.instances = busy;
            idle
        };
        for seat in idle {
            seat.instance.stop().await;
        }
        for seat in lock(&self.0).instances.drain(..) {
            tokio::spawn(async move {
                tokio::time::sleep(GRACE).await;
                seat.instance.kill();
            });
        }
    }

    /// Ends everything at once.
    pub(super) fn kill(&self) {
        for seat in &lock(&self.0).instances {
            seat.instance.kill();
        }
    }

    pub(super) fn instances(&self) -> Vec<InstanceInfo> {
        let state = lock(&self.0);
        let info = |seat: &Seat| InstanceInfo {
            id: seat.instance.id.clone(),
            version: seat.instance.version.clone(),
            revision: seat.instance.revision.clone(),
            started: seat.started,
            busy: seat.busy,
            calls: seat.calls,
            pid: seat.instance.pid(),
        };
        state.instances.iter().map(info).collect()
    }
}

impl State {
    /// Makes a spec the current one, if it is another.
    fn renew(&mut self, spec: &Arc<Spec>) {
        let same = self
            .spec
            .as_ref()
            .is_some_and(|now| now.revision == spec.revision);
        if !same {
            self.spec = Some(Arc::clone(spec));
        }
        self.retired = false;
    }

    /// Whether an instance takes calls.
    fn is_current(&self, instance: &Instance) -> bool {
        let spec = self.spec.as_ref();
        spec.is_some_and(|spec| spec.revision == instance.revision) && !instance.is_dead()
    }

    /// Instances that take calls.
    fn live(&self) -> u32 {
        let live = self
            .instances
            .iter()
            .filter(|seat| self.is_current(&seat.instance));
        u32::try_from(live.count()).unwrap_or(u32::MAX)
    }

    /// Whether more calls wait, with those that come, than instances that are being started will serve at once.
    fn is_short(&mut self, spec: &Spec, come: usize) -> bool {
        self.waiting.retain(|sender| !sender.is_closed());
        self.waiting.len() + come > (self.starting * spec.concurrency) as usize
    }

    /// Whether a limit forbids another instance.
    fn is_full(&self, shared: &Shared) -> bool {
        let here = u32::try_from(self.instances.len()).unwrap_or(u32::MAX) + self.starting;
        let most = self
            .spec
            .as_ref()
            .and_then(|spec| shared.most(&spec.function));
        most.is_some_and(|most| here >= most) || !self.scale.on_demand && here >= self.scale.min
    }

    /// A place in the instance that was used last and has room.
    fn take(&mut self, shared: &Shared) -> Option<Arc<Instance>> {
        let concurrency = self.spec.as_ref()?.concurrency;
        let free = |seat: &Seat| seat.busy < concurrency && self.is_current(&seat.instance);
        let at = self.instances.iter().rposition(free)?;
        let seat = &mut self.instances[at];
        seat.busy += 1;
        seat.calls += 1;
        seat.used = (shared.settings.clock)();
        Some(Arc::clone(&seat.instance))
    }

    fn give(&mut self, instance: &Arc<Instance>, shared: &Shared) {
        let of = |seat: &Seat| Arc::ptr_eq(&seat.instance, instance);
        if let Some(at) = self.instances.iter().position(of) {
            let mut seat = self.instances.remove(at);
            seat.busy -= 1;
            seat.used = (shared.settings.clock)();
            if !instance.is_dead() {
                self.instances.push(seat);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.group.release(&self.instance, &self.shared);
    }
}

impl Permit {
    /// Keeps the place until the response's body has been read or given up.
    pub(super) fn hold(self, response: http::Response<CallBody>) -> http::Response<CallBody> {
        response.map(|body| {
            CallBody::new(Held {
                body,
                _permit: self,
            })
        })
    }
}

/// A body that holds a permit.
struct Held {
    body: CallBody,
    _permit: Permit,
}

impl Body for Held {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
