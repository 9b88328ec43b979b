//! A program with all that it starts, as one group: its lines as they come, a limit of time, signals passed on, and an end
//! together with this process, however that ends.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Waits for a word before it becomes the program, so that nothing runs before it is watched. Without input it reads nothing.
const START: &str = "read -r go || exit 125; exec \"$@\" </dev/null";
/// The same for a program that is given an input.
const START_WITH_INPUT: &str = "read -r go || exit 125; exec \"$@\"";
/// Kills a group when the process that holds the other end of its standard input is gone.
const WATCH: &str = "read -r never; kill -9 \"-$1\"";
/// How long output is waited for after the program's end: something that left the group may hold the pipe.
const REST: Duration = Duration::from_secs(1);

/// What to run.
pub struct Job<'a> {
    /// The program and its arguments.
    pub command: &'a [&'a OsStr],
    /// The folder to run it in.
    pub folder: &'a Path,
    /// Variables beside those of this process.
    pub variables: &'a [(String, String)],
    /// What it reads from its standard input, if anything.
    pub input: Option<&'a [u8]>,
    /// How long it may take.
    pub limit: Duration,
    /// The most bytes of a line; longer ones come in pieces.
    pub line: usize,
}

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipe {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit code (128 + signal when a signal ended it).
    Exit(i32),
    /// It was killed at the limit of time.
    Late,
    /// It was killed because a line was refused.
    Refused,
    /// The user asked to stop; the signal was passed on.
    Interrupted,
}

/// Runs a program to its end; `hear` gets its lines and may refuse to hear more. What it leaves running in its group is
/// killed. The first SIGINT or SIGTERM is passed on to the group, the second kills it.
pub async fn run(job: &Job<'_>, hear: &dyn Fn(Pipe, &str) -> bool) -> io::Result<End> {
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let mut child = start(job)?;
    let group = group(&child)?;
    let watch = watch(group)?;
    let (out, err, input) = (child.stdout.take(), child.stderr.take(), child.stdin.take());
    let refused = std::cell::Cell::new(false);
    let heard = |pipe: Pipe, line: &str| {
        if !refused.get() && !hear(pipe, line) {
            refused.set(true);
            kill(group, Signal::SIGKILL);
        }
    };
    let (hear_out, hear_err) = (
        |line: &str| heard(Pipe::Out, line),
        |line: &str| heard(Pipe::Err, line),
    );
    let mut talk = pin!(async {
        tokio::join!(
            write(input, job.input.unwrap_or_default()),
            lines(out, job.line, &hear_out),
            lines(err, job.line, &hear_err),
        );
    });
    let mut late = pin!(tokio::time::sleep(job.limit));
    let (mut said, mut is_late, mut asked) = (false, false, false);
    let status = loop {
        let signal = tokio::select! {
            status = child.wait() => break status?,
            () = &mut talk, if !said => { said = true; continue }
            () = &mut late, if !is_late => { is_late = true; Signal::SIGKILL }
            _ = interrupt.recv() => if asked { Signal::SIGKILL } else { Signal::SIGINT },
            _ = terminate.recv() => if asked { Signal::SIGKILL } else { Signal::SIGTERM },
        };
        asked |= !is_late;
        kill(group, signal);
    };
    kill(group, Signal::SIGKILL);
    if !said {
        let _ = tokio::time::timeout(REST, talk).await;
    }
    dismiss(watch).await;
    Ok(match status.code() {
        _ if asked => End::Interrupted,
        _ if refused.get() => End::Refused,
        _ if is_late => End::Late,
        code => End::Exit(code.unwrap_or_else(|| 128 + status.signal().unwrap_or(0))),
    })
}

fn start(job: &Job<'_>) -> io::Result<Child> {
    let script = if job.input.is_some() {
        START_WITH_INPUT
    } else {
        START
    };
    let variables = job.variables.iter().map(|(name, value)| (name, value));
    Command::new("sh")
        .args(["-c", script, "sh"])
        .args(job.command)
        .current_dir(job.folder)
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

fn group(child: &Child) -> io::Result<Pid> {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    id.map(Pid::from_raw)
        .ok_or_else(|| io::Error::other("a program ended before it began"))
}

/// A process that outlives this one for a moment: it kills the group when this one is gone.
fn watch(group: Pid) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", WATCH, "sh", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// The group has ended: its number may soon be another's.
async fn dismiss(mut watch: Child) {
    let _ = watch.kill().await;
}

fn kill(group: Pid, signal: Signal) {
    // A group that is gone already is what was wanted.
    let _ = killpg(group, signal);
}

/// Says the word to start, then the input. A program may end without reading it.
async fn write(pipe: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut pipe) = pipe {
        let _ = pipe.write_all(b"go\n").await;
        let _ = pipe.write_all(input).await;
        let _ = pipe.shutdown().await;
    }
}

/// Reads a pipe to its end, line by line.
async fn lines(pipe: Option<impl AsyncRead + Unpin>, most: usize, hear: &dyn Fn(&str)) {
    let Some(mut pipe) = pipe else { return };
    let (mut line, mut piece) = (Vec::new(), vec![0; 16 * 1024]);
    while let Ok(read @ 1..) = pipe.read(&mut piece).await {
        for part in piece[..read].split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") || line.len() >= most {
                hear(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        hear(&String::from_utf8_lossy(&line));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    async fn shell(line: &str, limit: Duration) -> (End, Vec<String>) {
        let command = ["sh", "-c", line].map(OsStr::new);
        let job = Job {
            command: &command,
            folder: Path::new("/"),
            variables: &[("SEEN".to_owned(), "yes".to_owned())],
            input: None,
            limit,
            line: 8,
        };
        let heard = RefCell::new(Vec::new());
        let hear = |pipe: Pipe, line: &str| {
            heard.borrow_mut().push(format!("{pipe:?} {line}"));
            line != "no"
        };
        let end = run(&job, &hear).await.unwrap();
        (end, heard.into_inner())
    }

    const LONG: Duration = Duration::from_mins(10);

    #[tokio::test]
    async fn lines_come_and_the_code_is_its_own() {
        let (end, heard) = shell("echo $SEEN; printf 12345678901; read x || exit 7", LONG).await;
        assert_eq!(end, End::Exit(7));
        assert_eq!(heard, ["Out yes", "Out 12345678901"]);
        let (end, heard) = shell("echo e >&2; kill -9 $$", LONG).await;
        assert_eq!((end, heard), (End::Exit(137), vec!["Err e".to_owned()]));
    }

    #[tokio::test]
    async fn what_takes_too_long_or_says_too_much_is_killed_with_its_children() {
        let (end, _) = shell("sleep 1000 & sleep 1000", Duration::from_millis(50)).await;
        assert_eq!(end, End::Late);
        let (end, _) = shell("echo no; sleep 1000 & wait", LONG).await;
        assert_eq!(end, End::Refused);
    }

    #[tokio::test]
    async fn what_is_left_in_the_background_ends_with_its_shell() {
        let (end, heard) = shell("sleep 1000 & echo $!", LONG).await;
        assert_eq!(end, End::Exit(0));
        let pid: u32 = heard[0].strip_prefix("Out ").unwrap().parse().unwrap();
        // Killed; it may take the kernel a moment, and its new parent may not have asked after it yet.
        let runs = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            !stat.is_empty() && !stat.contains(") Z")
        };
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while runs() {
            assert!(std::time::Instant::now() < deadline, "{pid} runs");
            std::thread::yield_now();
        }
    }
}
