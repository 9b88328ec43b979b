//! The points at which crash tests end or suspend the process.

use crate::sys::{env, process};

/// Counts the points that a process passes.
#[derive(Debug, Default)]
pub(super) struct Points {
    count: u64,
    kill_at: Option<u64>,
    stop_at: Option<u64>,
}

impl Points {
    /// What the environment asks for, usually nothing.
    pub(super) fn from_environment() -> Self {
        let number = |name| env::var(name).and_then(|text| text.parse().ok());
        Self {
            count: 0,
            kill_at: number(env::KILL_AT),
            stop_at: number(env::STOP_AT),
        }
    }

    /// Passes the next point, if it is not the one to end at.
    pub(super) fn pass(&mut self) {
        self.count += 1;
        if self.kill_at == Some(self.count) {
            process::kill_self();
        }
        if self.stop_at == Some(self.count) {
            process::suspend_self();
        }
    }
}
