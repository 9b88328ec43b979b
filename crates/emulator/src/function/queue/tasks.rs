//! Rows of tasks.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::task::{Task, check_id};
use super::{Asked, Event, table};
use crate::function::error::{FcError, Outcome};
use crate::function::table::{parsed, text};

type Rows<T> = rusqlite::Result<T>;

/// How long tasks are remembered: 7 days, as with the vendor.
const KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

/// The table of tasks.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS fc_task (
    function TEXT NOT NULL,
    id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (function, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS fc_task_request ON fc_task (function, request_id);
";

/// Where a task is in a list: its time and its id.
pub(crate) type Place = (i64, String);

/// Which tasks of a function are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) status: Option<String>,
    pub(crate) qualifier: Option<String>,
    /// What ids begin with.
    pub(crate) prefix: String,
    /// When they were accepted, from and to, in milliseconds of the cloud's time.
    pub(crate) started_ms: (i64, i64),
    /// Whether the newest come first.
    pub(crate) newest_first: bool,
    /// The last one that was given out.
    pub(crate) after: Option<Place>,
    pub(crate) limit: usize,
}

/// Keeps a new event, as a task where its function wants that.
pub(crate) fn enqueue(db: &Connection, event: &Event) -> Rows<()> {
    if table::setting(db, &event.function, &event.qualifier)?.is_task() {
        keep(db, &Task::new(event, &event.request_id))?;
    }
    table::add(db, event, event.enqueued_ms)
}

/// Keeps a new event whose caller may have an id for it. The id of its task, if it is one; the vendor has tasks switched on
/// before an id may be given, and whoever gives one relies on it.
pub(super) fn accept(db: &Connection, event: &Event, asked: &Asked) -> Outcome<Option<String>> {
    let due_ms = event.enqueued_ms.saturating_add(asked.delay_ms()?);
    let task = claim(db, event, asked.task())?;
    table::add(db, event, due_ms)?;
    Ok(task)
}

/// The same for a call that may be made again after a crash, with the same request id: it is kept once.
pub(crate) fn enqueue_as(db: &Connection, event: &Event, id: Option<&str>) -> Outcome<()> {
    if of(db, event)?.is_some() {
        return Ok(());
    }
    claim(db, event, id)?;
    Ok(table::add(db, event, event.enqueued_ms)?)
}

/// Keeps the task of an event if its function wants that; the task's id.
fn claim(db: &Connection, event: &Event, id: Option<&str>) -> Outcome<Option<String>> {
    id.map_or(Ok(()), check_id)?;
    if !table::setting(db, &event.function, &event.qualifier)?.is_task() {
        if id.is_some() {
            return Err(FcError::invalid(
                "x-fc-async-task-id needs asyncTask in the function's async-invoke-config",
            ));
        }
        return Ok(None);
    }
    let (function, id) = (&event.function, id.unwrap_or(&event.request_id));
    if find(db, function, id)?.is_some() {
        let message = format!("async task '{id}' of function '{function}' already exists");
        return Err(FcError::taken(
            "StatefulAsyncInvocationAlreadyExists",
            message,
        ));
    }
    keep(db, &Task::new(event, id))?;
    Ok(Some(id.to_owned()))
}

fn keep(db: &Connection, task: &Task) -> Rows<()> {
    forget_old(db, task.started_ms)?;
    save(db, task)
}

/// A task by id.
pub(crate) fn find(db: &Connection, function: &str, id: &str) -> Rows<Option<Task>> {
    let sql = "SELECT document FROM fc_task WHERE function = ?1 AND id = ?2";
    one(db, sql, [function, id])
}

/// The task of an event, if it is one.
pub(super) fn of(db: &Connection, event: &Event) -> Rows<Option<Task>> {
    let sql = "SELECT document FROM fc_task WHERE function = ?1 AND request_id = ?2";
    one(db, sql, [&event.function, &event.request_id])
}

fn one(db: &Connection, sql: &str, keys: [&str; 2]) -> Rows<Option<Task>> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row(keys, |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// A page of the tasks of a function, and the place of its last one when more follow.
pub(crate) fn list(
    db: &Connection,
    function: &str,
    wanted: &Wanted,
) -> Rows<(Vec<Task>, Option<Place>)> {
    let (order, than) = if wanted.newest_first {
        ("DESC", "<")
    } else {
        ("ASC", ">")
    };
    let sql = format!(
        "SELECT document FROM fc_task WHERE function = ?1 AND (?2 IS NULL OR status = ?2)
         AND (?3 IS NULL OR qualifier = ?3) AND substr(id, 1, length(?4)) = ?4 AND started_ms BETWEEN ?5 AND ?6
         AND (?7 IS NULL OR (started_ms, id) {than} (?7, ?8)) ORDER BY started_ms {order}, id {order} LIMIT ?9"
    );
    let (from, to) = wanted.started_ms;
    let (time, id) = wanted.after.clone().unzip();
    let most = i64::try_from(wanted.limit + 1).unwrap_or(i64::MAX);
    let values = params![
        function,
        wanted.status,
        wanted.qualifier,
        wanted.prefix,
        from,
        to,
        time,
        id,
        most
    ];
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(values, |row| row.get::<_, String>(0))?;
    let mut tasks: Vec<Task> = rows.map(|text| parsed(&text?)).collect::<Rows<_>>()?;
    let more = tasks.len() > wanted.limit;
    tasks.truncate(wanted.limit);
    let last = tasks.last().filter(|_| more);
    let last = last.map(|task| (task.started_ms, task.id.clone()));
    Ok((tasks, last))
}

/// Stops a task; one that waits is taken from the queue. The request of which a call may be under way.
pub(crate) fn stop(db: &Connection, mut task: Task, now_ms: i64) -> Outcome<String> {
    task.stop(now_ms)?;
    if task.is_over() {
        table::remove_request(db, &task.function, &task.request_id)?;
    }
    save(db, &task)?;
    Ok(task.request_id)
}

/// Writes a task, new or changed.
pub(super) fn save(db: &Connection, task: &Task) -> Rows<()> {
    let sql = "INSERT OR REPLACE INTO fc_task (function, id, request_id, qualifier, status, started_ms, document)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.prepare_cached(sql)?.execute(params![
        task.function,
        task.id,
        task.request_id,
        task.qualifier,
        format!("{:?}", task.status),
        task.started_ms,
        text(task)
    ])?;
    Ok(())
}

/// Takes away what is older than the vendor remembers; a task may be so old and still wait.
fn forget_old(db: &Connection, now_ms: i64) -> Rows<()> {
    let sql = "DELETE FROM fc_task WHERE started_ms < ?1 AND status NOT IN ('Enqueued', 'Running', 'Retrying', 'Stopping')";
    db.prepare_cached(sql)?.execute([now_ms - KEPT_MS])?;
    Ok(())
}
