//! A plan as a value: immutable, ordered, printable.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::{Edits, FieldDiff};
use crate::diagnostic::Diagnostics;
use crate::resource::{Kind, Object, Print, RemoteId, Resource, ResourceId, conceal_plain};

/// Executions of a workflow are counted up to here.
pub const MOST_RUNNING: usize = 100;

/// The state that a plan was made from. Apply refuses another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Base {
    /// The state's lineage.
    pub lineage: String,
    /// The state's serial.
    pub serial: u64,
}

/// Which of the things that a resource has in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The one that the resource stands for.
    Current,
    /// A predecessor whose successor is in place, by its name in the cloud.
    Deposed(Option<RemoteId>),
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Change {
    /// It is made.
    Create {
        /// All items and attributes, as additions.
        diff: Vec<FieldDiff>,
        /// Why a thing that is there makes way, when one does. Its deletion is a step of its own.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        replaces: Vec<String>,
    },
    /// It is changed in place.
    Update {
        /// What differs.
        diff: Vec<FieldDiff>,
    },
    /// It is there already: it is taken over, and changed where it differs.
    Adopt {
        /// What differs.
        diff: Vec<FieldDiff>,
        /// Why.
        because: String,
        /// The resource that it belonged to until now, when it only changes its name in the manifest.
        #[serde(skip_serializing_if = "Option::is_none")]
        was: Option<ResourceId>,
    },
    /// It is removed from the cloud.
    Delete {
        /// Why.
        because: String,
        /// Which thing of the resource.
        which: Which,
    },
    /// Only the state forgets it: it is gone already, or goes on under another name.
    Forget {
        /// Why.
        because: String,
        /// Which thing of the resource.
        which: Which,
    },
    /// Something is done to it that is not a change of attributes.
    Act {
        /// What, such as `refresh`.
        act: String,
        /// With what.
        args: Json,
    },
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The resource.
    pub id: ResourceId,
    /// What it is.
    pub kind: Kind,
    /// What happens.
    #[serde(flatten)]
    pub change: Change,
    /// What is wanted; absent when it goes away.
    #[serde(skip)]
    pub resource: Option<Resource>,
    /// What is there as far as known, for changes of something that is there.
    #[serde(skip)]
    pub before: Option<Object>,
    /// Positions of the steps that must have ended well before this one begins.
    pub waits: BTreeSet<usize>,
}

/// Everything that an apply will do, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The state it was made from.
    pub base: Base,
    /// What to do.
    pub steps: Vec<Step>,
    /// What changed in the cloud behind our back, by resource.
    pub drift: BTreeMap<ResourceId, Vec<FieldDiff>>,
    /// Items in the cloud that nobody asked for; they are left alone.
    pub unmanaged: BTreeMap<ResourceId, Vec<String>>,
    /// How many executions run in workflows that change or go, [`MOST_RUNNING`] standing for that many or more.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub running: BTreeMap<ResourceId, usize>,
    /// What changes in the state alone, before any step.
    pub edits: Edits,
    /// What was noticed and stands against nothing.
    #[serde(skip)]
    pub warnings: Diagnostics,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Resources made.
    pub create: usize,
    /// Resources changed.
    pub update: usize,
    /// Resources made anew because a change in place is impossible.
    pub replace: usize,
    /// Resources removed.
    pub delete: usize,
    /// Resources that only the state forgets.
    pub forget: usize,
    /// Resources taken over.
    pub adopt: usize,
    /// Other actions.
    pub act: usize,
    /// Blocks that go on under another name.
    pub moved: usize,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.edits.is_empty()
    }

    /// How many of each.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            moved: self.edits.moved.len(),
            ..Summary::default()
        };
        for step in &self.steps {
            match &step.change {
                Change::Create { replaces, .. } if replaces.is_empty() => summary.create += 1,
                Change::Create { .. } => summary.replace += 1,
                Change::Update { .. } => summary.update += 1,
                Change::Adopt { .. } => summary.adopt += 1,
                Change::Delete {
                    which: Which::Current,
                    ..
                } => summary.delete += 1,
                Change::Forget { .. } => summary.forget += 1,
                // The deletion of a predecessor is part of its replacement, unless that was done by an earlier run.
                Change::Delete { .. } if self.makes(&step.id) => {}
                Change::Delete { .. } => summary.delete += 1,
                Change::Act { .. } => summary.act += 1,
            }
        }
        // A predecessor deleted before its successor is made counts once, as a replacement.
        summary.delete -= self.replaced_first();
        summary
    }

    /// The steps that take a thing away and leave none in its place, in order.
    pub fn deletions(&self) -> impl Iterator<Item = &Step> {
        self.steps
            .iter()
            .filter(|step| matches!(step.change, Change::Delete { .. }) && !self.makes(&step.id))
    }

    /// The steps that make a thing anew in the place of another, in order.
    pub fn replacements(&self) -> impl Iterator<Item = &Step> {
        let replaces = |step: &&Step| matches!(&step.change, Change::Create { replaces, .. } if !replaces.is_empty());
        self.steps.iter().filter(replaces)
    }

    /// Takes out plain texts that are compared with secrets, such as one that stood in the manifest until it became a
    /// secret.
    ///
    /// # Errors
    /// Those of `print`.
    pub fn conceal_plain<E>(&mut self, print: Print<'_, E>) -> Result<(), E> {
        let steps = self
            .steps
            .iter_mut()
            .flat_map(|step| step.change.diff_mut());
        for diff in steps.chain(self.drift.values_mut().flatten()) {
            if let (Some(before), Some(after)) = (&mut diff.before, &mut diff.after) {
                conceal_plain(before, after, print)?;
                conceal_plain(after, before, print)?;
            }
        }
        Ok(())
    }

    fn makes(&self, id: &ResourceId) -> bool {
        self.steps
            .iter()
            .any(|s| s.id == *id && s.change.is_create())
    }

    fn replaced_first(&self) -> usize {
        let created: BTreeSet<&ResourceId> = self
            .steps
            .iter()
            .filter(|s| s.change.is_create())
            .map(|s| &s.id)
            .collect();
        self.steps
            .iter()
            .filter(|s| s.change.is_current_delete() && created.contains(&s.id))
            .count()
    }
}

impl Change {
    fn is_create(&self) -> bool {
        matches!(self, Self::Create { .. })
    }

    pub(super) fn is_current_delete(&self) -> bool {
        matches!(
            self,
            Self::Delete {
                which: Which::Current,
                ..
            }
        )
    }

    /// Which of the resource's things it deletes, if it does.
    pub(super) fn deletes(&self) -> Option<&Which> {
        match self {
            Self::Delete { which, .. } => Some(which),
            _ => None,
        }
    }

    /// Which of the resource's things it is about.
    pub fn which(&self) -> &Which {
        match self {
            Self::Delete { which, .. } | Self::Forget { which, .. } => which,
            _ => &Which::Current,
        }
    }

    fn diff_mut(&mut self) -> &mut [FieldDiff] {
        match self {
            Self::Create { diff, .. } | Self::Update { diff } | Self::Adopt { diff, .. } => diff,
            Self::Delete { .. } | Self::Forget { .. } | Self::Act { .. } => &mut [],
        }
    }

    /// The differences it brings about.
    pub fn diff(&self) -> &[FieldDiff] {
        match self {
            Self::Create { diff, .. } | Self::Update { diff } | Self::Adopt { diff, .. } => diff,
            Self::Delete { .. } | Self::Forget { .. } | Self::Act { .. } => &[],
        }
    }
}
