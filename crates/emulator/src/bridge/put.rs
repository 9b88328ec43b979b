//! How events come in: put by calls, and by other rooms of this cloud.

use std::sync::Arc;

use rusqlite::Connection;

use super::error::{BridgeError, Outcome};
use super::model::{DEFAULT, Event, Target};
use super::pattern::Pattern;
use super::service::{Bridge, Shared};
use super::table::{bus, delivery, rule};
use crate::identity::request_uuid;

impl Bridge {
    /// Puts an event in a transaction of another room; the id of its way. When that is durable, [`Bridge::committed`] must be
    /// told.
    ///
    /// # Errors
    /// There is no such bus, or the event is too large; nothing was changed.
    pub(crate) fn put(&self, db: &Connection, bus: &str, event: Event) -> Outcome<String> {
        self.0.put(db, bus, event)
    }

    /// A transaction in which something was put is durable.
    pub(crate) fn committed(&self) {
        self.0.bell.notify_one();
    }

    /// Puts an event in a transaction of its own; the id of its way.
    ///
    /// # Errors
    /// As [`Bridge::put`], or it could not be kept.
    pub(crate) async fn send(&self, bus: String, event: Event) -> Outcome<String> {
        let shared = Arc::clone(&self.0);
        let write = self.0.store.write(move |db| shared.put(db, &bus, event));
        let trace = write.await?;
        self.committed();
        Ok(trace)
    }
}

impl Shared {
    /// See [`Bridge::put`]. The event is kept with a delivery for each target, and not at all when there is none.
    pub(super) fn put(&self, db: &Connection, bus: &str, event: Event) -> Outcome<String> {
        if bus::find(db, bus)?.is_none() {
            return Err(BridgeError::no_bus(bus));
        }
        let event = event.arrived(bus, &self.origin, self.clock.now())?;
        let targets = self.targets(db, bus, &event)?;
        let trace = request_uuid();
        if !targets.is_empty() {
            delivery::add(db, (&trace, &event.text()), &targets, self.now())?;
        }
        Ok(trace)
    }

    /// Who gets an event of a bus.
    fn targets(&self, db: &Connection, bus: &str, event: &Event) -> Outcome<Vec<Target>> {
        let fits = |pattern: &str| {
            let pattern = Pattern::read(pattern);
            pattern.is_ok_and(|pattern| pattern.fits(event.attributes()))
        };
        let rules = rule::of(db, bus)?.into_iter();
        let rules = rules.filter(|rule| rule.enabled && fits(&rule.pattern));
        let mut targets: Vec<Target> = rules.flat_map(|rule| rule.targets).collect();
        if let Some(watch) = self.watch.get().filter(|_| bus == DEFAULT) {
            let all = watch.listeners(db)?.into_iter();
            let listening = all.filter(|one| fits(&one.pattern));
            targets.extend(listening.map(|one| {
                Target::function(&one.name, (&one.function, &one.qualifier), one.waits)
            }));
        }
        Ok(targets)
    }
}
