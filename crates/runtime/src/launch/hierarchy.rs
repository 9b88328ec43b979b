//! Where this process may make control groups with a quota of the processors, if anywhere.
//!
//! Linux has two versions of the interface, and a machine may have both mounted; the controller of the processors belongs to one of
//! them. In the second version a group that has processes cannot have groups with quotas inside, so ours are made beside our own
//! process's, below the nearest group above that has none and that this user was given (systemd gives each user's manager one).

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Microseconds in which a quota may be used up.
const PERIOD: u32 = 100_000;
/// The least quota that the kernel takes, in microseconds.
const LEAST: u32 = 1_000;
/// The controller of the processors.
const CONTROLLER: &str = "cpu";

/// How a hierarchy is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A control group of this machine in which groups of instances are, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hierarchy {
    version: Version,
    /// The group's folder.
    pub(super) folder: PathBuf,
}

impl Hierarchy {
    /// The nearest one in which this process may make groups with a quota. `root` is the folder that the machine's files are in;
    /// `trial` is the name of a group to try it with.
    ///
    /// # Errors
    /// There is none; the text says why, of the last that was tried.
    pub(super) fn find(root: &Path, trial: &str) -> Result<Self, String> {
        let mut why = None;
        for place in Self::places(root).into_iter().filter(Self::has_processors) {
            match place.open(trial) {
                Ok(()) => return Ok(place),
                Err(error) => why = Some(format!("{}: {error}", place.folder.display())),
            }
        }
        Err(why.unwrap_or_else(|| "none that has processors is mounted".to_owned()))
    }

    /// Where such groups could be: this process's own group in each hierarchy and those above, nearest first.
    pub(super) fn places(root: &Path) -> Vec<Self> {
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let (mounts, groups) = (read("proc/self/mountinfo"), read("proc/self/cgroup"));
        let mounts = mounts.lines().filter_map(Mount::read);
        mounts
            .flat_map(|mount| mount.places(root, &groups))
            .collect()
    }

    /// Makes sure that groups can be made here and filled.
    fn open(&self, trial: &str) -> io::Result<()> {
        if self.version == Version::Two {
            self.delegate()?;
        }
        // Whoever moves a process must be allowed to change the group above both, which is this one.
        OpenOptions::new().write(true).open(self.processes())?;
        let trial = self.folder.join(trial);
        fs::create_dir(&trial)?;
        fs::remove_dir(trial)
    }

    /// Whether the processors are this group's to share.
    fn has_processors(&self) -> bool {
        self.version == Version::One || self.names_controller("cgroup.controllers")
    }

    /// Lets the groups inside have quotas.
    fn delegate(&self) -> io::Result<()> {
        // Only the first group of the machine, which has no type, may have both processes and such groups.
        let is_first = !self.folder.join("cgroup.type").exists();
        if !is_first && !fs::read_to_string(self.processes())?.trim().is_empty() {
            return Err(io::Error::other("it has processes"));
        }
        let control = "cgroup.subtree_control";
        if self.names_controller(control) {
            return Ok(());
        }
        fs::write(self.folder.join(control), format!("+{CONTROLLER}"))
    }

    fn names_controller(&self, file: &str) -> bool {
        let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        text.split_whitespace().any(|name| name == CONTROLLER)
    }

    fn processes(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// Limits a group inside to so many processors.
    pub(super) fn set_quota(&self, group: &Path, cpu: f64) -> io::Result<()> {
        let quota = quota(cpu);
        match self.version {
            Version::One => {
                fs::write(group.join("cpu.cfs_period_us"), PERIOD.to_string())?;
                fs::write(group.join("cpu.cfs_quota_us"), quota.to_string())
            }
            Version::Two => fs::write(group.join("cpu.max"), format!("{quota} {PERIOD}")),
        }
    }
}

/// Microseconds of a period.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest number there is"
)]
fn quota(cpu: f64) -> u32 {
    ((cpu * f64::from(PERIOD)).round() as u32).max(LEAST)
}

/// A mounted hierarchy that may have the processors.
struct Mount {
    version: Version,
    /// Where it is mounted.
    point: PathBuf,
    /// The group that is seen there.
    top: PathBuf,
}

impl Mount {
    /// Reads a line of `mountinfo`: number, parent, device, what is mounted, where, options, …, `-`, type, source, options.
    fn read(line: &str) -> Option<Self> {
        let (place, kind) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let (top, point) = (place.next()?, place.next()?);
        let mut kind = kind.split(' ');
        let version = match kind.next()? {
            "cgroup2" => Version::Two,
            "cgroup" if controls(kind.nth(1)?) => Version::One,
            _ => return None,
        };
        Some(Self {
            version,
            point: path(point),
            top: path(top),
        })
    }

    /// Our own group and those above it, as far as they are seen there.
    fn places(&self, root: &Path, groups: &str) -> Vec<Hierarchy> {
        let own = groups.lines().find_map(|line| {
            // The hierarchy's number, its controllers, our group in it.
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, group) = (parts.next()?, parts.next()?);
            let is_ours = match self.version {
                Version::One => controls(controllers),
                Version::Two => controllers.is_empty(),
            };
            is_ours.then(|| PathBuf::from(group))
        });
        let Some(below) = own
            .as_ref()
            .and_then(|own| own.strip_prefix(&self.top).ok())
        else {
            return Vec::new();
        };
        if below.iter().any(|part| part == "..") {
            return Vec::new();
        }
        let point = root.join(self.point.strip_prefix("/").unwrap_or(&self.point));
        below
            .ancestors()
            .map(|group| Hierarchy {
                version: self.version,
                // Joined with nothing it would end with a slash.
                folder: point.components().chain(group.components()).collect(),
            })
            .collect()
    }
}

fn controls(names: &str) -> bool {
    names.split(',').any(|name| name == CONTROLLER)
}

/// A path as `mountinfo` writes it.
fn path(text: &str) -> PathBuf {
    PathBuf::from(text.replace("\\040", " ").replace("\\134", "\\"))
}

#[cfg(test)]
#[path = "hierarchy_tests.rs"]
mod tests;
