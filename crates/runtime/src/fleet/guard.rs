//! Ends what was started when this process is gone, however it went: a small program beside it holds the other end of a
//! pipe, knows all groups, and kills them at the pipe's end.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use nix::unistd::Pid;

use super::lock;

/// Reads `+ GROUP` and `- GROUP`; at the end of its input it kills the groups that are left. A group's own end is no error.
const WATCH: &str = r#"
groups=" "
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="${groups%% "$group" *} ${groups#* "$group" }" ;; esac ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2> /dev/null; done
"#;

/// The pipe to the one guard of this process; nothing when it could not be started.
fn pipe() -> &'static Mutex<Option<ChildStdin>> {
    static PIPE: OnceLock<Mutex<Option<ChildStdin>>> = OnceLock::new();
    PIPE.get_or_init(|| {
        let started = Command::new("sh")
            .args(["-c", WATCH])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Signals to this process's group are not meant for it.
            .process_group(0)
            .spawn();
        Mutex::new(started.ok().and_then(|mut guard| guard.stdin.take()))
    })
}

/// Tells the guard of a group that was started.
pub(super) fn watch(group: Pid) {
    tell('+', group);
}

/// Tells it of one that has ended, so that its number may be another's.
pub(super) fn forget(group: Pid) {
    tell('-', group);
}

fn tell(what: char, group: Pid) {
    if let Some(pipe) = &mut *lock(pipe()) {
        // A guard that is gone guards no more; what it is for still works in all cases but a kill of this process.
        let _ = pipe.write_all(format!("{what} {group}\n").as_bytes());
    }
}
