//! Machines made of folders: where groups with a quota may be made in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Hierarchy, Version, quota};

/// A machine's files.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new(mounts: &str, groups: &str) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.file("proc/self/mountinfo", mounts);
        machine.file("proc/self/cgroup", groups);
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What can be read and not be written to, by whoever runs the tests.
    fn refused(&self, path: &str) {
        fs::create_dir_all(self.at(path)).unwrap();
    }

    /// A group of the second version.
    fn group(&self, path: &str, controllers: &str, processes: &str) {
        self.file(&format!("{path}/cgroup.type"), "domain\n");
        self.file(&format!("{path}/cgroup.controllers"), controllers);
        self.file(&format!("{path}/cgroup.subtree_control"), "memory pids\n");
        self.file(&format!("{path}/cgroup.procs"), processes);
    }

    fn find(&self) -> Result<Hierarchy, String> {
        Hierarchy::find(self.0.path(), "trial")
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }
}

const SECOND: &str =
    "24 20 0:21 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const MANAGER: &str = "sys/fs/cgroup/user.slice/user-7.slice/user@7.service";

/// A session of systemd: the user was given the manager's group and those in it.
fn session() -> Machine {
    let machine = Machine::new(
        SECOND,
        "0::/user.slice/user-7.slice/user@7.service/app.slice/terminal.scope\n",
    );
    machine.group(
        &format!("{MANAGER}/app.slice/terminal.scope"),
        "memory pids\n",
        "1\n2\n",
    );
    machine.group(&format!("{MANAGER}/app.slice"), "memory pids\n", "");
    machine.group(MANAGER, "cpu memory pids\n", "");
    machine
}

#[test]
fn in_a_session_groups_are_made_in_the_nearest_that_has_the_processors_and_no_processes() {
    let machine = session();
    let found = machine.find().unwrap();
    assert_eq!(found.folder, machine.at(MANAGER));
    let control = machine.text(&format!("{MANAGER}/cgroup.subtree_control"));
    assert_eq!(control, "+cpu");
    let app = machine.text(&format!("{MANAGER}/app.slice/cgroup.subtree_control"));
    assert_eq!(app, "memory pids\n", "it is left alone");
    let left = fs::read_dir(machine.at(MANAGER)).unwrap();
    assert_eq!(left.count(), 5, "the trial is gone");
}

#[test]
fn what_is_delegated_already_is_not_delegated_again() {
    let machine = session();
    let control = format!("{MANAGER}/app.slice/cgroup.subtree_control");
    machine.file(&control, "cpu\n");
    machine.file(
        &format!("{MANAGER}/app.slice/cgroup.controllers"),
        "cpu memory\n",
    );
    let found = machine.find().unwrap();
    assert_eq!(found.folder, machine.at(&format!("{MANAGER}/app.slice")));
    assert_eq!(machine.text(&control), "cpu\n");
}

#[test]
fn a_group_with_processes_is_passed_over_unless_it_is_the_first_of_the_machine() {
    let machine = Machine::new(SECOND, "0::/\n");
    machine.group("sys/fs/cgroup", "cpuset cpu\n", "1\n");
    let why = machine.find().unwrap_err();
    assert!(why.ends_with("sys/fs/cgroup: it has processes"), "{why}");
    fs::remove_file(machine.at("sys/fs/cgroup/cgroup.type")).unwrap();
    assert_eq!(machine.find().unwrap().folder, machine.at("sys/fs/cgroup"));
}

#[test]
fn who_may_not_delegate_or_move_processes_finds_nothing() {
    for file in ["cgroup.subtree_control", "cgroup.procs"] {
        let machine = session();
        let path = format!("{MANAGER}/{file}");
        fs::remove_file(machine.at(&path)).unwrap();
        machine.refused(&path);
        let why = machine.find().unwrap_err();
        assert!(why.contains("user@7.service: "), "{why}");
    }
}

#[test]
fn where_nothing_is_mounted_or_our_group_is_not_seen_there_is_nothing() {
    let none = Machine::new("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "0::/\n");
    let why = "none that has processors is mounted";
    assert_eq!(none.find(), Err(why.to_owned()));
    let elsewhere = Machine::new(SECOND, "0::/../other\n");
    elsewhere.group("sys/fs/cgroup", "cpu\n", "");
    assert_eq!(elsewhere.find(), Err(why.to_owned()));
}

const FIRST: &str = "32 31 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n\
    33 31 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
    41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
const OWN: &str = "5:cpuset:/\n4:cpu,cpuacct:/docker/abc/job\n0::/\n";

/// A machine with both versions, where the first has the processors.
fn hybrid() -> Machine {
    let machine = Machine::new(FIRST, OWN);
    machine.group("sys/fs/cgroup/unified", "hugetlb\n", "1\n");
    machine.file("sys/fs/cgroup/cpu,cpuacct/cgroup.procs", "1\n");
    machine
}

#[test]
fn of_the_first_version_our_own_group_is_taken() {
    let machine = hybrid();
    machine.file("sys/fs/cgroup/cpu,cpuacct/job/cgroup.procs", "2\n");
    let found = machine.find().unwrap();
    assert_eq!(found.folder, machine.at("sys/fs/cgroup/cpu,cpuacct/job"));
    assert_eq!(found.version, Version::One);
}

#[test]
fn of_the_first_version_the_next_above_is_taken_where_our_own_is_refused() {
    let machine = hybrid();
    machine.refused("sys/fs/cgroup/cpu,cpuacct/job/cgroup.procs");
    let found = machine.find().unwrap();
    assert_eq!(found.folder, machine.at("sys/fs/cgroup/cpu,cpuacct"));
}

#[test]
fn a_quota_is_written_as_each_version_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let set = |version, cpu| {
        let hierarchy = Hierarchy {
            version,
            folder: PathBuf::new(),
        };
        hierarchy.set_quota(Path::new(folder.path()), cpu).unwrap();
    };
    set(Version::One, 0.35);
    assert_eq!(
        (text("cpu.cfs_period_us"), text("cpu.cfs_quota_us")),
        ("100000".to_owned(), "35000".to_owned())
    );
    set(Version::Two, 1.5);
    assert_eq!(text("cpu.max"), "150000 100000");
    assert_eq!(quota(0.05), 5_000);
    assert_eq!(quota(0.0), 1_000, "the kernel takes no less");
}
