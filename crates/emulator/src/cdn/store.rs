//! Domains, their functions and tags, and the tasks of refreshing and preloading, in the cloud's database.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::store::StoreError;

use super::domain::{Domain, Source, Status};
use super::rule::Argument;
use super::task::{Task, TaskKind, TaskStatus};

/// Tables of this room.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS cdn_domain (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    status TEXT NOT NULL,
    resource_group TEXT NOT NULL,
    sources TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cdn_config (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL REFERENCES cdn_domain (name) ON DELETE CASCADE,
    function TEXT NOT NULL,
    arguments TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS cdn_config_domain ON cdn_config (domain);
CREATE TABLE IF NOT EXISTS cdn_tag (
    domain TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (domain, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cdn_call (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cdn_task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    call INTEGER NOT NULL,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    domain TEXT NOT NULL,
    status TEXT NOT NULL,
    description TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS cdn_task_call ON cdn_task (call);
";

/// One function of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) id: i64,
    pub(super) function: String,
    pub(super) arguments: Vec<Argument>,
}

type Answer<T> = Result<T, StoreError>;

const DOMAIN_COLUMNS: &str = "SELECT id, name, kind, scope, status, resource_group, sources, created_ms, modified_ms FROM cdn_domain";

const TASK_COLUMNS: &str =
    "SELECT call, kind, path, domain, status, description, created_ms FROM cdn_task";

/// A domain by name.
pub(super) fn domain(db: &Connection, name: &str) -> Answer<Option<Domain>> {
    let sql = format!("{DOMAIN_COLUMNS} WHERE name = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row([name], read_domain).optional()?)
}

/// All domains, the newest first.
pub(super) fn domains(db: &Connection) -> Answer<Vec<Domain>> {
    let sql = format!("{DOMAIN_COLUMNS} ORDER BY id DESC");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], read_domain)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a domain; its `id` is given here.
pub(super) fn add_domain(db: &Connection, domain: &Domain) -> Answer<()> {
    let sql = "INSERT INTO cdn_domain (name, kind, scope, status, resource_group, sources, created_ms, modified_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
    db.prepare_cached(sql)?.execute(params![
        domain.name,
        domain.kind,
        domain.scope,
        domain.status.name(),
        domain.resource_group,
        sources_text(&domain.sources),
        domain.created_ms,
    ])?;
    Ok(())
}

/// Writes what can change of a domain.
pub(super) fn save_domain(db: &Connection, domain: &Domain) -> Answer<()> {
    let sql = "UPDATE cdn_domain SET status = ?2, resource_group = ?3, sources = ?4, modified_ms = ?5 WHERE name = ?1";
    db.prepare_cached(sql)?.execute(params![
        domain.name,
        domain.status.name(),
        domain.resource_group,
        sources_text(&domain.sources),
        domain.modified_ms,
    ])?;
    Ok(())
}

/// Deletes a domain with its functions and tags; its tasks stay as history.
pub(super) fn delete_domain(db: &Connection, name: &str) -> Answer<()> {
    for sql in [
        "DELETE FROM cdn_config WHERE domain = ?1",
        "DELETE FROM cdn_tag WHERE domain = ?1",
        "DELETE FROM cdn_domain WHERE name = ?1",
    ] {
        db.prepare_cached(sql)?.execute([name])?;
    }
    Ok(())
}

/// The functions of a domain in the order in which they were configured.
pub(super) fn configs(db: &Connection, domain: &str) -> Answer<Vec<Config>> {
    let sql = "SELECT id, function, arguments FROM cdn_config WHERE domain = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([domain], |row| {
        let arguments: String = row.get(2)?;
        Ok(Config {
            id: row.get(0)?,
            function: row.get(1)?,
            arguments: serde_json::from_str(&arguments).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a function and gives its id.
pub(super) fn add_config(
    db: &Connection,
    domain: &str,
    function: &str,
    arguments: &[Argument],
) -> Answer<i64> {
    let sql = "INSERT INTO cdn_config (domain, function, arguments) VALUES (?1, ?2, ?3)";
    let arguments = arguments_text(arguments);
    db.prepare_cached(sql)?
        .execute(params![domain, function, arguments])?;
    Ok(db.last_insert_rowid())
}

/// Gives a function other arguments.
pub(super) fn save_config(db: &Connection, id: i64, arguments: &[Argument]) -> Answer<()> {
    let sql = "UPDATE cdn_config SET arguments = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?
        .execute(params![id, arguments_text(arguments)])?;
    Ok(())
}

/// Deletes a function.
pub(super) fn delete_config(db: &Connection, id: i64) -> Answer<()> {
    db.prepare_cached("DELETE FROM cdn_config WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// The tags of a domain by key.
pub(super) fn tags(db: &Connection, domain: &str) -> Answer<Vec<(String, String)>> {
    let sql = "SELECT key, value FROM cdn_tag WHERE domain = ?1 ORDER BY key";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([domain], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets a tag.
pub(super) fn set_tag(db: &Connection, domain: &str, key: &str, value: &str) -> Answer<()> {
    let sql = "INSERT INTO cdn_tag (domain, key, value) VALUES (?1, ?2, ?3)
               ON CONFLICT (domain, key) DO UPDATE SET value = excluded.value";
    db.prepare_cached(sql)?
        .execute(params![domain, key, value])?;
    Ok(())
}

/// Removes a tag, or all of a domain.
pub(super) fn remove_tags(db: &Connection, domain: &str, key: Option<&str>) -> Answer<()> {
    let sql = "DELETE FROM cdn_tag WHERE domain = ?1 AND (?2 IS NULL OR key = ?2)";
    db.prepare_cached(sql)?.execute(params![domain, key])?;
    Ok(())
}

/// Writes the tasks of one call and gives the call's id, which is the `TaskId` of all of them.
pub(super) fn add_tasks(db: &Connection, tasks: &[Task]) -> Answer<i64> {
    let created_ms = tasks.first().map_or(0, |task| task.created_ms);
    db.prepare_cached("INSERT INTO cdn_call (created_ms) VALUES (?1)")?
        .execute([created_ms])?;
    let call = db.last_insert_rowid();
    let sql = "INSERT INTO cdn_task (call, kind, path, domain, status, description, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut statement = db.prepare_cached(sql)?;
    for task in tasks {
        statement.execute(params![
            call,
            task.kind.name(),
            task.path,
            task.domain,
            task.status.name(),
            task.description,
            task.created_ms,
        ])?;
    }
    Ok(call)
}

/// Ends the task of a call for a path; whether it was under way.
pub(super) fn end_task(
    db: &Connection,
    call: i64,
    path: &str,
    status: TaskStatus,
    description: &str,
) -> Answer<bool> {
    let sql = "UPDATE cdn_task SET status = ?3, description = ?4
               WHERE call = ?1 AND path = ?2 AND status = ?5";
    let under_way = TaskStatus::Refreshing.name();
    let ended = db.prepare_cached(sql)?.execute(params![
        call,
        path,
        status.name(),
        description,
        under_way
    ])?;
    Ok(ended > 0)
}

/// Ends the tasks that a process before this one left under way: the calls that they are of, with their domains.
pub(super) fn fail_interrupted_tasks(db: &Connection) -> Answer<Vec<(i64, String)>> {
    let under_way = TaskStatus::Refreshing.name();
    let sql = "SELECT DISTINCT call, domain FROM cdn_task WHERE status = ?1 ORDER BY call, domain";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([under_way], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let interrupted = rows.collect::<Result<_, _>>()?;
    let sql = "UPDATE cdn_task SET status = ?1, description = 'Internal Error' WHERE status = ?2";
    db.execute(sql, [TaskStatus::Failed.name(), under_way])?;
    Ok(interrupted)
}

/// The tasks of a call at a domain, in its order.
pub(super) fn tasks_of(db: &Connection, call: i64, domain: &str) -> Answer<Vec<Task>> {
    let sql = format!("{TASK_COLUMNS} WHERE call = ?1 AND domain = ?2 ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![call, domain], read_task)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All tasks since a time, the newest first.
pub(super) fn tasks(db: &Connection, since_ms: i64) -> Answer<Vec<Task>> {
    let sql = format!("{TASK_COLUMNS} WHERE created_ms >= ?1 ORDER BY call DESC, id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([since_ms], read_task)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes everything of this room.
pub(super) fn clear(db: &Connection) -> Answer<()> {
    db.execute_batch(
        "DELETE FROM cdn_config; DELETE FROM cdn_tag; DELETE FROM cdn_task; DELETE FROM cdn_call; DELETE FROM cdn_domain;",
    )?;
    Ok(())
}

fn read_domain(row: &Row<'_>) -> rusqlite::Result<Domain> {
    let (status, sources): (String, String) = (row.get(4)?, row.get(6)?);
    Ok(Domain {
        id: row.get(0)?,
        name: row.get(1)?,
        kind: row.get(2)?,
        scope: row.get(3)?,
        status: Status::parse(&status),
        resource_group: row.get(5)?,
        sources: serde_json::from_str(&sources).unwrap_or_default(),
        created_ms: row.get(7)?,
        modified_ms: row.get(8)?,
    })
}

fn read_task(row: &Row<'_>) -> rusqlite::Result<Task> {
    let (kind, status): (String, String) = (row.get(1)?, row.get(4)?);
    Ok(Task {
        call: row.get(0)?,
        kind: TaskKind::parse(&kind),
        path: row.get(2)?,
        domain: row.get(3)?,
        status: TaskStatus::parse(&status),
        description: row.get(5)?,
        created_ms: row.get(6)?,
    })
}

fn sources_text(sources: &[Source]) -> String {
    serde_json::to_string(sources).expect("sources are plain data")
}

fn arguments_text(arguments: &[Argument]) -> String {
    serde_json::to_string(arguments).expect("arguments are plain data")
}
