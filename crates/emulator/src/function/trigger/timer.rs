//! Fires timers: one task looks for what is due and queues its events.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use trigger::Schedule;

use crate::agenda::Agenda;
use crate::function::model::{Trigger, shown_time};
use crate::function::queue::{self, Event};
use crate::function::service::Shared;
use crate::function::table;
use crate::identity::request_uuid;
use crate::store::StoreError;

/// Times that one timer fires for when the clock was moved over more: the first ones.
const MOST: usize = 1000;
/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait without looking.
const LONGEST: Duration = Duration::from_hours(1);

/// Wakes and ends the task.
#[derive(Default)]
pub(crate) struct Timers {
    changed: Notify,
    closing: CancellationToken,
    /// The moment up to which all was done that was due.
    done: AtomicI64,
}

impl Timers {
    /// Something that the task looks at was made, changed or deleted.
    pub(crate) fn change(&self) {
        self.changed.notify_one();
    }

    /// All is done that was due up to a moment, in milliseconds.
    pub(crate) fn did(&self, until: i64) {
        self.done.store(until, Ordering::Release);
    }

    /// The moment up to which all was done; 0 before the task looked for the first time.
    pub(crate) fn done(&self) -> i64 {
        self.done.load(Ordering::Acquire)
    }

    /// Ends the task.
    pub(crate) fn close(&self) {
        self.closing.cancel();
    }

    /// Waits until something changed that the task had not heard of.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until the task shall end.
    pub(crate) async fn closed(&self) {
        self.closing.cancelled().await;
    }
}

/// Fires what is due until it is closed. Times that passed while the cloud did not run are not made up for.
pub(crate) async fn tick(shared: Arc<Shared>) {
    let mut moved = shared.clock.moved();
    let mut last = shared.now_ms();
    loop {
        let now = shared.now_ms().max(last);
        let wait = match fire(&shared, last, now).await {
            Ok(next) => {
                last = now;
                shared.timers.did(now);
                let until = next.map(|next| u64::try_from(next - now).unwrap_or_default());
                until.map_or(LONGEST, Duration::from_millis).min(LONGEST)
            }
            Err(_) => PAUSE,
        };
        tokio::select! {
            () = shared.timers.closed() => return,
            () = shared.timers.changed() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// When timers fire next.
pub(crate) async fn agenda(shared: &Shared) -> Result<Agenda, StoreError> {
    let listed = shared
        .store
        .read(|db| Ok::<_, StoreError>(table::trigger::of_kind(db, "timer")?));
    let triggers = listed.await?;
    let fired = shared.timers.done();
    let (now, mut agenda) = (shared.now_ms(), Agenda::default());
    for trigger in triggers {
        if let Some(schedule) = schedule(&trigger) {
            let (times, later) = schedule.between((fired, now), trigger.modified_ms, 1);
            agenda = agenda.with(now, times.first().copied().or(later));
        }
    }
    Ok(agenda)
}

/// Queues the events of all times after `last` up to `now`; when the next one is due.
async fn fire(shared: &Shared, last: i64, now: i64) -> Result<Option<i64>, StoreError> {
    let listed = shared
        .store
        .read(|db| Ok::<_, StoreError>(table::trigger::of_kind(db, "timer")?));
    let mut events = Vec::new();
    let mut next: Option<i64> = None;
    for trigger in listed.await? {
        let Some(schedule) = schedule(&trigger) else {
            continue;
        };
        let made = trigger.modified_ms;
        let (times, later) = schedule.between((last, now), made, MOST);
        events.extend(times.into_iter().map(|due| event(&trigger, due, now)));
        next = next.into_iter().chain(later).min();
    }
    if !events.is_empty() {
        let queued = shared.store.write(move |db| {
            for event in &events {
                queue::tasks::enqueue(db, event)?;
            }
            Ok::<_, StoreError>(())
        });
        queued.await?;
        shared.bell.ring();
    }
    Ok(next)
}

/// When a trigger fires; nothing when it is switched off.
fn schedule(trigger: &Trigger) -> Option<Schedule> {
    let config = &trigger.config;
    if config["enable"] == false {
        return None;
    }
    Schedule::parse(config["cronExpression"].as_str()?).ok()
}

fn event(trigger: &Trigger, due: i64, now: i64) -> Event {
    let payload = json!({
        "triggerTime": shown_time(due),
        "triggerName": trigger.name,
        "payload": trigger.config["payload"].as_str().unwrap_or_default(),
    });
    let (id, payload) = (request_uuid(), payload.to_string());
    Event::new(
        &id,
        &trigger.function,
        &trigger.qualifier,
        payload.as_bytes(),
        now,
    )
}
