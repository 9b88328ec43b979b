//! What becomes of a batch: its messages are done with, stay held for another try, or go back into their queue.

use rusqlite::Connection;

use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::service::Shared;
use crate::bridge::table::batch::{self as rows, Batch};
use crate::bridge::table::delivery::{self, Delivery};
use crate::identity::chance;
use crate::mns::{Address, Hold, Letter, Posted};

/// What is to be told when the end of a delivery is durable.
#[derive(Debug, Default)]
pub(in crate::bridge) struct After {
    pub(in crate::bridge) posted: Vec<Posted>,
    /// Queues that got messages back.
    pub(in crate::bridge) rung: Option<String>,
    /// Whether a stream has stopped.
    pub(in crate::bridge) has_stopped: bool,
}

/// A delivery was made, or is given up: its row goes, and with it the messages of its batch. Whether it was still there.
pub(in crate::bridge) fn finish(db: &Connection, delivery: &Delivery) -> Outcome<bool> {
    if let Some(batch) = rows::take(db, delivery.id)? {
        Hold::finish(db, &batch.holds)?;
    }
    Ok(delivery::remove(db, delivery)?)
}

impl Shared {
    /// A batch failed: it is tried again, or over. Then its events are dead letters and the stream goes on, or the stream stops
    /// and the messages are in their queue again, as the stream's terms say. `items` are its events.
    pub(in crate::bridge) fn fail_batch(
        &self,
        db: &Connection,
        (delivery, batch): (&Delivery, &Batch),
        items: &[String],
    ) -> Outcome<After> {
        let running = self.running(db)?;
        if !running.iter().any(|stream| stream.name() == batch.stream) {
            let rung = Some(give_back(self, db, batch)?);
            return Ok(After {
                rung,
                ..After::default()
            });
        }
        let (failed, times) = (delivery.failures + 1, (batch.begun_ms, self.now()));
        if let Some(due_ms) = batch.terms.again_ms(failed, times, chance()) {
            delivery::again(db, delivery, due_ms)?;
            return Ok(After::default());
        }
        if !batch.terms.tolerant {
            rows::stop(db, &batch.stream)?;
            let rung = Some(give_back(self, db, batch)?);
            return Ok(After {
                rung,
                has_stopped: true,
                ..After::default()
            });
        }
        let mut after = After::default();
        if finish(db, delivery)?
            && let Some(queue) = &batch.terms.dead_letters
        {
            let to = Address::Queue(queue.clone());
            let posts = items.iter().map(|item| self.bury(db, &to, item));
            let posted = posts.collect::<Outcome<Vec<_>>>()?;
            after.posted = posted.into_iter().flatten().collect();
        }
        Ok(after)
    }

    /// Sends a dead letter. A queue that is not there, or does not take so much, loses it: as with the vendor.
    pub(in crate::bridge) fn bury(
        &self,
        db: &Connection,
        to: &Address,
        text: &str,
    ) -> Outcome<Option<Posted>> {
        match self.mns.post(db, to, &Letter::new(text.to_owned())) {
            Ok(posted) => Ok(Some(posted)),
            Err(error) if error.status.is_server_error() => Err(BridgeError::failed(error.message)),
            Err(_) => Ok(None),
        }
    }
}

/// A batch is no more, and its messages are in their queue again: its name.
pub(super) fn give_back(shared: &Shared, db: &Connection, batch: &Batch) -> Outcome<String> {
    rows::take(db, batch.delivery)?;
    delivery::remove_by_id(db, batch.delivery)?;
    shared.mns.release(db, &batch.queue, &batch.holds)?;
    Ok(batch.queue.clone())
}
