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
    /// Whose the wanted resources are. Alone it is no change that anybody asks for.
    #[serde(skip)]
    pub attribution: Attribution,
}

/// Which manifest describes resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Its file name.
    pub manifest: String,
    /// The resources, those that a step will make included.
    pub ids: BTreeSet<ResourceId>,
}

impl Attribution {
    /// The manifest, if the resource is one of its own.
    pub fn of(&self, id: &ResourceId) -> Option<String> {
        self.ids.contains(id).then(|| self.manifest.clone())
    }

    /// Whether the state says so already.
    pub fn is_noted(&self, state: &State) -> bool {
        let mut records = self.ids.iter().filter_map(|id| state.records.get(id));
        records.all(|record| record.manifest.as_ref() == Some(&self.manifest))
    }

    /// Writes it into the records that there are.
    pub fn note(&self, state: &mut State) {
        for id in &self.ids {
            if let Some(record) = state.records.get_mut(id) {
                record.manifest = Some(self.manifest.clone());
            }
        }
    }
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
        self.attribution.note(state);
    }
}
