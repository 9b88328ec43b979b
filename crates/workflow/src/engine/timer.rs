//! When time matters next.

use super::{Execution, Millis, Run, State};

impl Run {
    /// The moment at which something happens by itself.
    pub(super) const fn due(&self) -> Option<Millis> {
        match &self.state {
            State::Waiting(at) | State::Pausing(at) => Some(*at),
            State::Calling { deadline, .. } => *deadline,
            _ => None,
        }
    }
}

impl Execution {
    /// The next moment at which [`super::Command::Tick`] changes something. `None` if it has ended.
    pub fn due(&self) -> Option<Millis> {
        if !self.is_running() {
            return None;
        }
        let runs = self
            .frames
            .values()
            .filter_map(|frame| frame.at.as_ref()?.due());
        Some(runs.min().unwrap_or(Millis::MAX).min(self.deadline))
    }
}
