//! The state's own types.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::resource::{Kind, KindSpec, Object, RemoteId, ResourceId};

/// How far a record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Status {
    /// It is there, as the attributes say.
    Ready,
    /// A creation was begun with this token and not seen to end.
    Creating {
        /// The token that a repeated creation must use.
        token: String,
    },
    /// A change was begun and not seen to end.
    Updating,
    /// A deletion was begun and not seen to end.
    Deleting,
}

/// What the state remembers of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// What the cloud calls it; `None` until a creation is seen to end.
    pub remote: Option<RemoteId>,
    /// Its attributes as last applied.
    pub attrs: Object,
    /// Its outputs.
    #[serde(default)]
    pub outputs: Object,
    /// What it needed, so that removal can go backwards without a manifest.
    #[serde(default)]
    pub after: BTreeSet<ResourceId>,
    /// How far it is.
    pub status: Status,
    /// Items that changed elsewhere and were not announced to it yet (paths to refresh).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub owed: BTreeSet<String>,
    /// Items that a change not seen to end may have made, beyond those that were seen to be done.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pending: BTreeSet<String>,
    /// Whether it may not be deleted or replaced until a deploy of its block without protection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// The file name of the manifest that described it last; `None`: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
}

/// Everything remembered of one application in one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The format's version.
    pub version: u32,
    /// Drawn once, so that two states are never mistaken for each other.
    pub lineage: String,
    /// Grows with every write.
    pub serial: u64,
    /// The account it was applied to, once that is known.
    #[serde(default)]
    pub account: Option<String>,
    /// The resources.
    pub records: BTreeMap<ResourceId, Record>,
    /// Resources whose successor exists and that wait for deletion.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<(ResourceId, Record)>,
    /// Blocks that got another name → the name that they were first deployed under, from which names in the cloud are
    /// derived.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, String>,
}

impl Record {
    /// A thing that no state remembers, to be asked about by its name in the cloud.
    pub fn named(kind: Kind, remote: Option<RemoteId>) -> Self {
        Self {
            kind,
            remote,
            attrs: Object::new(),
            outputs: Object::new(),
            after: BTreeSet::new(),
            status: Status::Ready,
            owed: BTreeSet::new(),
            pending: BTreeSet::new(),
            protected: false,
            manifest: None,
        }
    }

    /// The attributes with all items that may be there: those that are only pending have no content.
    pub fn attrs_with_pending(&self, spec: &KindSpec) -> Cow<'_, Object> {
        let Some(name) = spec.items.first().filter(|_| !self.pending.is_empty()) else {
            return Cow::Borrowed(&self.attrs);
        };
        let mut attrs = self.attrs.clone();
        let items = attrs
            .entry(name.as_str())
            .or_insert_with(|| Json::Object(Object::new()));
        if let Json::Object(items) = items {
            for key in &self.pending {
                items.entry(key.as_str()).or_insert(Json::Null);
            }
        }
        Cow::Owned(attrs)
    }
}

impl State {
    /// The predecessor of a resource that waits for deletion under this name in the cloud; without a name, the latest.
    pub fn deposed_record(&self, id: &ResourceId, remote: Option<&RemoteId>) -> Option<&Record> {
        let mut of_resource = self.deposed.iter().rev().filter(|(other, _)| other == id);
        let found =
            of_resource.find(|(_, record)| remote.is_none() || record.remote.as_ref() == remote);
        found.map(|(_, record)| record)
    }

    /// A resource's current thing, or the predecessor of this name.
    pub(super) fn thing_mut(
        &mut self,
        id: &ResourceId,
        predecessor: Option<&RemoteId>,
    ) -> Option<&mut Record> {
        if predecessor.is_none() {
            return self.records.get_mut(id);
        }
        let mut deposed = self.deposed.iter_mut();
        let found =
            deposed.find(|(other, record)| other == id && record.remote.as_ref() == predecessor);
        found.map(|(_, record)| record)
    }
}
