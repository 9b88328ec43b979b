//! Shares of the processors: a control group with a quota for each instance that has one.
//!
//! A group is named after the process that made it, so that those of one that was killed are known and removed. The kernel removes no
//! group that has processes, so nothing is ever taken from the living.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::hierarchy::Hierarchy;
use super::process::Process;
use super::tree;

/// How every group's name begins.
const PREFIX: &str = "sdev";
/// How often one looks for processes that were started while others were moved; more is a fork bomb, which ends otherwise.
const ROUNDS: usize = 100;
/// How long the end of a group's processes may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is tried to remove a group.
const PAUSE: Duration = Duration::from_millis(20);

/// Gives instances their shares; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Shares(Arc<Known>);

#[derive(Default)]
struct Known {
    /// Where groups are made, or why they are not; found when the first is needed.
    hierarchy: OnceLock<Result<Hierarchy, String>>,
    /// Groups that are there.
    groups: Mutex<BTreeSet<PathBuf>>,
    is_told: AtomicBool,
}

impl Shares {
    /// Begins to remove what processes that were killed have left.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn open() -> io::Result<Self> {
        std::thread::Builder::new()
            .name("sweeper".to_owned())
            .spawn(sweep_all)?;
        Ok(Self::default())
    }

    /// Whether so many processors are fewer than there are. Who may use all needs no limit, and where this process has a quota
    /// itself the kernel permits no larger one.
    pub(crate) fn limits(cpu: f64) -> bool {
        let all = available_parallelism().ok().map(usize::from);
        let all = all.and_then(|all| u32::try_from(all).ok());
        all.is_some_and(|all| cpu < f64::from(all))
    }

    /// From soon on a process and all that it started and starts have so many of the processors together. `complain` is told why
    /// they have not, once for all.
    ///
    /// Nobody waits for it: moving a process takes the kernel some milliseconds.
    pub(crate) fn give(
        &self,
        process: &Process,
        cpu: f64,
        complain: impl FnOnce(&str) + Send + 'static,
    ) {
        let (top, ended) = (process.launcher_pid(), process.wait());
        tokio::spawn(self.clone().hold(top, ended, cpu, complain));
    }

    /// Keeps a group for a process and all below it until its end.
    async fn hold<T>(
        self,
        top: u32,
        ended: impl Future<Output = T>,
        cpu: f64,
        complain: impl FnOnce(&str),
    ) {
        let making = self.clone();
        let made = tokio::task::spawn_blocking(move || making.make(top, cpu)).await;
        match made {
            Ok(Ok(group)) => {
                ended.await;
                self.0.remove(&group).await;
            }
            Ok(Err(why)) if !self.0.is_told.swap(true, Ordering::Relaxed) => complain(&why),
            _ => {}
        }
    }

    /// Removes all groups; their processes have been killed.
    pub(crate) async fn close(&self) {
        let groups = self.0.groups().clone();
        let removed = groups.iter().map(|group| self.0.remove(group));
        futures_util::future::join_all(removed).await;
    }

    /// A group with a quota, and the processes in it.
    fn make(&self, top: u32, cpu: f64) -> Result<PathBuf, String> {
        let found = self
            .0
            .hierarchy
            .get_or_init(|| Hierarchy::find(Path::new("/"), &name()));
        let hierarchy = found.as_ref().map_err(|why| refused(why))?;
        let group = hierarchy.folder.join(name());
        let told = |error: io::Error| refused(&format!("{}: {error}", group.display()));
        fs::create_dir(&group).map_err(told)?;
        self.0.groups().insert(group.clone());
        let filled = hierarchy
            .set_quota(&group, cpu)
            .and_then(|()| gather(&group, top));
        if let Err(error) = filled {
            self.0.try_remove(&group);
            return Err(told(error));
        }
        Ok(group)
    }
}

fn refused(why: &str) -> String {
    format!("this machine permits no control groups ({why})")
}

impl Known {
    fn groups(&self) -> std::sync::MutexGuard<'_, BTreeSet<PathBuf>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is gone.
    fn try_remove(&self, group: &Path) -> bool {
        let is_gone = match fs::remove_dir(group) {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_gone {
            self.groups().remove(group);
        }
        is_gone
    }

    /// Removes it when its processes are gone. What then is left is removed at the next start.
    async fn remove(&self, group: &Path) {
        let begun = Instant::now();
        while !self.try_remove(group) && begun.elapsed() < PATIENCE {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Moves a process and all below it into a group, until none is left that was started by one outside.
fn gather(group: &Path, top: u32) -> io::Result<()> {
    let list = group.join("cgroup.procs");
    let (mut moved, mut quiet) = (BTreeSet::new(), 0);
    for _ in 0..ROUNDS {
        moved.extend(members(&list)?);
        let all = std::iter::once(top).chain(tree::below(top));
        let outside: Vec<_> = all.filter(|pid| !moved.contains(pid)).collect();
        for pid in &outside {
            match fs::write(&list, pid.to_string()) {
                // It has ended meanwhile.
                Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => {}
                written => written?,
            }
        }
        moved.extend(&outside);
        // One whose parent ends while one looks shows at the second look.
        quiet = if outside.is_empty() { quiet + 1 } else { 0 };
        if quiet == 2 {
            break;
        }
    }
    Ok(())
}

fn members(list: &Path) -> io::Result<BTreeSet<u32>> {
    let text = fs::read_to_string(list)?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
}

/// The name of a group that there was never before: of this process, by its number and when it was started.
fn name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let pid = std::process::id();
    let (started, number) = (
        tree::started(pid).unwrap_or(0),
        NEXT.fetch_add(1, Ordering::Relaxed),
    );
    format!("{PREFIX}-{pid}-{started}-{number}")
}

/// The process that made a group of that name, and when that was started; nothing: it is none of ours.
fn maker(name: &str) -> Option<(u32, u64)> {
    let mut parts = name.strip_prefix(PREFIX)?.strip_prefix('-')?.split('-');
    let maker = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let _number: u64 = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(maker)
}

fn is_running((pid, started): (u32, u64)) -> bool {
    tree::started(pid) == Some(started)
}

/// Removes all groups whose makers are gone. The processes of one that was killed just now may still be ending.
fn sweep_all() {
    let begun = Instant::now();
    let places = Hierarchy::places(Path::new("/"));
    let is_clean = || {
        let left = places.iter().map(|place| sweep(&place.folder, is_running));
        left.sum::<usize>() == 0
    };
    while !is_clean() && begun.elapsed() < PATIENCE {
        std::thread::sleep(PAUSE);
    }
}

/// Removes the groups in a folder whose makers are gone; how many of them still have processes.
fn sweep(folder: &Path, is_running: impl Fn((u32, u64)) -> bool) -> usize {
    let groups = fs::read_dir(folder).into_iter().flatten().flatten();
    let dead = groups.filter(|group| {
        let maker = group.file_name().to_str().and_then(maker);
        maker.is_some_and(|maker| !is_running(maker))
    });
    let removed = dead.map(|group| fs::remove_dir(group.path()));
    removed
        .filter(|removed| {
            let kind = removed.as_ref().err().map(io::Error::kind);
            kind == Some(io::ErrorKind::ResourceBusy)
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_known_by_its_maker() {
        let made = name();
        assert_ne!(made, name());
        let own = maker(&made).unwrap();
        assert_eq!(own.0, std::process::id());
        assert!(is_running(own));
        assert!(!is_running((own.0, own.1 + 1)), "another had its number");
        for other in [
            "sdev",
            "sdev-try-1",
            "sdev-1-2",
            "sdev-1-2-3-4",
            "other-1-2-3",
        ] {
            assert_eq!(maker(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn that_nothing_is_permitted_is_said_once() {
        let shares = Shares::default();
        let refused = Err("/sys/fs/cgroup: Permission denied".to_owned());
        shares.0.hierarchy.set(refused).unwrap();
        let told = Mutex::new(Vec::new());
        for _ in 0..2 {
            let tell = |why: &str| told.lock().unwrap().push(why.to_owned());
            shares.clone().hold(1, async {}, 0.5, tell).await;
        }
        let words = "this machine permits no control groups (/sys/fs/cgroup: Permission denied)";
        assert_eq!(told.into_inner().unwrap(), [words]);
    }

    #[test]
    fn what_the_dead_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| fs::create_dir_all(folder.path().join(name)).unwrap();
        let living = name();
        for name in ["sdev-1-1-1", "sdev-1-1-2/full", "user.slice", &living] {
            make(name);
        }
        let busy = sweep(folder.path(), |maker| maker != (1, 1));
        assert_eq!(
            busy, 0,
            "what is refused for another reason is not waited for"
        );
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let mut expected = vec!["sdev-1-1-2".to_owned(), living, "user.slice".to_owned()];
        expected.sort();
        assert_eq!(left, expected);
    }
}
