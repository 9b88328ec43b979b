//! Who wrote a file while actions and builds ran: they, or the user.
//!
//! Nothing on this machine tells. What was written at another time is the user's. Of the rest, what was not there before is theirs, and
//! what they wrote earlier. Any other file may be the user's: it starts one more deploy, and is theirs when it is written again in
//! that one.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::watch::{Snapshot, Stamp, differing};
use crate::hook;
use crate::sys::fs;

/// How many deploys in a row a file may start by changing in the one before: more than a user saves it while they go on.
const MOST: u32 = 3;

/// How far the times of files may lag behind the clock: a tick of the kernel.
const TICK: Duration = Duration::from_millis(10);

/// What ran for one change: when, and what it made for certain.
#[derive(Default)]
pub(super) struct Ran {
    times: Mutex<Times>,
    /// What builds made, as far as it is known.
    pub(super) made: Vec<PathBuf>,
}

/// When something ran.
#[derive(Default)]
struct Times {
    /// How many run now, and since when there are any.
    now: usize,
    since: Option<SystemTime>,
    ended: Vec<(SystemTime, SystemTime)>,
}

impl Ran {
    /// Hears what actions do.
    pub(super) fn hear(&self, event: &hook::Event) {
        match event {
            hook::Event::Began(_) => self.begin(),
            hook::Event::Line { .. } => {}
            hook::Event::Done(_) | hook::Event::Failed { .. } => self.end(),
        }
    }

    /// One more runs now.
    pub(super) fn begin(&self) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.now += 1;
        times.since.get_or_insert_with(SystemTime::now);
    }

    /// One of them has ended.
    pub(super) fn end(&self) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.now = times.now.saturating_sub(1);
        if times.now == 0
            && let Some(since) = times.since.take()
        {
            times.ended.push((since, SystemTime::now()));
        }
    }

    /// Whether a file may have been written while something ran. What is gone has no time.
    fn may_have_written(&self, path: &Path) -> bool {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(metadata) = path.symlink_metadata() else {
            return !times.ended.is_empty();
        };
        // A file that is moved to its place keeps the time at which it was modified.
        let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
        let nanoseconds = u64::try_from(metadata.ctime_nsec()).unwrap_or_default();
        let since_1970 = Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds);
        let changed = SystemTime::UNIX_EPOCH + since_1970;
        let mut ended = times.ended.iter();
        ended.any(|(since, until)| changed + TICK >= *since && changed <= *until)
    }
}

/// What is known of who writes what.
pub(super) struct Author {
    /// Where it is kept.
    file: PathBuf,
    /// What actions and builds write.
    own: BTreeSet<PathBuf>,
    /// What the user wrote while nothing ran.
    users: BTreeSet<PathBuf>,
    doubts: BTreeMap<PathBuf, Doubt>,
}

/// A file that was written while something ran.
struct Doubt {
    /// In how many runs in a row.
    times: u32,
    /// As it was at the end of the last one.
    stamp: Option<Stamp>,
}

impl Author {
    /// With what is remembered in the project of this folder.
    pub(super) fn of(project: &Path) -> Self {
        let file = project.join(".sdev").join("dev.json");
        // A file that cannot be read costs one more deploy.
        let text = fs::read_text(&file).ok().flatten().unwrap_or_default();
        Self {
            file,
            own: serde_json::from_str(&text).unwrap_or_default(),
            users: BTreeSet::new(),
            doubts: BTreeMap::new(),
        }
    }

    /// Hears what has changed and is there now. What nobody wrote while something ran is the user's.
    pub(super) fn hear(&mut self, changed: &BTreeSet<PathBuf>, now: &Snapshot) {
        for path in changed {
            let doubt = self.doubts.get(path);
            if doubt.is_none_or(|doubt| doubt.stamp.as_ref() != now.get(path)) {
                self.own.remove(path);
                self.users.insert(path.clone());
            }
        }
    }

    /// What counts as deployed after something ran: what was there before it, but of its own files what is there now.
    pub(super) fn judge(&mut self, before: &Snapshot, after: &Snapshot, ran: &Ran) -> Snapshot {
        let (mut deployed, mut doubts) = (before.clone(), BTreeMap::new());
        let known = self.own.len();
        for path in differing(before, after) {
            if !ran.may_have_written(&path) {
                continue;
            }
            let stamp = after.get(&path).copied();
            let is_made = ran.made.iter().any(|made| path.starts_with(made));
            let times = self.doubts.get(&path).map_or(0, |doubt| doubt.times);
            if !is_made && !self.is_own(&path, before.contains_key(&path), times) {
                let times = times + 1;
                doubts.insert(path, Doubt { times, stamp });
                continue;
            }
            match stamp {
                Some(stamp) => deployed.insert(path.clone(), stamp),
                None => deployed.remove(&path),
            };
            if !is_made {
                self.own.insert(path);
            }
        }
        self.doubts = doubts;
        if self.own.len() != known {
            self.keep();
        }
        deployed
    }

    fn is_own(&self, path: &Path, was_there: bool, times: u32) -> bool {
        let is_users = self.users.contains(path);
        self.own.contains(path) || !was_there && !is_users || times >= MOST
    }

    fn keep(&mut self) {
        self.own.retain(|path| path.exists());
        let text = serde_json::to_vec_pretty(&self.own).unwrap_or_default();
        // Without it the next run learns it again.
        let _ = fs::write_atomic(&self.file, &text, fs::Readers::Default);
    }
}

#[cfg(test)]
mod tests {
    use super::super::watch::Watch;
    use super::*;

    /// A folder that is written to, and who is thought to have done so.
    struct Scene {
        folder: tempfile::TempDir,
        author: Author,
    }

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join(".sdev")).unwrap();
            let author = Author::of(folder.path());
            Self { folder, author }
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.folder.path().join(name), text).unwrap();
        }

        fn look(&self) -> Snapshot {
            Watch::new(self.folder.path(), Path::new("/nowhere")).look()
        }

        /// Whether a run that writes these starts another deploy.
        fn starts_another(&mut self, files: &[(&str, &str)]) -> bool {
            let (before, ran) = (self.look(), Ran::default());
            ran.begin();
            for (name, text) in files {
                self.write(name, text);
            }
            ran.end();
            let after = self.look();
            let seen = self.author.judge(&before, &after, &ran);
            let changed = differing(&seen, &after);
            self.author.hear(&changed, &after);
            !changed.is_empty()
        }
    }

    #[test]
    fn what_an_action_makes_is_its_own() {
        let mut scene = Scene::new();
        assert!(!scene.starts_another(&[("stamp", "1")]));
        assert!(!scene.starts_another(&[("stamp", "22")]));
        scene.author = Author::of(scene.folder.path());
        assert!(!scene.starts_another(&[("stamp", "333")]));
    }

    #[test]
    fn what_was_there_is_the_users_until_it_is_written_again_and_again() {
        let mut scene = Scene::new();
        scene.write("stamp", "");
        for text in ["1", "22", "333"] {
            assert!(scene.starts_another(&[("stamp", text)]), "{text}");
        }
        assert!(!scene.starts_another(&[("stamp", "4444")]));
        assert!(!scene.starts_another(&[("stamp", "55555")]));
    }

    #[test]
    fn what_the_user_writes_counts_each_time_and_never_for_ever() {
        let mut scene = Scene::new();
        scene.write("index.js", "");
        let before = scene.look();
        scene.write("index.js", "1");
        let now = scene.look();
        scene.author.hear(&differing(&before, &now), &now);
        for text in ["22", "333", "4444"] {
            assert!(scene.starts_another(&[("index.js", text)]), "{text}");
        }
        assert!(!scene.starts_another(&[("index.js", "55555")]));
    }

    #[test]
    fn what_a_build_makes_is_known_and_what_is_written_later_is_the_users() {
        let mut scene = Scene::new();
        scene.write("six.py", "1");
        let before = scene.look();
        let made = vec![super::super::watch::real(scene.folder.path())];
        let ran = Ran {
            made,
            ..Ran::default()
        };
        ran.begin();
        scene.write("six.py", "22");
        ran.end();
        let after = scene.look();
        assert_eq!(scene.author.judge(&before, &after, &ran), after);
        assert!(scene.author.own.is_empty());
        std::thread::sleep(3 * TICK);
        scene.write("six.py", "333");
        let later = scene.look();
        let seen = scene.author.judge(&after, &later, &ran);
        assert_eq!(seen, after);
    }
}
