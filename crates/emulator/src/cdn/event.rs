//! What happens at domains, as events for functions; pure.
//!
//! Names and parameters are the vendor's ("CDN event triggers", "Formats of event for different triggers").

use serde_json::json;

use super::domain::{Domain, Status};
use super::task::{ObjectPath, Task, TaskKind, TaskStatus};
use crate::function::CdnEvent;

/// A domain was added.
pub(super) fn added(domain: &str, now_ms: i64) -> CdnEvent {
    of_domain("CdnDomainAdded", domain, now_ms)
}

/// A domain was deleted.
pub(super) fn deleted(domain: &str, now_ms: i64) -> CdnEvent {
    of_domain("CdnDomainDeleted", domain, now_ms)
}

/// A domain was started or stopped, just when it was modified.
pub(super) fn switched(domain: &Domain) -> CdnEvent {
    let name = match domain.status {
        Status::Online => "CdnDomainStarted",
        Status::Offline => "CdnDomainStopped",
    };
    let mut event = of_domain(name, &domain.name, domain.modified_ms);
    event.parameter["status"] = domain.status.name().into();
    event
}

/// What the complete ones among the tasks of a call tell once they have ended: one event for each domain, which names its
/// paths. The call's tasks are of one kind.
pub(super) fn of_tasks(call: i64, tasks: &[Task], now_ms: i64) -> Vec<CdnEvent> {
    let is_complete = |task: &&Task| task.status == TaskStatus::Complete;
    let complete: Vec<&Task> = tasks.iter().filter(is_complete).collect();
    let mut domains: Vec<&str> = complete.iter().map(|task| &*task.domain).collect();
    domains.sort_unstable();
    domains.dedup();
    domains
        .into_iter()
        .filter_map(|domain| {
            let of_it = complete.iter().filter(|task| task.domain == domain);
            let of_it: Vec<&Task> = of_it.copied().collect();
            of_objects(call, of_it.first()?, &of_it, now_ms)
        })
        .collect()
}

fn of_objects(call: i64, first: &Task, tasks: &[&Task], now_ms: i64) -> Option<CdnEvent> {
    let (name, object) = match first.kind {
        TaskKind::File => ("CachedObjectsRefreshed", "File"),
        TaskKind::Directory => ("CachedObjectsRefreshed", "Directory"),
        TaskKind::Preload => ("CachedObjectsPushed", "File"),
    };
    let paths = tasks.iter().map(|task| ObjectPath::parse(&task.path));
    let paths: Option<Vec<&str>> = paths.map(|path| Some(path?.target)).collect();
    let parameter = json!({
        "objectPath": paths?,
        "createTime": first.created_ms.div_euclid(1000),
        "domain": first.domain,
        "completeTime": now_ms.div_euclid(1000),
        "objectType": object,
        "taskId": call,
    });
    Some(CdnEvent {
        name,
        domain: first.domain.clone(),
        parameter,
        now_ms,
    })
}

fn of_domain(name: &'static str, domain: &str, now_ms: i64) -> CdnEvent {
    CdnEvent {
        name,
        domain: domain.to_owned(),
        parameter: json!({ "domain": domain }),
        now_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(kind: TaskKind, path: &str, domain: &str, status: TaskStatus) -> Task {
        Task {
            call: 0,
            kind,
            path: path.to_owned(),
            domain: domain.to_owned(),
            status,
            description: String::new(),
            created_ms: 1_999,
        }
    }

    #[test]
    fn a_call_tells_each_domain_of_its_complete_paths() {
        let of = |path, domain, status| task(TaskKind::Preload, path, domain, status);
        let tasks = [
            of("http://b.test/2", "b.test", TaskStatus::Complete),
            of("https://a.test/1?x=1", "a.test", TaskStatus::Complete),
            of("b.test/1", "b.test", TaskStatus::Complete),
            of("b.test/3", "b.test", TaskStatus::Failed),
            of("c.test/", "c.test", TaskStatus::Failed),
        ];
        let events = of_tasks(7, &tasks, 3_001);
        let told = |event: &CdnEvent| event.parameter["objectPath"].clone();
        assert_eq!(
            events.iter().map(told).collect::<Vec<_>>(),
            [json!(["/1?x=1"]), json!(["/2", "/1"])]
        );
        let parameter = json!({
            "objectPath": ["/2", "/1"], "createTime": 1, "domain": "b.test", "completeTime": 3,
            "objectType": "File", "taskId": 7,
        });
        let expected = CdnEvent {
            name: "CachedObjectsPushed",
            domain: "b.test".to_owned(),
            parameter,
            now_ms: 3_001,
        };
        assert_eq!(events[1], expected);
    }

    #[test]
    fn a_refresh_says_what_was_refreshed() {
        for (kind, object) in [(TaskKind::File, "File"), (TaskKind::Directory, "Directory")] {
            let tasks = [task(kind, "a.test/in/", "a.test", TaskStatus::Complete)];
            let events = of_tasks(1, &tasks, 0);
            assert_eq!(events[0].name, "CachedObjectsRefreshed");
            assert_eq!(events[0].parameter["objectType"], object);
        }
    }
}
