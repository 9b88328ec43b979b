//! What a plan changes in the state alone.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::resource::ResourceId;
use crate::state::State;

/// A block whose records go on under another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The old name.
    pub from: String,
    /// The new one.
    pub to: String,
}

/// Changes of the state that ask nothing of the cloud. An apply makes them all at once, before its first step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Edits {
    /// Blocks that go on under another name.
    pub moved: Vec<Moved>,
    /// Resources whose protection begins.
    pub protect: BTreeSet<ResourceId>,
    /// Resources whose protection ends.
    pub release: BTreeSet<ResourceId>,
    /// All wanted resources that are protected, those that a step will make included.
    #[serde(skip)]
    pub protected: BTreeSet<ResourceId>,
}

impl Edits {
    /// Whether the state stays as it is.
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.protect.is_empty() && self.release.is_empty()
    }

    /// Makes the changes.
    pub fn apply(&self, state: &mut State) {
        for Moved { from, to } in &self.moved {
            state.rename(from, to);
        }
        for (ids, protected) in [(&self.protect, true), (&self.release, false)] {
            for id in ids {
                if let Some(record) = state.records.get_mut(id) {
                    record.protected = protected;
                }
            }
        }
    }
}
