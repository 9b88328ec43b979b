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
            let spec = state.spec.as_ref()?;
            let (function, kept) = (&spec.function, state.roster.scale.min);
            if state.roster.live() >= kept {
                return None;
            }
            let reserved = shared.limits.reserved(function);
            if let Some(most) = reserved.filter(|most| *most < kept) {
                return Some(format!(
                    "no more than {most} instances of the function are reserved"
                ));
            }
            let room = shared.limits.room(function, spec.memory_mb);
            let is_used_up = room.reserved == 0 && state.roster.starting == 0;
            if let Some(most) = reserved.filter(|_| is_used_up) {
                return Some(format!(
                    "no more than {most} instances of the function are reserved, and others have them"
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
