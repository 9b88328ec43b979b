//! Why instances that shall be kept are not there.

use super::Fleet;
use super::group::Group;
use super::{Shared, lock};

impl Fleet {
    /// Why there are fewer instances by a qualifier than [`Fleet::keep`] asks for; nothing while they are there or may come.
    pub fn lack(&self, function: &str, qualifier: &str) -> Option<String> {
        let groups = {
            let groups = lock(&self.0.groups);
            let lanes = groups.get(function).into_iter().flatten();
            let own = lanes.filter(|((_, by), _)| by == qualifier);
            own.map(|(_, group)| group.clone()).collect::<Vec<_>>()
        };
        groups.iter().find_map(|group| group.lack(&self.0))
    }
}

impl Group {
    fn lack(&self, shared: &Shared) -> Option<String> {
        self.look_into(|state| {
            let (function, kept) = (&state.spec.as_ref()?.function, state.roster.scale.min);
            if state.roster.live() >= kept {
                return None;
            }
            if let Some(most) = shared.limits.reserved(function).filter(|most| *most < kept) {
                return Some(format!(
                    "no more than {most} instances of the function are reserved"
                ));
            }
            let is_broken = state.roster.is_broken(shared.now());
            state
                .fault
                .as_ref()
                .filter(|_| is_broken)
                .map(ToString::to_string)
        })
    }
}
