//! Rows of messages in queues.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{limit, parsed, text};
use crate::identity::random_hex;
use crate::mns::model::{Extra, Handle, Letter, Property, PropertyKind, Queue};

type Rows<T> = rusqlite::Result<T>;

const COLUMNS: &str = "SELECT id, message_id, body, priority, enqueued_ms, visible_ms, expires_ms, first_dequeue_ms, dequeues,
     nonce, extra FROM mns_message";

/// A message in a queue. Times are milliseconds of the cloud's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mns) struct Message {
    row: i64,
    pub(in crate::mns) id: String,
    pub(in crate::mns) body: String,
    pub(in crate::mns) priority: i64,
    pub(in crate::mns) enqueued_ms: i64,
    /// When it can be received.
    pub(in crate::mns) visible_ms: i64,
    expires_ms: i64,
    pub(in crate::mns) first_dequeue_ms: Option<i64>,
    /// How often it was received.
    pub(in crate::mns) dequeues: i64,
    nonce: String,
    pub(in crate::mns) extra: Extra,
}

/// When the next message of a queue can be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mns) enum Next {
    Now,
    At(i64),
    Never,
}

impl Message {
    /// Its receipt handle since it was received last, or sent with a delay.
    pub(in crate::mns) fn handle(&self) -> Handle {
        Handle {
            row: self.row,
            nonce: self.nonce.clone(),
        }
    }

    /// It as a new message that says where it comes from.
    fn as_dead_letter(&self, arn: &str, now_ms: i64) -> Self {
        let property = |name: &str, value: &str| Property {
            name: name.to_owned(),
            value: value.to_owned(),
            kind: PropertyKind::String,
        };
        let mut letter = Self {
            id: random_hex::<16>(),
            enqueued_ms: now_ms,
            visible_ms: now_ms,
            nonce: random_hex::<8>(),
            ..self.clone()
        };
        let origin = [
            property("DLQSourceArn", arn),
            property("DLQOriginMessageId", &self.id),
        ];
        letter.extra.system.extend(origin);
        letter
    }
}

/// Puts a message into a queue. Its retention counts from now on.
pub(in crate::mns) fn add(
    db: &Connection,
    queue: &Queue,
    letter: &Letter,
    now_ms: i64,
) -> Rows<Message> {
    forget_old(db, now_ms)?;
    let delay = letter.delay.unwrap_or(queue.attributes.delay);
    let mut message = Message {
        row: 0,
        id: letter.message_id.clone(),
        body: letter.body.clone(),
        priority: letter.priority,
        enqueued_ms: now_ms,
        visible_ms: now_ms + delay * 1000,
        expires_ms: now_ms + queue.attributes.retention * 1000,
        first_dequeue_ms: None,
        dequeues: 0,
        nonce: random_hex::<8>(),
        extra: letter.extra.clone(),
    };
    insert(db, &queue.name, &mut message)?;
    Ok(message)
}

fn insert(db: &Connection, queue: &str, message: &mut Message) -> Rows<()> {
    let sql = "INSERT INTO mns_message (queue, message_id, body, priority, enqueued_ms, visible_ms, expires_ms, dequeues, nonce, extra)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9)";
    db.prepare_cached(sql)?.execute(params![
        queue,
        message.id,
        message.body,
        message.priority,
        message.enqueued_ms,
        message.visible_ms,
        message.expires_ms,
        message.nonce,
        text(&message.extra),
    ])?;
    message.row = db.last_insert_rowid();
    Ok(())
}

/// Deletes what was kept long enough, of all queues.
pub(in crate::mns) fn forget_old(db: &Connection, now_ms: i64) -> Rows<()> {
    let mut statement = db.prepare_cached("DELETE FROM mns_message WHERE expires_ms <= ?1")?;
    statement.execute([now_ms])?;
    Ok(())
}

/// When something can be received.
pub(in crate::mns) fn next(db: &Connection, queue: &str, now_ms: i64) -> Rows<Next> {
    let sql = "SELECT min(visible_ms) FROM mns_message WHERE queue = ?1 AND expires_ms > max(?2, visible_ms)";
    let mut statement = db.prepare_cached(sql)?;
    let first: Option<i64> = statement.query_row(params![queue, now_ms], |row| row.get(0))?;
    Ok(match first {
        Some(first) if first <= now_ms => Next::Now,
        Some(first) => Next::At(first),
        None => Next::Never,
    })
}

/// What can be received now, those of the highest priority first and of these the oldest; nothing changes.
pub(in crate::mns) fn visible(
    db: &Connection,
    queue: &str,
    now_ms: i64,
    most: usize,
) -> Rows<Vec<Message>> {
    let sql = format!(
        "{COLUMNS} WHERE queue = ?1 AND visible_ms <= ?2 AND expires_ms > ?2 ORDER BY priority, id LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![queue, now_ms, limit(most)], read)?;
    rows.collect()
}

/// Receives messages: nobody else gets them until they are visible again.
pub(in crate::mns) fn receive(
    db: &Connection,
    queue: &Queue,
    now_ms: i64,
    most: usize,
) -> Rows<Vec<Message>> {
    let mut received = visible(db, &queue.name, now_ms, most)?;
    let dead = queue.attributes.dead_letters();
    let sql = "UPDATE mns_message SET visible_ms = ?2, first_dequeue_ms = ?3, dequeues = ?4, nonce = ?5, dead_ms = ?6 WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    for message in &mut received {
        message.visible_ms = now_ms + queue.attributes.visibility * 1000;
        message.first_dequeue_ms = message.first_dequeue_ms.or(Some(now_ms));
        message.dequeues += 1;
        message.nonce = random_hex::<8>();
        let is_last = dead.is_some_and(|dead| message.dequeues >= dead.receipts);
        statement.execute(params![
            message.row,
            message.visible_ms,
            message.first_dequeue_ms,
            message.dequeues,
            message.nonce,
            is_last.then_some(message.visible_ms),
        ])?;
    }
    Ok(received)
}

/// How many messages can be received now, of so many at most; the bytes of their bodies; since when the first of them can be.
pub(in crate::mns) fn ready(
    db: &Connection,
    queue: &str,
    now_ms: i64,
    most: usize,
) -> Rows<(usize, usize, Option<i64>)> {
    let sql = "SELECT count(*), coalesce(sum(octet_length(body)), 0), min(visible_ms) FROM
               (SELECT body, visible_ms FROM mns_message
                WHERE queue = ?1 AND visible_ms <= ?2 AND expires_ms > ?2 ORDER BY priority, id LIMIT ?3)";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params![queue, now_ms, limit(most)], |row| {
        let size = |size: i64| usize::try_from(size).unwrap_or_default();
        Ok((size(row.get(0)?), size(row.get(1)?), row.get(2)?))
    })
}

/// When the next message can be received that cannot be now.
pub(in crate::mns) fn next_after(db: &Connection, queue: &str, now_ms: i64) -> Rows<Option<i64>> {
    let sql = "SELECT min(visible_ms) FROM mns_message WHERE queue = ?1 AND visible_ms > ?2 AND expires_ms > visible_ms";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params![queue, now_ms], |row| row.get(0))
}

/// Receives messages and hides them for as long as they are kept.
pub(in crate::mns) fn hold(
    db: &Connection,
    queue: &str,
    now_ms: i64,
    most: usize,
) -> Rows<Vec<Message>> {
    let mut held = visible(db, queue, now_ms, most)?;
    let sql = "UPDATE mns_message SET visible_ms = expires_ms, first_dequeue_ms = coalesce(first_dequeue_ms, ?2),
               dequeues = dequeues + 1, nonce = ?3, dead_ms = NULL WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    for message in &mut held {
        message.nonce = random_hex::<8>();
        statement.execute(params![message.row, now_ms, message.nonce])?;
    }
    Ok(held)
}

/// Deletes a message that is held, if it still is.
pub(in crate::mns) fn delete_held(db: &Connection, handle: &Handle) -> Rows<()> {
    let sql = "DELETE FROM mns_message WHERE id = ?1 AND nonce = ?2";
    db.prepare_cached(sql)?
        .execute(params![handle.row, handle.nonce])?;
    Ok(())
}

/// As if a message that is held had not been received, if it still is held.
pub(in crate::mns) fn unhold(db: &Connection, handle: &Handle, now_ms: i64) -> Rows<()> {
    let sql = "UPDATE mns_message SET visible_ms = ?3, dequeues = dequeues - 1 WHERE id = ?1 AND nonce = ?2";
    db.prepare_cached(sql)?
        .execute(params![handle.row, handle.nonce, now_ms])?;
    Ok(())
}

/// Shows a message that is held, if it still is; one that was received as often as it may be is dead.
pub(in crate::mns) fn release(
    db: &Connection,
    handle: &Handle,
    receipts: Option<i64>,
    now_ms: i64,
) -> Rows<()> {
    let sql = "UPDATE mns_message SET visible_ms = ?3, nonce = ?4, dead_ms = iif(dequeues >= ?5, ?3, NULL)
               WHERE id = ?1 AND nonce = ?2";
    let nonce = random_hex::<8>();
    db.prepare_cached(sql)?
        .execute(params![handle.row, handle.nonce, now_ms, nonce, receipts])?;
    Ok(())
}

/// The message that a handle leads to, if it still does.
pub(in crate::mns) fn held(
    db: &Connection,
    queue: &str,
    handle: &Handle,
    now_ms: i64,
) -> Rows<Option<Message>> {
    let sql = format!(
        "{COLUMNS} WHERE id = ?1 AND queue = ?2 AND nonce = ?3 AND visible_ms > ?4 AND expires_ms > ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let values = params![handle.row, queue, handle.nonce, now_ms];
    statement.query_row(values, read).optional()
}

/// Hides a message until another moment, by a new handle.
pub(in crate::mns) fn hide(db: &Connection, message: &mut Message, until_ms: i64) -> Rows<()> {
    message.visible_ms = until_ms;
    message.nonce = random_hex::<8>();
    let sql = "UPDATE mns_message SET visible_ms = ?2, nonce = ?3, dead_ms = iif(dead_ms IS NULL, NULL, ?2) WHERE id = ?1";
    db.prepare_cached(sql)?
        .execute(params![message.row, message.visible_ms, message.nonce])?;
    Ok(())
}

pub(in crate::mns) fn delete(db: &Connection, message: &Message) -> Rows<()> {
    let mut statement = db.prepare_cached("DELETE FROM mns_message WHERE id = ?1")?;
    statement.execute([message.row])?;
    Ok(())
}

/// When the next message becomes a dead letter.
pub(in crate::mns) fn next_dead(db: &Connection) -> Rows<Option<i64>> {
    let sql = "SELECT min(dead_ms) FROM mns_message WHERE dead_ms IS NOT NULL";
    db.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// The queues that have dead letters.
pub(in crate::mns) fn queues_with_dead(db: &Connection, now_ms: i64) -> Rows<Vec<String>> {
    let sql = "SELECT DISTINCT queue FROM mns_message WHERE dead_ms <= ?1";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([now_ms], |row| row.get(0))?;
    rows.collect()
}

/// Moves what was received as often as a queue allows, and not deleted, to the queue of its dead letters. What is left of its
/// time there is what was left here ("Dead-letter queue" of the vendor's docs). `arn` is the queue's. Whether anything moved.
pub(in crate::mns) fn bury(
    db: &Connection,
    (queue, arn): (&Queue, &str),
    to: Option<&Queue>,
    now_ms: i64,
) -> Rows<bool> {
    let policy = queue.attributes.dead_letters().zip(to);
    let all = match policy {
        Some((dead, _)) => exhausted(db, &queue.name, dead.receipts, now_ms)?,
        None => Vec::new(),
    };
    for message in &all {
        delete(db, message)?;
        if let Some((_, to)) = policy {
            insert(db, &to.name, &mut message.as_dead_letter(arn, now_ms))?;
        }
    }
    // What nobody takes, or may be received more often by now, can be received here again.
    let sql = "UPDATE mns_message SET dead_ms = NULL WHERE queue = ?1 AND dead_ms <= ?2";
    db.prepare_cached(sql)?
        .execute(params![queue.name, now_ms])?;
    Ok(!all.is_empty())
}

/// What can be received now, and was received as often as it may be.
fn exhausted(db: &Connection, queue: &str, receipts: i64, now_ms: i64) -> Rows<Vec<Message>> {
    let sql = format!(
        "{COLUMNS} WHERE queue = ?1 AND visible_ms <= ?2 AND expires_ms > ?2 AND dequeues >= ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![queue, now_ms, receipts], read)?;
    rows.collect()
}

fn read(row: &Row<'_>) -> Rows<Message> {
    let extra: String = row.get(10)?;
    Ok(Message {
        row: row.get(0)?,
        id: row.get(1)?,
        body: row.get(2)?,
        priority: row.get(3)?,
        enqueued_ms: row.get(4)?,
        visible_ms: row.get(5)?,
        expires_ms: row.get(6)?,
        first_dequeue_ms: row.get(7)?,
        dequeues: row.get(8)?,
        nonce: row.get(9)?,
        extra: parsed(10, &extra)?,
    })
}
