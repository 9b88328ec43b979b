//! What a group knows: its roster, and the instances and callers that the roster's numbers stand for.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Instant;

use tokio::sync::oneshot;

use super::Shared;
use super::instance::Instance;
use super::permit::Given;
use super::roster::Roster;
use super::seat::{Id, Moment};
use crate::call::Fault;
use crate::spec::Spec;

/// See the module.
pub(super) struct State {
    pub(super) roster: Roster,
    /// The newest spec; instances of others take no calls.
    pub(super) spec: Option<Arc<Spec>>,
    /// Those before it, as far as calls still have them: such a call is late, and gets the newest.
    past: Vec<Weak<Spec>>,
    pub(super) instances: HashMap<Id, Arc<Instance>>,
    pub(super) waiting: HashMap<Id, oneshot::Sender<Result<Given, Fault>>>,
    /// Why the last start failed.
    pub(super) fault: Option<Fault>,
    /// When its version was removed, unless another revision came after that.
    pub(super) retired: Option<Instant>,
    next: Id,
}

impl Default for State {
    fn default() -> Self {
        Self {
            roster: Roster::new(),
            spec: None,
            past: Vec::new(),
            instances: HashMap::new(),
            waiting: HashMap::new(),
            fault: None,
            retired: None,
            next: 0,
        }
    }
}

impl State {
    pub(super) fn number(&mut self) -> Id {
        self.next += 1;
        self.next
    }

    /// Makes a spec the current one, if it is another and not one from before.
    pub(super) fn renew(&mut self, spec: &Arc<Spec>) {
        if let Some(now) = &self.spec {
            let is_past = |past: &Weak<Spec>| std::ptr::eq(past.as_ptr(), Arc::as_ptr(spec));
            if now.revision == spec.revision || self.past.iter().any(is_past) {
                return;
            }
            let now = Arc::downgrade(now);
            self.past.retain(|past| past.strong_count() > 0);
            self.past.push(now);
            for instance in self.instances.values() {
                instance.lease.make_way();
            }
        }
        self.spec = Some(Arc::clone(spec));
        self.fault = None;
        self.retired = None;
        self.roster.renew(spec);
    }

    /// A place for a call that comes.
    pub(super) fn take(&mut self, now: Moment) -> Option<Given> {
        loop {
            let id = self.roster.take(now)?;
            match self.instances.get(&id) {
                Some(instance) if !instance.is_dead() => {
                    let instance = Arc::clone(instance);
                    return Some(Given { id, instance });
                }
                // Its end is on its way to us.
                _ => self.remove(id, now),
            }
        }
    }

    pub(super) fn remove(&mut self, id: Id, now: Moment) {
        self.roster.gone(id, now);
        if let Some(instance) = self.instances.remove(&id) {
            self.fault = Some(instance.why_ended());
        }
    }

    /// Takes out what has ended, so that nothing is given to it.
    pub(super) fn bury(&mut self, now: Moment) {
        let dead = self
            .instances
            .iter()
            .filter(|(_, instance)| instance.is_dead());
        for id in dead.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(id, now);
        }
    }

    /// Whether a call may wait.
    pub(super) fn check(&mut self, shared: &Shared, now: Moment) -> Result<(), Fault> {
        let Some(spec) = &self.spec else {
            return Ok(());
        };
        if self.roster.is_retired() {
            return Err(Fault::Removed);
        }
        if self.roster.is_broken(now)
            && let Some(fault) = &self.fault
        {
            return Err(fault.clone());
        }
        if self
            .roster
            .is_full(shared.limits.room(&spec.function, spec.memory_mb))
        {
            return Err(full(spec));
        }
        Ok(())
    }

    /// Refuses those who wait when nothing runs, nothing is on its way, and what is reserved is used up.
    pub(super) fn refuse_hopeless(&mut self, shared: &Shared) {
        if let Some(spec) = self.spec.clone()
            && self.roster.is_hopeless()
            && shared.limits.room(&spec.function, spec.memory_mb).reserved == 0
        {
            self.fail(&full(&spec));
        }
    }

    pub(super) fn serve(&mut self, ticket: Id, seat: Id) {
        let instance = self.instances.get(&seat).map(Arc::clone);
        let sender = self.waiting.remove(&ticket);
        if let (Some(instance), Some(sender)) = (instance, sender) {
            // Who went away meanwhile finds it in the channel and gives it back.
            let _ = sender.send(Ok(Given { id: seat, instance }));
        }
    }

    pub(super) fn refuse(&mut self, ticket: Id, fault: Fault) {
        self.roster.forget(ticket);
        if let Some(sender) = self.waiting.remove(&ticket) {
            let _ = sender.send(Err(fault));
        }
    }

    pub(super) fn fail(&mut self, fault: &Fault) {
        for ticket in self.waiting.keys().copied().collect::<Vec<_>>() {
            self.refuse(ticket, fault.clone());
        }
    }

    /// Ends an instance that the roster has let go. Another may take its place while it ends.
    pub(super) fn end(&mut self, seat: Id) {
        if let Some(instance) = self.instances.remove(&seat) {
            instance.lease.make_way();
            tokio::spawn(async move { instance.stop().await });
        }
    }
}

fn full(spec: &Spec) -> Fault {
    Fault::Throttled(format!(
        "function '{}' has as many instances as it may have, and all are busy",
        spec.function
    ))
}
