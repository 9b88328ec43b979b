//! What executions and schedules do by the clock.

use std::sync::atomic::Ordering;

use trigger::Schedule;

use super::Runner;
use crate::agenda::Agenda;
use crate::flow::table;
use crate::store::StoreError;

impl Runner {
    /// What is under way and what is due.
    pub(in crate::flow) async fn agenda(&self) -> Result<Agenda, StoreError> {
        let schedules = self.store.read(table::schedule::enabled).await?;
        let (now, fired) = (self.now(), self.fired.load(Ordering::Acquire));
        let mut agenda = Agenda::default();
        for schedule in schedules {
            if let Ok(cron) = Schedule::parse(&schedule.cron) {
                let (times, later) = cron.between((fired, now), schedule.modified, 1);
                agenda = agenda.with(now, times.first().copied().or(later));
            }
        }
        // Timers last: what was under way before may have set one.
        let is_busy = self.under_way.is_any() || !self.lock_out().is_empty();
        Ok(agenda.busy(is_busy).with(now, self.timers.first()))
    }
}
