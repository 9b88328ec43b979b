//! Queues as sources of other rooms: messages are held for a room until it is done with them.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::error::Outcome;
use super::model::Handle;
use super::service::Mns;
use super::table::{message, queue};

/// A message that a room holds: nobody else receives it, however long it takes, until the room gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) hold: Hold,
    pub(crate) message_id: String,
    pub(crate) body: String,
    /// Milliseconds of the cloud's time.
    pub(crate) enqueued_ms: i64,
}

/// What a held message is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hold(Handle);

/// What can be received of a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) messages: usize,
    /// Bytes of their bodies.
    pub(crate) bytes: usize,
    /// Since when the longest waiting of them can be; milliseconds of the cloud's time.
    pub(crate) since_ms: Option<i64>,
    /// When another one can be.
    pub(crate) next_ms: Option<i64>,
}

impl Ready {
    /// What of a queue can be received at a moment, of so many messages at most. A queue that is not there has nothing.
    pub(crate) fn of(
        db: &Connection,
        queue: &str,
        (now_ms, most): (i64, usize),
    ) -> rusqlite::Result<Self> {
        let (messages, bytes, since_ms) = message::ready(db, queue, now_ms, most)?;
        Ok(Self {
            messages,
            bytes,
            since_ms,
            next_ms: message::next_after(db, queue, now_ms)?,
        })
    }
}

impl Hold {
    /// Deletes messages that were held.
    pub(crate) fn finish(db: &Connection, holds: &[Self]) -> rusqlite::Result<()> {
        let mut all = holds.iter();
        all.try_for_each(|hold| message::delete_held(db, &hold.0))
    }
}

/// Somebody who hears when there may be something to receive.
pub(crate) trait Ear: Send + Sync {
    /// In this queue.
    fn rung(&self, queue: &str);
}

impl Mns {
    /// Tells `ear` of every queue that gets something from now on; only the first one counts.
    pub(crate) fn listen(&self, ear: Box<dyn Ear>) {
        self.0.bells.listen(ear);
    }

    /// Receives messages and holds them. Those that were received too often are moved away first, as for any receipt: the queue
    /// that got some is named, and must be told to [`Mns::ring`] when the transaction is durable.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) fn hold(
        &self,
        db: &Connection,
        name: &str,
        (now_ms, most): (i64, usize),
    ) -> Outcome<(Vec<Held>, Option<String>)> {
        let Some(found) = queue::find(db, name)? else {
            return Ok((Vec::new(), None));
        };
        let buried = self.0.bury(db, &found, now_ms)?;
        let held = message::hold(db, name, now_ms, most)?.into_iter();
        let held = held.map(|message| Held {
            hold: Hold(message.handle()),
            message_id: message.id,
            body: message.body,
            enqueued_ms: message.enqueued_ms,
        });
        Ok((held.collect(), buried))
    }

    /// Gives messages back as if they had not been received.
    pub(crate) fn unhold(&self, db: &Connection, holds: &[Hold]) -> rusqlite::Result<()> {
        let now = self.0.now();
        let mut all = holds.iter();
        all.try_for_each(|hold| message::unhold(db, &hold.0, now))
    }

    /// Gives messages of a queue back: they can be received at once, or are dead letters when they were received too often.
    /// [`Mns::ring`] must be told when the transaction is durable.
    pub(crate) fn release(
        &self,
        db: &Connection,
        name: &str,
        holds: &[Hold],
    ) -> rusqlite::Result<()> {
        let found = queue::find(db, name)?;
        let dead = found
            .as_ref()
            .and_then(|queue| queue.attributes.dead_letters());
        let receipts = dead.map(|dead| dead.receipts);
        let now = self.0.now();
        let mut all = holds.iter();
        all.try_for_each(|hold| message::release(db, &hold.0, receipts, now))
    }

    /// There may be something to receive in a queue.
    pub(crate) fn ring(&self, queue: &str) {
        self.0.bells.ring(queue);
        // Some of it may be dead.
        self.0.bell.notify_one();
    }
}
