//! How preloads end: path by path; when all of a call at a domain have, functions hear of it in the same transaction.

use rusqlite::Connection;

use super::task::{Task, TaskStatus};
use super::{event, store};
use crate::function::Functions;
use crate::store::StoreError;

/// Ends the task of a call for a path of a domain. Whether functions heard of it.
pub(super) fn end_one(
    db: &Connection,
    functions: &Functions,
    (call, path, domain): (i64, &str, &str),
    (status, why): (TaskStatus, &str),
    now_ms: i64,
) -> Result<bool, StoreError> {
    // A path that a call names twice ends once.
    if !store::end_task(db, call, path, status, why)? {
        return Ok(false);
    }
    tell(db, functions, (call, domain), now_ms)
}

/// Ends what a process before this one left under way. Whether functions heard of what it had preloaded before.
pub(super) fn end_interrupted(
    db: &Connection,
    functions: &Functions,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let mut is_told = false;
    for (call, domain) in store::fail_interrupted_tasks(db)? {
        is_told |= tell(db, functions, (call, &domain), now_ms)?;
    }
    Ok(is_told)
}

fn tell(
    db: &Connection,
    functions: &Functions,
    (call, domain): (i64, &str),
    now_ms: i64,
) -> Result<bool, StoreError> {
    let tasks = store::tasks_of(db, call, domain)?;
    let is_under_way = |task: &Task| task.status == TaskStatus::Refreshing;
    if tasks.iter().any(is_under_way) {
        return Ok(false);
    }
    functions.hear(db, &event::of_tasks(call, &tasks, now_ms))
}
