//! A map run as its execution's events tell of it, also when it is over.

use super::super::{Counts, Event, EventKind, Execution, Millis, Policy, Status};
use crate::program::Program;

/// How far a map run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the vendor's")]
pub enum Progress {
    Pending,
    Running,
    Succeeded,
    Failed,
    Aborted,
}

impl Progress {
    /// How the vendor calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }
}

/// What there is to tell of a map run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// How far it is.
    pub progress: Progress,
    /// When it began.
    pub started: Millis,
    /// When it ended.
    pub stopped: Option<Millis>,
    /// How it is carried out.
    pub policy: Policy,
    /// How many items there are, by how far they are.
    pub counts: Counts,
}

impl Shown {
    /// The map run of that name in an execution of these events, if it had one.
    pub fn of(program: &Program, events: &[Event], name: &str) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let mut execution = Execution::of(program, std::slice::from_ref(first))?;
        let mut shown: Option<Self> = None;
        for event in rest {
            execution.fold(program, event);
            let there = execution.all_map_runs();
            let mut there = there.filter(|(_, map_run)| map_run.name == name);
            match there.next() {
                Some((_, map_run)) => {
                    let ended = shown.and_then(|shown| shown.stopped);
                    let progress = match (execution.status, map_run.is_running()) {
                        (_, false) => Progress::Failed,
                        (Status::Running, true) if map_run.is_open() => Progress::Running,
                        (Status::Running, true) => Progress::Pending,
                        _ => Progress::Aborted,
                    };
                    let is_over = matches!(progress, Progress::Failed | Progress::Aborted);
                    shown = Some(Self {
                        progress,
                        started: map_run.since,
                        stopped: ended.or(Some(event.time)).filter(|_| is_over),
                        policy: map_run.policy,
                        counts: map_run.counts,
                    });
                }
                None => {
                    if let Some(shown) = shown.as_mut().filter(|shown| shown.stopped.is_none()) {
                        shown.stopped = Some(event.time);
                        shown.progress = match &event.kind {
                            EventKind::MapRunSucceeded { .. } => Progress::Succeeded,
                            _ => Progress::Aborted,
                        };
                    }
                }
            }
        }
        shown.map(Self::settled)
    }

    /// What goes on in one that was given up is stopped.
    fn settled(mut self) -> Self {
        if self.progress == Progress::Aborted {
            self.counts.aborted += std::mem::take(&mut self.counts.running);
        }
        self
    }
}
