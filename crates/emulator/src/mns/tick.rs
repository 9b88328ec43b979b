//! What time brings: deliveries of topics that are due, and messages that become dead letters.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::error::{MnsError, Outcome};
use super::model::{Endpoint, Letter, Notification, Queue, RETENTION_MS, Subscription};
use super::push::request;
use super::service::Shared;
use super::table::delivery::{self, Content, Delivery};
use super::table::{message, queue, subscription};
use crate::agenda::Agenda;
use crate::push::push;
use crate::store::StoreError;

/// Deliveries that are made side by side.
const SIDE_BY_SIDE: usize = 64;
/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait without looking.
const LONGEST: Duration = Duration::from_hours(1);

/// Does what is due until the room closes.
pub(super) async fn work(shared: Arc<Shared>) {
    let mut moved = shared.clock.moved();
    loop {
        let wait = turn(&shared).await.unwrap_or(PAUSE);
        tokio::select! {
            () = shared.closing.cancelled() => return,
            () = shared.bell.notified() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Begins what is due; how long until something else is.
async fn turn(shared: &Arc<Shared>) -> Outcome<Duration> {
    let now = shared.now();
    // Before the rows are read: a delivery that ends in between must not be taken for one that waits.
    let out = shared.out().clone();
    // Those that are being made are still rows.
    let most = 2 * SIDE_BY_SIDE;
    let read = shared.store.read(move |db| {
        let due = delivery::due(db, now, most)?;
        let next = [delivery::next_due(db, now)?, message::next_dead(db)?];
        Ok::<_, MnsError>((due, next))
    });
    let (due, [next, dead]) = read.await?;
    if dead.is_some_and(|dead| dead <= now) {
        shared.bury_all(now).await?;
        return Ok(Duration::ZERO);
    }
    let free = SIDE_BY_SIDE.saturating_sub(out.len());
    let waiting = due.into_iter().filter(|one| !out.contains(&one.id));
    for delivery in waiting.take(free) {
        shared.out().insert(delivery.id);
        tokio::spawn(deliver(Arc::clone(shared), delivery));
    }
    let next = next.into_iter().chain(dead).min();
    let wait = next.map_or(LONGEST, |next| {
        Duration::from_millis(u64::try_from(next - now).unwrap_or_default())
    });
    Ok(wait.min(LONGEST))
}

/// What is delivered, and what is due next.
pub(super) async fn agenda(shared: &Shared) -> Result<Agenda, StoreError> {
    let now = shared.now();
    let read = shared.store.read(move |db| {
        let agenda = Agenda::default()
            .busy(!delivery::due(db, now, 1)?.is_empty())
            .with(now, delivery::next_due(db, now)?)
            .with(now, message::next_dead(db)?);
        Ok::<_, StoreError>(agenda)
    });
    let agenda = read.await?;
    Ok(agenda.busy(!shared.out().is_empty()))
}

/// Makes a delivery and records what came of it.
async fn deliver(shared: Arc<Shared>, delivery: Delivery) {
    let id = delivery.id;
    let made = tokio::select! {
        () = shared.closing.cancelled() => Ok(()),
        made = shared.deliver(delivery) => made,
    };
    if made.is_err() {
        tokio::time::sleep(PAUSE).await;
    }
    shared.out().remove(&id);
    shared.bell.notify_one();
}

impl Shared {
    pub(super) fn out(&self) -> MutexGuard<'_, std::collections::HashSet<i64>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver(self: &Arc<Self>, delivery: Delivery) -> Outcome<()> {
        let of = delivery.clone();
        let read = self.store.read(move |db| {
            let to = subscription::find(db, &of.topic, &of.subscription)?;
            Ok::<_, MnsError>(to.zip(delivery::content(db, &of)?))
        });
        let Some((to, message)) = read.await? else {
            // Subscription or topic were deleted meanwhile.
            return self.settle(delivery, None).await;
        };
        if message.published_ms + RETENTION_MS <= self.now() {
            return self.settle(delivery, None).await;
        }
        match Endpoint::read(&to.terms.endpoint)? {
            Endpoint::Queue(queue) => self.hand_over_late(delivery, (to, queue), message).await,
            Endpoint::Http(uri) => {
                let notification = Notification {
                    owner: &self.account.id,
                    topic: &to.topic,
                    subscription: &to.name,
                    message_id: &message.message_id,
                    body: &message.body,
                    tag: &message.tag,
                    published_ms: message.published_ms,
                };
                let request = request(&uri, &notification, to.terms.format, self.clock.now());
                let is_taken = push(&self.web, request).await;
                self.settle(delivery, Some(to).filter(|_| !is_taken)).await
            }
        }
    }

    /// Records that a delivery is over, or failed for a subscription.
    async fn settle(&self, delivery: Delivery, failed: Option<Subscription>) -> Outcome<()> {
        let now = self.now();
        let write = self
            .store
            .write(move |db| settle(db, &delivery, failed.as_ref(), now));
        write.await
    }

    /// One transaction: a queue that was not there when the message was published gets it now, or is tried again.
    async fn hand_over_late(
        self: &Arc<Self>,
        delivery: Delivery,
        (to, queue): (Subscription, String),
        message: Content,
    ) -> Outcome<()> {
        let (room, name) = (Arc::clone(self), queue.clone());
        let write = self.store.write(move |db| {
            let mut letter = Letter::new(message.body).with_id(message.message_id);
            letter.tag = message.tag;
            letter.extra = message.extra;
            let is_there = room.hand_over(db, (&to, &name), &letter, message.published_ms)?;
            let failed = Some(&to).filter(|_| !is_there);
            settle(db, &delivery, failed, room.now())
        });
        write.await?;
        self.bells.ring(&queue);
        Ok(())
    }

    async fn bury_all(self: &Arc<Self>, now: i64) -> Outcome<()> {
        let room = Arc::clone(self);
        let write = self.store.write(move |db| {
            let mut rung = Vec::new();
            message::forget_old(db, now)?;
            for name in message::queues_with_dead(db, now)? {
                if let Some(queue) = queue::find(db, &name)? {
                    rung.push(name);
                    rung.extend(room.bury(db, &queue, now)?);
                }
            }
            Ok::<_, MnsError>(rung)
        });
        for queue in write.await? {
            self.bells.ring(&queue);
        }
        Ok(())
    }

    /// Moves a queue's dead letters; the queue that got some.
    pub(super) fn bury(&self, db: &Connection, of: &Queue, now: i64) -> Outcome<Option<String>> {
        let dead = of.attributes.dead_letters();
        let to = match dead {
            Some(dead) => queue::find(db, &dead.queue)?,
            None => None,
        };
        let arn = self.queue_arn(&of.name);
        let moved = message::bury(db, (of, &arn), to.as_ref(), now)?;
        Ok(to.map(|to| to.name).filter(|_| moved))
    }
}

fn settle(
    db: &Connection,
    delivery: &Delivery,
    failed: Option<&Subscription>,
    now: i64,
) -> Outcome<()> {
    let again = failed.and_then(|failed| failed.next_try(delivery.failures + 1, now));
    match again {
        Some(due_ms) => delivery::again(db, delivery, due_ms)?,
        None => delivery::remove(db, delivery)?,
    }
    Ok(())
}
