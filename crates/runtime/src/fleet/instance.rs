//! One instance: a process, how it is spoken with, what it writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::limits::Lease;
use super::output::Output;
use super::port::Port;
use super::seat::Seat;
use super::uses::Use;
use super::{InstanceInfo, InstanceState};
use crate::call::{Ended, Fault};
use crate::dialect::Dialect;
use crate::launch::{Exit, Process};
use crate::spec::{Language, Spec};

/// A process that takes calls.
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) dialect: Box<dyn Dialect>,
    pub(super) process: Process,
    pub(super) output: Arc<Output>,
    pub(super) spec: Arc<Spec>,
    pub(super) dead: AtomicBool,
    /// Whether somebody wants its calls ended.
    pub(super) interrupted: AtomicBool,
    /// Whether no other can run beside it.
    pub(super) is_lone: bool,
    pub(super) lease: Lease,
    /// Where it listens, if it does.
    pub(super) _port: Option<Port>,
    /// What it runs stays where it is.
    pub(super) _use: Use,
}

impl Instance {
    /// Whether it can take no call any more.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire) || self.dialect.is_over() || self.process.exit().is_some()
    }

    fn is_server(&self) -> bool {
        matches!(self.spec.language, Language::Custom | Language::Container)
    }

    /// Megabytes of memory of its first process, by a line of its status. Of a container the engine knows.
    fn memory_mb(&self, line: &str) -> u32 {
        match self.spec.language {
            Language::Container => 0,
            _ => memory_mb(self.process.pid(), line),
        }
    }

    /// The figures of a call that was answered.
    pub(super) async fn end(&self, request_id: &str, duration: Duration) -> Ended {
        Ended {
            instance: self.id.clone(),
            duration,
            memory_mb: match self.memory_mb("VmHWM:") {
                // It is gone.
                0 if self.spec.language != Language::Container => self.process.peak_mb(),
                now => now,
            },
            log_tail: self.output.end(request_id).await,
        }
    }

    /// Why a call got no answer: how the process ended with its last words, if it did within a moment; else what the other
    /// side of the connection saw.
    pub(super) async fn why(&self, seen: String) -> Fault {
        const MOMENT: Duration = Duration::from_millis(200);
        let waited = tokio::time::timeout(MOMENT, self.process.wait()).await;
        if waited.is_err() && self.is_server() {
            return Fault::Protocol(seen);
        }
        self.output.drain().await;
        self.why_ended()
    }

    /// How the process ended during a call, for the log: what the program itself cannot say.
    pub(super) fn ended(&self) -> String {
        match self.process.exit() {
            Some(exit @ (Exit::OutOfMemory { .. } | Exit::TooManyProcesses)) => {
                format!("the program was {exit}")
            }
            Some(exit) => format!("the program ended during the call ({exit})"),
            None => "the program was killed: it does not answer".to_owned(),
        }
    }

    /// That a call took too long, for the log.
    pub(super) fn late(&self) -> String {
        let seconds = self.spec.timeout.as_secs();
        format!(
            "the program was killed: the call took longer than the function's timeout of {seconds} s"
        )
    }

    /// How the process ended, with its last words.
    pub(super) fn why_ended(&self) -> Fault {
        let how = self.process.exit();
        let how = how.map_or_else(|| "killed".to_owned(), |how| how.to_string());
        let last = self.output.last();
        let words = if last.is_empty() {
            String::new()
        } else {
            format!("; its last words:\n{last}")
        };
        Fault::Exited(format!("the program ended ({how}){words}"))
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        self.dead.store(true, Ordering::Release);
        self.process.kill();
    }

    /// Ends it at once, with the calls that it serves: somebody wants them ended.
    pub(super) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Release);
        self.kill();
    }

    /// Whether its calls end because somebody wanted that.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }

    /// Tells it that it goes, and ends it.
    pub(super) async fn stop(&self) {
        if !self.is_dead()
            && let Some(hook) = &self.spec.pre_stop
        {
            let asked = self.dialect.pre_stop(&self.id);
            let _ = tokio::time::timeout(hook.timeout, asked).await;
        }
        self.kill();
    }

    pub(super) fn info(&self, seat: &Seat) -> InstanceInfo {
        InstanceInfo {
            id: self.id.clone(),
            version: self.spec.version.clone(),
            qualifier: self.spec.identity.qualifier.clone(),
            revision: self.spec.revision.clone(),
            state: match (seat.is_current, seat.busy) {
                (false, _) => InstanceState::Leaving,
                (true, 0) => InstanceState::Idle,
                (true, _) => InstanceState::Busy,
            },
            started: seat.started,
            busy: seat.busy,
            calls: seat.calls,
            memory_mb: self.memory_mb("VmRSS:"),
            pid: self.process.pid(),
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.process.kill();
    }
}

/// Megabytes of memory of a process, by a line of its status; 0 when it is gone.
fn memory_mb(pid: u32, line: &str) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|text| text.strip_prefix(line));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u32>().ok());
    kilobytes.map_or(0, |kilobytes| kilobytes.div_ceil(1024))
}
