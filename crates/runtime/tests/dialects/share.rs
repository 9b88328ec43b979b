//! Shares of the processors: what an instance has of them, and what is left of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::{Language, Spec};

use crate::bench::{Bench, hook, spec};

fn burns(cpu: Option<f64>) -> Arc<Spec> {
    let mut spec = spec(Language::Python(3, 10), "python", "cage.burns");
    spec.cpu = cpu;
    spec.revision = format!("{cpu:?}");
    Arc::new(spec)
}

/// What processes that work as much as they can have of a processor: so many for so many seconds; none: the function itself.
async fn used(bench: &Bench, spec: &Arc<Spec>, processes: u32, seconds: f64) -> f64 {
    let said = bench.said(spec, format!("{processes} {seconds}")).await;
    said.as_f64().unwrap()
}

/// The control group of an instance's process that has processors, if it is one of ours.
fn group(pid: u32) -> Option<PathBuf> {
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let own = groups.lines().find_map(|line| {
        let (_, group) = line.rsplit_once(':')?;
        let name = group.rsplit('/').next()?;
        name.starts_with("sdev-").then(|| name.to_owned())
    })?;
    find(Path::new("/sys/fs/cgroup"), &own)
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let folders = std::fs::read_dir(folder).ok()?.flatten();
    let mut folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.find_map(|entry| {
        if entry.file_name() == name {
            return Some(entry.path());
        }
        find(&entry.path(), name)
    })
}

/// Microseconds of a tenth of a second that a group may use.
fn quota(group: &Path) -> u32 {
    let read = |name: &str| std::fs::read_to_string(group.join(name));
    let text = read("cpu.max").or_else(|_| read("cpu.cfs_quota_us"));
    let text = text.unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

async fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "it never was so: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The group of the only instance; nothing: the machine permits none, and the function was told.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
async fn held(bench: &Bench, spec: &Spec) -> Option<PathBuf> {
    until("there is a group, or a word why there is none", || {
        if bench.log().contains("cpu is not enforced") {
            eprintln!(
                "skipped: this machine permits no control groups: {}",
                bench.log()
            );
            return Some(None);
        }
        let instances = bench.fleet.instances("named");
        let current = instances.iter().find(|one| one.revision == spec.revision)?;
        group(current.pid).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_function_has_its_share_of_the_processors_and_so_have_its_children() {
    for pool in [false, true] {
        let bench = Bench::with(pool);
        let (free, limited) = (burns(None), burns(Some(0.25)));
        // Others may work on this machine too.
        let mut most = 0.0_f64;
        for _ in 0..10 {
            most = most.max(used(&bench, &free, 0, 0.5).await);
            if most > 0.5 {
                break;
            }
        }
        if pool {
            // Those that wait are started a moment after one was wanted.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        used(&bench, &limited, 0, 0.0).await;
        if held(&bench, &limited).await.is_none() {
            return;
        }
        let own = used(&bench, &limited, 0, 2.0).await;
        assert!((0.05..0.5).contains(&own), "{own}");
        assert!(own < most, "{own} of {most}");
        let children = used(&bench, &limited, 3, 2.0).await;
        assert!((0.05..0.5).contains(&children), "{children}");
        bench.fleet.close().await;
    }
}

#[tokio::test]
async fn a_change_of_the_share_is_for_new_instances_and_groups_go_with_them() {
    let bench = Bench::new();
    let before = burns(Some(0.25));
    used(&bench, &before, 0, 0.0).await;
    let Some(first) = held(&bench, &before).await else {
        return;
    };
    assert_eq!(quota(&first), 25_000);
    let after = burns(Some(0.5));
    used(&bench, &after, 0, 0.0).await;
    let second = held(&bench, &after).await.unwrap();
    assert_eq!(quota(&second), 50_000);
    until("the first is gone", || (!first.exists()).then_some(())).await;
    assert!(second.exists());
    bench.fleet.close().await;
    assert!(!second.exists());
}

#[tokio::test]
async fn who_has_all_processors_or_no_share_has_no_group() {
    let bench = Bench::new();
    for cpu in [None, Some(1000.0)] {
        let spec = burns(cpu);
        used(&bench, &spec, 0, 0.3).await;
        let instances = bench.fleet.instances("named");
        let current = instances.iter().find(|one| one.revision == spec.revision);
        assert_eq!(group(current.unwrap().pid), None, "{cpu:?}");
    }
}

#[tokio::test]
async fn an_initializer_takes_what_the_machine_has() {
    let bench = Bench::new();
    let mut spec = (*burns(Some(0.05))).clone();
    spec.handler = "cage.tells_groups".to_owned();
    spec.initializer = hook("cage.warms");
    let spec = Arc::new(spec);
    bench.said(&spec, "").await;
    if held(&bench, &spec).await.is_none() {
        return;
    }
    let said = bench.said(&spec, "").await;
    let is_limited = |groups: &serde_json::Value| groups.as_str().unwrap().contains("sdev-");
    assert!(!is_limited(&said[0]), "{said}");
    assert!(is_limited(&said[1]), "{said}");
    bench.fleet.close().await;
}

#[tokio::test]
async fn an_end_does_not_wait_for_the_share() {
    let bench = Bench::new();
    let least = burns(Some(0.05));
    used(&bench, &least, 0, 0.0).await;
    if held(&bench, &least).await.is_none() {
        return;
    }
    let call = used(&bench, &least, 4, 600.0);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), call)
            .await
            .is_err()
    );
    let begun = Instant::now();
    bench.fleet.close().await;
    let ended = begun.elapsed();
    assert!(ended < Duration::from_secs(5), "{ended:?}");
}
