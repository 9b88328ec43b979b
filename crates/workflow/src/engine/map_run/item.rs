//! How the items of map runs fare.

use serde_json::Value;

use super::super::apply::{Effect, Turn};
use super::super::fault::Way;
use super::super::{Change, EventKind, Fault, FrameId, ItemId};
use super::state::MapRun;

impl Turn<'_> {
    /// The frame of the map run that an event started, if it goes on and is such a one.
    pub(super) fn find_map_run(
        &self,
        started: u64,
        is: impl Fn(&MapRun) -> bool,
    ) -> Option<FrameId> {
        let mut all = self.execution.all_map_runs();
        let found = all
            .find(|(_, map_run)| map_run.started == started && map_run.is_running() && is(map_run));
        found.map(|(frame, _)| frame)
    }

    /// Notes what happened to a map run, and begins the items whose turn has come by it.
    pub(super) fn tell_map_run(&mut self, frame: FrameId, kind: EventKind) {
        let before = self.execution.map_run(frame);
        let before = before.map_or(0, |map_run| map_run.cursor);
        self.tell(kind);
        if let Some((map_run, distributed, part)) = self.execution.distributing(self.program, frame)
        {
            let begun = map_run.begun(before, (distributed.mode, part));
            self.effects.extend(begun);
        }
    }

    /// The execution of an item ended. One of an earlier round is waited for no more.
    pub(in super::super) fn item_ended(&mut self, item: ItemId, outcome: Result<Value, Fault>) {
        let Some(frame) = self.find_map_run(item.started, |map_run| map_run.awaits(item)) else {
            return;
        };
        self.tell_map_run(
            frame,
            EventKind::MapRunItemEnded {
                frame,
                index: item.index,
                outcome,
            },
        );
        self.judge(frame);
    }

    /// A map run is carried out otherwise from now on.
    pub(in super::super) fn update_map_run(&mut self, name: &str, change: &Change) {
        let mut all = self
            .execution
            .all_map_runs()
            .filter(|(_, map_run)| map_run.is_running());
        let found = all.find(|(_, map_run)| map_run.name == name);
        let found = found.map(|(frame, map_run)| (frame, map_run.policy.with(change)));
        drop(all);
        let Some((frame, policy)) = found else {
            return;
        };
        self.tell_map_run(frame, EventKind::MapRunUpdated { frame, policy });
        self.judge(frame);
    }

    /// Too many failures end a map run; otherwise it may be done.
    fn judge(&mut self, frame: FrameId) {
        let Some(map_run) = self.execution.map_run(frame) else {
            return;
        };
        if !map_run.policy.is_exceeded(&map_run.counts) {
            return self.conclude(frame);
        }
        let (failed, total) = (map_run.counts.failed, map_run.counts.total);
        let last = map_run.last_fault().map_or_else(String::new, |fault| {
            format!(", one with {}: {}", fault.error, fault.cause)
        });
        let cause = format!("{failed} of {total} items failed, more than may{last}");
        let name = "ExceedToleratedFailureThreshold";
        let fault = Fault::map_run(self.program.language, name, cause);
        self.fail_map_run(frame, fault);
    }

    /// A map run fails, and with it its step: what goes on of its items is stopped.
    pub(super) fn fail_map_run(&mut self, frame: FrameId, fault: Fault) {
        let Some(map_run) = self.execution.map_run(frame) else {
            return;
        };
        let name = map_run.name.clone();
        if map_run.counts.running > 0 {
            self.effects.push(Effect::StopItems(name.clone()));
        }
        self.tell(EventKind::MapRunFailed {
            frame,
            name,
            fault: fault.clone(),
        });
        self.fail(frame, fault, Way::Failed);
    }
}
