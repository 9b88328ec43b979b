//! One version of one function: carries out what its roster decides.

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use super::instance::Instance;
use super::permit::{Given, Permit, Waiting};
use super::seat::{Action, Id};
use super::state::State;
use super::{InstanceInfo, Shared, lock};
use crate::call::Fault;
use crate::spec::{Scale, Spec};

/// Pauses between looks of a waiting call.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(100);
/// How long a call waits for memory of this machine.
const CROWDED: Duration = Duration::from_secs(10);
/// How long instances that shall go may go on with their calls.
const GRACE: Duration = Duration::from_mins(10);

/// See the module.
#[derive(Default)]
pub(super) struct Group(Mutex<State>);

impl Group {
    /// Waits for an instance that has room.
    pub(super) async fn acquire(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        spec: &Arc<Spec>,
    ) -> Result<Permit, Fault> {
        let mut waiting = {
            let mut state = lock(&self.0);
            state.renew(spec);
            let now = shared.now();
            if let Some(given) = state.take(now) {
                return Ok(self.permit(shared, given));
            }
            state.check(shared, now)?;
            let (sender, receiver) = oneshot::channel();
            let ticket = state.number();
            state.waiting.insert(ticket, sender);
            state.roster.wait(ticket, now);
            let waiting = Waiting::new(self, shared, ticket, receiver);
            self.settle(&mut state, shared);
            waiting
        };
        shared.watch();
        // It may wait for long, and its code be another's by then.
        let _use = shared.uses.begin(spec);
        let mut pause = FIRST_LOOK;
        loop {
            if let Some(given) = waiting.given(pause).await {
                return given.map(|given| self.permit(shared, given));
            }
            pause = (pause * 2).min(LONGEST_LOOK);
            if self.look(shared) {
                shared.make_room();
            }
        }
    }

    fn permit(self: &Arc<Self>, shared: &Arc<Shared>, given: Given) -> Permit {
        Permit::new(Arc::clone(shared), Arc::clone(self), given)
    }

    /// Sees whether waiting has become too long; whether memory is short.
    fn look(self: &Arc<Self>, shared: &Arc<Shared>) -> bool {
        let mut state = lock(&self.0);
        self.settle(&mut state, shared);
        let Some(spec) = state.spec.clone() else {
            return false;
        };
        let is_short = shared.limits.room(&spec.function, spec.memory_mb).machine == 0;
        if is_short && state.roster.waiting() > 0 {
            let message = format!(
                "this machine has no memory for another instance of function '{}' ({} MB): others are busy",
                spec.function, spec.memory_mb
            );
            for ticket in state.roster.waited(shared.now(), CROWDED) {
                state.refuse(ticket, Fault::Throttled(message.clone()));
            }
        }
        is_short
    }

    /// Does what follows from how things are.
    fn settle(self: &Arc<Self>, state: &mut State, shared: &Arc<Shared>) {
        let Some(spec) = state.spec.clone() else {
            return;
        };
        state.bury(shared.now());
        let room = shared.limits.room(&spec.function, spec.memory_mb);
        for action in state.roster.decide(shared.now(), room) {
            match action {
                Action::Serve { ticket, seat } => state.serve(ticket, seat),
                Action::Start => self.start(state, shared, &spec),
                Action::End(seat) => state.end(seat),
            }
        }
    }

    fn start(self: &Arc<Self>, state: &mut State, shared: &Arc<Shared>, spec: &Arc<Spec>) {
        let Some(lease) = shared.limits.admit(&spec.function, spec.memory_mb) else {
            state.roster.unstarted();
            return;
        };
        let generation = state.roster.generation();
        let (group, shared, spec) = (Arc::clone(self), Arc::clone(shared), Arc::clone(spec));
        tokio::spawn(async move {
            let started = shared.starter.start(&shared, &spec, lease).await;
            group.started(&shared, generation, started);
        });
    }

    fn started(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        generation: u64,
        started: Result<Instance, Fault>,
    ) {
        let mut state = lock(&self.0);
        match started {
            Ok(instance) => {
                let id = state.number();
                if state.roster.started(id, generation, shared.now()) {
                    if instance.is_lone {
                        state.roster.be_lone();
                    }
                    let ended = instance.process.wait();
                    let (group, shared) = (Arc::clone(self), Arc::clone(shared));
                    tokio::spawn(async move {
                        ended.await;
                        group.gone(&shared, id);
                    });
                    state.instances.insert(id, Arc::new(instance));
                }
            }
            Err(fault) => {
                if state.roster.failed(generation, shared.now()) && state.roster.is_hopeless() {
                    // Those who wait for an instance that cannot be had learn why.
                    state.fail(&fault);
                }
                state.fault = Some(fault);
            }
        }
        self.settle(&mut state, shared);
        let function = state.spec.as_ref().map(|spec| spec.function.clone());
        drop(state);
        // Less may be reserved than when it was begun.
        if let Some(function) = function {
            shared.retrench(&function);
        }
    }

    /// An instance's process has ended.
    fn gone(self: &Arc<Self>, shared: &Arc<Shared>, id: Id) {
        let mut state = lock(&self.0);
        if state.roster.gone(id, shared.now())
            && let Some(instance) = state.instances.remove(&id)
        {
            state.fault = Some(instance.why_ended());
        }
        self.settle(&mut state, shared);
    }

    /// Gives a place back.
    pub(super) fn release(self: &Arc<Self>, shared: &Arc<Shared>, given: &Given, took: Duration) {
        let mut state = lock(&self.0);
        let now = shared.now();
        let leaves = state.roster.give(given.id, took, now);
        let is_dead = given.instance.is_dead();
        if is_dead {
            state.roster.gone(given.id, now);
            state.instances.remove(&given.id);
        }
        if is_dead || leaves || state.roster.waiting() > 0 {
            self.settle(&mut state, shared);
        }
    }

    /// A call was stopped: its instance takes no others. It is killed now if that was its only one; else it goes after the
    /// others, which are not to suffer.
    pub(super) fn dismiss(&self, given: &Given) {
        given.instance.lease.make_way();
        let busy = lock(&self.0).roster.dismiss(given.id);
        if busy <= 1 {
            given.instance.kill();
        }
    }

    /// A call does not wait any more.
    pub(super) fn forget(&self, ticket: Id) {
        let mut state = lock(&self.0);
        state.waiting.remove(&ticket);
        state.roster.forget(ticket);
    }

    /// Ends instances that are idle and replaces kept ones that are gone; whether there is anything left.
    pub(super) fn sweep(self: &Arc<Self>, shared: &Arc<Shared>) -> bool {
        let mut state = lock(&self.0);
        for seat in state.roster.sweep(shared.now()) {
            state.end(seat);
        }
        self.settle(&mut state, shared);
        !state.roster.is_empty()
    }

    pub(super) fn look_into<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.0))
    }

    /// Instances that take calls.
    pub(super) fn live(&self) -> u32 {
        lock(&self.0).roster.live()
    }

    /// Lets up to so many instances go that are busy, or that are not; how many those are.
    pub(super) fn shed(self: &Arc<Self>, shared: &Arc<Shared>, most: u32, busy: bool) -> u32 {
        let mut state = lock(&self.0);
        let gone = state.roster.shed(most, busy);
        if gone > 0 {
            self.settle(&mut state, shared);
        }
        gone
    }

    /// Refuses those who wait when nothing runs, nothing is on its way, and what is reserved is used up.
    pub(super) fn refuse_hopeless(&self, shared: &Shared) {
        lock(&self.0).refuse_hopeless(shared);
    }

    /// Whether there is nothing to look after.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).roster.is_empty()
    }

    /// When the instance that would be missed least was used.
    pub(super) fn oldest_spare(&self) -> Option<SystemTime> {
        lock(&self.0).roster.oldest_spare()
    }

    /// Ends it.
    pub(super) fn end_spare(&self) {
        let mut state = lock(&self.0);
        if let Some(seat) = state.roster.end_spare() {
            state.end(seat);
        }
    }

    pub(super) fn keep(self: &Arc<Self>, shared: &Arc<Shared>, spec: &Arc<Spec>, scale: Scale) {
        let mut state = lock(&self.0);
        state.renew(spec);
        state.roster.scale = scale;
        self.settle(&mut state, shared);
    }

    /// Takes no more calls. Instances end when they have nothing to do, at last after ten minutes; waits for those that
    /// have nothing to do now.
    pub(super) async fn retire(self: &Arc<Self>) {
        let (idle, busy) = {
            let mut state = lock(&self.0);
            state.fail(&Fault::Removed);
            state.retired = Some(Instant::now());
            let gone = state.roster.retire();
            let idle: Vec<_> = gone
                .iter()
                .filter_map(|seat| state.instances.remove(seat))
                .collect();
            let busy: Vec<_> = state.instances.values().map(Arc::downgrade).collect();
            (idle, busy)
        };
        for instance in idle {
            instance.stop().await;
        }
        if !busy.is_empty() {
            tokio::spawn(async move {
                tokio::time::sleep(GRACE).await;
                for instance in busy.iter().filter_map(Weak::upgrade) {
                    instance.kill();
                }
            });
        }
    }

    /// Whether it was retired so long ago that no call comes for it any more, and has nothing to end.
    pub(super) fn is_past(&self) -> bool {
        let state = lock(&self.0);
        let is_old = |since: Instant| since.elapsed() > GRACE;
        state.roster.is_empty() && state.retired.is_some_and(is_old)
    }

    /// Ends the calls that are waited for, with the instances that serve them. Idle instances stay.
    pub(super) fn interrupt(self: &Arc<Self>, shared: &Arc<Shared>) {
        let mut state = lock(&self.0);
        state.fail(&Fault::Stopped);
        for seat in state.roster.seats().iter().filter(|seat| seat.busy > 0) {
            if let Some(instance) = state.instances.get(&seat.id) {
                instance.lease.make_way();
                instance.interrupt();
            }
        }
        self.settle(&mut state, shared);
    }

    /// Ends everything at once.
    pub(super) fn kill(&self) {
        for instance in lock(&self.0).instances.values() {
            instance.kill();
        }
    }

    pub(super) fn instances(&self) -> Vec<InstanceInfo> {
        let state = lock(&self.0);
        let seats = state.roster.seats().iter();
        seats
            .filter_map(|seat| Some(state.instances.get(&seat.id)?.info(seat)))
            .collect()
    }
}
