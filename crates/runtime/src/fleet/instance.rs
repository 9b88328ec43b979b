//! One instance: a process, how it is spoken with, what it writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::output::Output;
use super::process::Process;
use crate::call::Ended;
use crate::dialect::Dialect;
use crate::spec::Spec;

/// A process that takes calls.
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) revision: String,
    pub(super) dialect: Box<dyn Dialect>,
    pub(super) process: Process,
    pub(super) output: Arc<Output>,
    pub(super) spec: Arc<Spec>,
    pub(super) dead: AtomicBool,
}

impl Instance {
    pub(super) fn pid(&self) -> u32 {
        self.process.pid
    }

    /// Whether it can take no call any more.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire) || self.process.ended.borrow().is_some()
    }

    pub(super) fn begin(&self, request_id: &str) {
        self.output.begin(request_id);
    }

    /// The figures of a call that was answered.
    pub(super) async fn end(&self, request_id: &str, duration: Duration) -> Ended {
        Ended {
            instance: self.id.clone(),
            duration,
            memory_mb: memory_mb(self.process.pid),
            log_tail: self.output.end(request_id).await,
        }
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        self.dead.store(true, Ordering::Release);
        self.process.kill();
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
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.process.kill();
    }
}

/// The most megabytes of memory that a process has used; 0 when it is gone.
fn memory_mb(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u32>().ok());
    kilobytes.map_or(0, |kilobytes| kilobytes.div_ceil(1024))
}
