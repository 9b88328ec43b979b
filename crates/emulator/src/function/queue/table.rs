//! Rows of events that wait.

use rusqlite::{Connection, Row, params};

use super::{Setting, WebHead};
use crate::function::model::SettingKind;
use crate::function::table::{self, parsed, text};
use crate::function::trace::Origin;

type Rows<T> = rusqlite::Result<T>;

/// Tables of the queue. What makes an event a web request, and what it was queued for, are in tables of their own, and go with the event.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS fc_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL,
    function TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    payload BLOB NOT NULL,
    enqueued_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    refusals INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS fc_event_due ON fc_event (function, due_ms, id);
CREATE TABLE IF NOT EXISTS fc_event_web (
    event INTEGER PRIMARY KEY,
    head TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS fc_event_origin (
    event INTEGER PRIMARY KEY,
    traceparent TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS fc_event_gone AFTER DELETE ON fc_event
BEGIN DELETE FROM fc_event_web WHERE event = OLD.id; END;
CREATE TRIGGER IF NOT EXISTS fc_event_over AFTER DELETE ON fc_event
BEGIN DELETE FROM fc_event_origin WHERE event = OLD.id; END;
";

/// An event that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// 0 until it is kept.
    pub(super) id: i64,
    pub(super) request_id: String,
    pub(super) function: String,
    pub(super) qualifier: String,
    pub(super) payload: Vec<u8>,
    /// Milliseconds of the cloud's time.
    pub(super) enqueued_ms: i64,
    /// How often the function failed.
    pub(super) failures: u32,
    /// How often the call did not reach it.
    pub(super) refusals: u32,
    /// Set when it is a web request, of which the payload is the body.
    pub(super) web: Option<WebHead>,
    /// Set when it was queued for another call.
    pub(super) origin: Option<Origin>,
}

impl Event {
    /// An event to call as soon as possible.
    pub(crate) fn new(
        request_id: &str,
        function: &str,
        qualifier: &str,
        payload: &[u8],
        now_ms: i64,
    ) -> Self {
        Self {
            id: 0,
            request_id: request_id.to_owned(),
            function: function.to_owned(),
            qualifier: qualifier.to_owned(),
            payload: payload.to_owned(),
            enqueued_ms: now_ms,
            failures: 0,
            refusals: 0,
            web: None,
            origin: None,
        }
    }

    /// The same for another call, if it was made for one.
    pub(crate) fn made_for(self, origin: Option<Origin>) -> Self {
        Self { origin, ..self }
    }

    /// The same as a web request with this head.
    pub(crate) fn of_web(self, head: WebHead) -> Self {
        Self {
            web: Some(head),
            ..self
        }
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// When it was accepted, in milliseconds of the cloud's time.
    pub(crate) fn enqueued_ms(&self) -> i64 {
        self.enqueued_ms
    }
}

/// Keeps a new event that is not to be called before `due_ms`.
pub(super) fn add(db: &Connection, event: &Event, due_ms: i64) -> Rows<()> {
    let sql = "INSERT INTO fc_event (request_id, function, qualifier, payload, enqueued_ms, due_ms, failures, refusals)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0)";
    db.prepare_cached(sql)?.execute(params![
        event.request_id,
        event.function,
        event.qualifier,
        event.payload,
        event.enqueued_ms,
        due_ms
    ])?;
    let id = db.last_insert_rowid();
    if let Some(head) = &event.web {
        let sql = "INSERT INTO fc_event_web (event, head) VALUES (?1, ?2)";
        db.prepare_cached(sql)?.execute(params![id, text(head)])?;
    }
    if let Some(origin) = &event.origin {
        let sql = "INSERT INTO fc_event_origin (event, traceparent) VALUES (?1, ?2)";
        db.prepare_cached(sql)?
            .execute(params![id, origin.text()])?;
    }
    Ok(())
}

/// Functions that have events.
pub(super) fn functions(db: &Connection) -> Rows<Vec<String>> {
    // One seek for each function, however many events it has.
    let mut next = db.prepare_cached("SELECT min(function) FROM fc_event WHERE function > ?1")?;
    let mut found: Vec<String> = Vec::new();
    loop {
        let last = found.last().map_or("", String::as_str);
        match next.query_row([last], |row| row.get(0))? {
            Some(function) => found.push(function),
            None => return Ok(found),
        }
    }
}

/// Events of a function that are due, the longest due first.
pub(super) fn due(db: &Connection, function: &str, now_ms: i64, limit: usize) -> Rows<Vec<Event>> {
    let sql =
        "SELECT id, request_id, function, qualifier, payload, enqueued_ms, failures, refusals, head, traceparent
               FROM fc_event LEFT JOIN fc_event_web AS web ON web.event = id
               LEFT JOIN fc_event_origin AS origin ON origin.event = id
               WHERE function = ?1 AND due_ms <= ?2 ORDER BY due_ms, id LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![function, now_ms, limit], event)?;
    rows.collect()
}

/// When a function's next event is due after `now_ms`.
pub(super) fn next_due(db: &Connection, function: &str, now_ms: i64) -> Rows<Option<i64>> {
    let sql = "SELECT min(due_ms) FROM fc_event WHERE function = ?1 AND due_ms > ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params![function, now_ms], |row| row.get(0))
}

/// Writes when an event is tried again.
pub(super) fn again(db: &Connection, event: &Event, refused: bool, due_ms: i64) -> Rows<()> {
    let sql = "UPDATE fc_event SET due_ms = ?2, failures = failures + ?3, refusals = refusals + ?4 WHERE id = ?1";
    db.prepare_cached(sql)?
        .execute(params![event.id, due_ms, !refused, refused])?;
    Ok(())
}

/// Takes an event away; whether it was there.
pub(super) fn remove(db: &Connection, event: &Event) -> Rows<bool> {
    let mut statement = db.prepare_cached("DELETE FROM fc_event WHERE id = ?1")?;
    Ok(statement.execute([event.id])? == 1)
}

/// Takes the event of a request away.
pub(super) fn remove_request(db: &Connection, function: &str, request_id: &str) -> Rows<()> {
    let sql = "DELETE FROM fc_event WHERE function = ?1 AND request_id = ?2";
    db.prepare_cached(sql)?.execute([function, request_id])?;
    Ok(())
}

/// What a function wants for its events.
pub(super) fn setting(db: &Connection, function: &str, qualifier: &str) -> Rows<Setting> {
    let kind = SettingKind::Async.path();
    let document = table::setting::find(db, kind, function, qualifier)?;
    // It was checked when it was written.
    let setting = document.and_then(|document| serde_json::from_value(document).ok());
    Ok(setting.unwrap_or_default())
}

/// Takes away all that is kept for a function.
pub(crate) fn forget(db: &Connection, function: &str) -> Rows<()> {
    for sql in [
        "DELETE FROM fc_event WHERE function = ?1",
        "DELETE FROM fc_task WHERE function = ?1",
    ] {
        db.prepare_cached(sql)?.execute([function])?;
    }
    Ok(())
}

/// Takes away all that is kept.
pub(crate) fn clear(db: &Connection) -> Rows<()> {
    db.execute_batch("DELETE FROM fc_event; DELETE FROM fc_task;")
}

fn event(row: &Row<'_>) -> Rows<Event> {
    let head: Option<String> = row.get(8)?;
    let traceparent: Option<String> = row.get(9)?;
    Ok(Event {
        id: row.get(0)?,
        request_id: row.get(1)?,
        function: row.get(2)?,
        qualifier: row.get(3)?,
        payload: row.get(4)?,
        enqueued_ms: row.get(5)?,
        failures: row.get(6)?,
        refusals: row.get(7)?,
        web: head.map(|head| parsed(&head)).transpose()?,
        origin: traceparent.as_deref().and_then(Origin::of_traceparent),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables as they were before web requests were queued.
    const BEFORE: &str = "
CREATE TABLE fc_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, function TEXT NOT NULL, qualifier TEXT NOT NULL,
    payload BLOB NOT NULL, enqueued_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, failures INTEGER NOT NULL,
    refusals INTEGER NOT NULL
) STRICT;
INSERT INTO fc_event VALUES (7, 'old', 'f', 'LATEST', x'78', 1, 1, 2, 3);
";

    fn head() -> WebHead {
        let request = http::Request::post("/").header("x-own", "1").body(());
        let (parts, ()) = request.unwrap().into_parts();
        WebHead {
            target: "/a?b=c".to_owned(),
            ..WebHead::of(&parts)
        }
    }

    #[test]
    fn heads_and_origins_of_requests_are_kept_beside_events_of_older_stores_and_go_with_their_own()
    {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(BEFORE).unwrap();
        db.execute_batch(SCHEMA).unwrap();
        db.execute_batch(SCHEMA).unwrap();
        let origin = Some(Origin::of_request(None, "caller"));
        let request = Event::new("new", "f", "LATEST", b"body", 1)
            .of_web(head())
            .made_for(origin);
        add(&db, &request, 1).unwrap();
        let found = due(&db, "f", 1, 9).unwrap();
        let old = Event {
            id: 7,
            failures: 2,
            refusals: 3,
            ..Event::new("old", "f", "LATEST", b"x", 1)
        };
        let new = Event { id: 8, ..request };
        assert_eq!(found, [old, new]);
        let beside = || -> i64 {
            let sql = "SELECT (SELECT count(*) FROM fc_event_web) + (SELECT count(*) FROM fc_event_origin)";
            db.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        assert!(remove(&db, &found[0]).unwrap());
        assert_eq!(beside(), 2);
        assert!(remove(&db, &found[1]).unwrap());
        assert_eq!(beside(), 0);
    }
}
