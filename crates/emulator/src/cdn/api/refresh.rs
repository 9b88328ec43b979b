//! Actions on the cache: refresh, preload, and the tasks and quotas of both.
//!
//! A refresh is complete when it is answered; its tasks say so at once. Quotas are counted and shown and never
//! refuse a call: a developer refreshes more often than a site in production.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::rpc::RpcCall;
use crate::store::StoreError;

use super::super::error::ApiError;
use super::super::event;
use super::super::plane::Plane;
use super::super::preload;
use super::super::room::Room;
use super::super::site::Site;
use super::super::store;
use super::super::task::{ObjectPath, Task, TaskKind, TaskStatus};
use super::param;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// `RefreshObjectCaches`.
pub(super) async fn refresh(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let kind = match call.param("ObjectType").unwrap_or("File") {
        name if name.eq_ignore_ascii_case("file") => TaskKind::File,
        name if name.eq_ignore_ascii_case("directory") => TaskKind::Directory,
        name @ ("Regex" | "regex" | "ExQuery" | "IgnoreParams") => {
            return Err(ApiError::Unserved(format!("refreshing by {name}")));
        }
        other => return Err(ApiError::InvalidObjectType(other.to_owned())),
    };
    let most = match kind {
        TaskKind::Directory => (100, "100 directories"),
        _ => (1000, "1000 URLs"),
    };
    let found = find(room, call, most)?;
    if kind == TaskKind::Directory
        && let Some(wrong) = found.iter().find(|(line, ..)| !line.ends_with('/'))
    {
        return Err(ApiError::InvalidObjectPath(wrong.0.clone()));
    }
    let tasks = tasks(room, &found, kind, TaskStatus::Complete);
    // Expired before it is recorded as done: a crash between them loses the cache anyway.
    for (_, target, site) in &found {
        match kind {
            TaskKind::Directory => room.plane.refresh_folder(site, target),
            _ => room.plane.refresh_file(site, target),
        }
    }
    let (functions, now_ms) = (room.functions.clone(), room.plane.now_ms());
    let job = move |db: &Connection| {
        let id = store::add_tasks(db, &tasks)?;
        let events = event::of_tasks(id, &tasks, now_ms);
        Ok::<_, StoreError>((id, functions.hear(db, &events)?))
    };
    let (id, is_told) = room.store.write(job).await?;
    if is_told {
        room.functions.heard();
    }
    Ok(json!({"RefreshTaskId": id.to_string()}))
}

/// `PushObjectCache`: answers at once and fetches afterwards.
pub(super) async fn preload(room: &Arc<Room>, call: &RpcCall) -> Result<Value, ApiError> {
    let found = find(room, call, (100, "100 URLs"))?;
    let tasks = tasks(room, &found, TaskKind::Preload, TaskStatus::Refreshing);
    let job = move |db: &Connection| store::add_tasks(db, &tasks);
    let id = room.store.write(job).await?;
    let room = Arc::clone(room);
    tokio::spawn(async move {
        for (line, target, site) in found {
            let end = preload_one(&room.plane, &site, &target).await;
            let (functions, now_ms) = (room.functions.clone(), room.plane.now_ms());
            let job = move |db: &Connection| {
                preload::end_one(db, &functions, (id, &line, &site.name), end, now_ms)
            };
            // A database that fails now says so to the next call; the task stays under way until the next start.
            if let Ok(true) = room.store.write(job).await {
                room.functions.heard();
            }
        }
    });
    Ok(json!({"PushTaskId": id.to_string()}))
}

/// `DescribeRefreshTasks`: tasks of the last three days unless a time is given.
pub(super) async fn list(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let page = param::page(call, 100)?;
    let since_ms = param::time_ms(call, "StartTime")?;
    let since_ms = since_ms.unwrap_or(room.plane.now_ms() - 3 * DAY_MS);
    let until_ms = param::time_ms(call, "EndTime")?;
    let is = |name: &str, value: &str| {
        let wanted = call.param(name);
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let found = room
        .store
        .read(move |db| store::tasks(db, since_ms))
        .await?;
    let found: Vec<Task> = found
        .into_iter()
        .filter(|task| until_ms.is_none_or(|time| task.created_ms <= time))
        .filter(|task| is("TaskId", &task.call.to_string()))
        .filter(|task| is("DomainName", &task.domain))
        .filter(|task| is("ObjectType", task.kind.name()))
        .filter(|task| is("Status", task.status.name()))
        .filter(|task| {
            call.param("ObjectPath")
                .is_none_or(|path| path == task.path)
        })
        .collect();
    let total = found.len();
    let shown: Vec<Value> = param::paged(found, page).iter().map(shown).collect();
    Ok(json!({
        "PageNumber": page.0,
        "PageSize": page.1,
        "TotalCount": total,
        "Tasks": {"CDNTask": shown},
    }))
}

/// `DescribeRefreshTaskById`; several ids are separated by commas.
pub(super) async fn by_id(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let ids = param::listed(call, "TaskId")?;
    let found = room.store.read(move |db| store::tasks(db, 0)).await?;
    let shown: Vec<Value> = found
        .iter()
        .filter(|task| ids.contains(&task.call.to_string()))
        .map(shown)
        .collect();
    Ok(json!({"TotalCount": shown.len(), "Tasks": shown}))
}

/// `DescribeRefreshQuota`: the vendor's daily figures less the tasks of the last day.
pub(super) async fn quota(room: &Room) -> Result<Value, ApiError> {
    let since_ms = room.plane.now_ms() - DAY_MS;
    let tasks = room
        .store
        .read(move |db| store::tasks(db, since_ms))
        .await?;
    let remain = |quota: usize, kind: TaskKind| {
        let used = tasks.iter().filter(|task| task.kind == kind).count();
        quota.saturating_sub(used).to_string()
    };
    Ok(json!({
        "UrlQuota": "10000",
        "UrlRemain": remain(10_000, TaskKind::File),
        "DirQuota": "100",
        "DirRemain": remain(100, TaskKind::Directory),
        "PreloadQuota": "1000",
        "PreloadRemain": remain(1000, TaskKind::Preload),
        "RegexQuota": "0",
        "RegexRemain": "0",
        "BlockQuota": "0",
        "BlockRemain": "0",
        "IgnoreParamsQuota": "0",
        "IgnoreParamsRemain": "0",
        "PreloadEdgeQuota": "0",
        "PreloadEdgeRemain": "0",
    }))
}

/// A line of `ObjectPath`, the target in it, and its site.
type Found = (String, String, Arc<Site>);

fn find(room: &Room, call: &RpcCall, most: (usize, &'static str)) -> Result<Vec<Found>, ApiError> {
    let text = param::required(call, "ObjectPath")?;
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.retain(|line| !line.is_empty());
    if lines.is_empty() {
        return Err(ApiError::MissingParameter("ObjectPath"));
    }
    if lines.len() > most.0 {
        return Err(ApiError::TooMany(most.1));
    }
    lines
        .into_iter()
        .map(|line| {
            let path = ObjectPath::parse(line)
                .ok_or_else(|| ApiError::InvalidObjectPath(line.to_owned()))?;
            let name = path.domain.to_ascii_lowercase();
            let site = room.site(&name).ok_or(ApiError::NoDomain(name))?;
            Ok((line.to_owned(), path.target.to_owned(), site))
        })
        .collect()
}

fn tasks(room: &Room, found: &[Found], kind: TaskKind, status: TaskStatus) -> Vec<Task> {
    let created_ms = room.plane.now_ms();
    found
        .iter()
        .map(|(line, _, site)| Task {
            call: 0,
            kind,
            path: line.clone(),
            domain: site.name.to_string(),
            status,
            description: String::new(),
            created_ms,
        })
        .collect()
}

async fn preload_one(
    plane: &Arc<Plane>,
    site: &Arc<Site>,
    target: &str,
) -> (TaskStatus, &'static str) {
    match plane.preload(site, target).await {
        Ok(status) if status.is_server_error() => {
            (TaskStatus::Failed, "Origin Return StatusCode 5XX")
        }
        Ok(_) => (TaskStatus::Complete, ""),
        Err(_) => (TaskStatus::Failed, "Internal Error"),
    }
}

fn shown(task: &Task) -> Value {
    let process = match task.status {
        TaskStatus::Complete => "100%",
        TaskStatus::Refreshing | TaskStatus::Failed => "0%",
    };
    json!({
        "TaskId": task.call.to_string(),
        "ObjectPath": task.path,
        "ObjectType": task.kind.name(),
        "Status": task.status.name(),
        "Process": process,
        "Description": task.description,
        "CreationTime": param::shown_time(task.created_ms),
    })
}
