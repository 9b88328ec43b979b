//! How events change map runs. Nothing is decided here.

use super::super::{Event, EventKind, Execution, FrameId, ItemId, State};
use super::state::{ItemState, MapRun};

impl Execution {
    pub(in super::super) fn fold_map_run(&mut self, event: &Event) {
        match &event.kind {
            EventKind::MapRunStarted {
                frame,
                name,
                policy,
            } => {
                let map_run = MapRun::new(name.clone(), (event.id, event.time), *policy);
                self.be(*frame, State::Distributing(Box::new(map_run)));
            }
            EventKind::MapRunOpened {
                frame,
                inputs,
                sizes,
            } => self.with_map_run(*frame, |map_run| map_run.open(inputs, sizes)),
            EventKind::MapRunItemEnded {
                frame,
                index,
                outcome,
            } => self.with_map_run(*frame, |map_run| {
                let state = match outcome {
                    Ok(output) => ItemState::Succeeded(output.clone()),
                    Err(fault) => ItemState::Failed(fault.clone()),
                };
                map_run.set(*index, state);
                if !map_run.policy.is_exceeded(&map_run.counts) {
                    map_run.fill();
                }
            }),
            EventKind::MapRunUpdated { frame, policy } => self.with_map_run(*frame, |map_run| {
                map_run.policy = *policy;
                if !map_run.policy.is_exceeded(&map_run.counts) {
                    map_run.fill();
                }
            }),
            // The items are done, whatever becomes of the result.
            EventKind::MapRunSucceeded { frame, .. } => self.be(*frame, State::Entered),
            EventKind::MapRunFailed { frame, .. } => {
                self.with_map_run(*frame, MapRun::give_up);
            }
            _ => {}
        }
    }

    fn with_map_run(&mut self, frame: FrameId, act: impl FnOnce(&mut MapRun)) {
        if let Some(State::Distributing(map_run)) = self.run_mut(frame).map(|run| &mut run.state) {
            act(map_run);
        }
    }

    /// The map run at a frame.
    pub(super) fn map_run(&self, frame: FrameId) -> Option<&MapRun> {
        match &self.run(frame)?.state {
            State::Distributing(map_run) => Some(map_run),
            _ => None,
        }
    }

    /// Every map run that is there, with its frame.
    pub(super) fn all_map_runs(&self) -> impl Iterator<Item = (FrameId, &MapRun)> {
        self.frames
            .keys()
            .filter_map(|frame| Some((*frame, self.map_run(*frame)?)))
    }

    /// Whether the end of an item's execution is waited for.
    pub fn awaits(&self, item: ItemId) -> bool {
        let mut map_runs = self.map_runs();
        map_runs.any(|map_run| map_run.started == item.started && map_run.awaits(item))
    }

    /// Every map run that goes on.
    pub fn map_runs(&self) -> impl Iterator<Item = &MapRun> {
        let is_running = self.is_running();
        let all = self.all_map_runs().map(|(_, map_run)| map_run);
        all.filter(move |map_run| is_running && map_run.is_running())
    }
}
