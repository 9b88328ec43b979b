//! What is reserved for a function holds for the instances that it has already, too.

use std::sync::Arc;

use super::group::Group;
use super::{Shared, lock};

impl Shared {
    /// Lets instances of a function go that are beyond what is reserved for it. Calls that wait where none is left are refused.
    pub(super) fn retrench(self: &Arc<Self>, function: &str) {
        let Some(most) = self.limits.reserved(function) else {
            return;
        };
        let groups = self.groups_of(function);
        let live: u32 = groups.iter().map(|group| group.live()).sum();
        let mut surplus = live.saturating_sub(most);
        for busy in [false, true] {
            for group in &groups {
                surplus -= group.shed(self, surplus, busy);
            }
        }
        for group in &groups {
            group.refuse_hopeless(self);
        }
    }

    /// The versions of a function.
    pub(super) fn groups_of(&self, function: &str) -> Vec<Arc<Group>> {
        let groups = lock(&self.groups);
        let lanes = groups.get(function).into_iter();
        lanes
            .flat_map(|lanes| lanes.values().map(Arc::clone))
            .collect()
    }
}
