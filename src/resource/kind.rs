//! What the engine must know of a kind to plan it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Kind, Object};

/// A kind's rules. The core diffs by them, so providers cannot disagree about what a change is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KindSpec {
    /// Attributes that cannot change in place: a change replaces the resource.
    pub immutable: BTreeSet<String>,
    /// Immutable attributes that form the name in the cloud. While they stay the same, a successor can only be made
    /// after its predecessor is gone.
    pub identity: BTreeSet<String>,
    /// What cannot be there beside one of this kind. What goes is deleted before what it excludes is made.
    pub exclusive: Vec<Exclusive>,
    /// Attributes whose text never leaves the provider's call.
    pub secret: BTreeSet<String>,
    /// Attributes that only steer the apply (a local folder): not compared, not shown.
    pub local: BTreeSet<String>,
    /// Attributes that are maps of independent items (path → file): compared item by item, and an item found in
    /// the cloud that nobody asked for is left alone.
    pub items: BTreeSet<String>,
    /// Names of the outputs a created resource has.
    pub outputs: BTreeSet<String>,
    /// Outputs that a change in place gives another value, each with the attributes whose change does: not known before it is
    /// done. The others stay through any change in place.
    pub renewed: BTreeMap<String, BTreeSet<String>>,
    /// What the cloud assumes when an attribute is absent.
    pub defaults: Object,
    /// Whether it has no ownership mark of its own because it lies inside another resource (files in a bucket).
    pub contained: bool,
    /// The attribute naming the resource whose changed items must be announced to this one by the
    /// action `refresh` (a cache over files).
    pub refresh_from: Option<String>,
}

/// Things of which only one can be there at a time: those that agree in some attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusive {
    /// Another kind whose things are excluded; `None`: those of the same kind.
    pub other: Option<Kind>,
    /// Whether one of this kind is all that one of the other is, so that it goes on as this one and nothing is deleted.
    pub covers: bool,
    /// An attribute and its value that both have.
    pub among: Option<(String, Json)>,
    /// The attributes in which they agree.
    pub agree: BTreeSet<String>,
}

impl Exclusive {
    /// Things of the same kind, whose `among` is a value, that agree in some attributes.
    pub fn same((attribute, value): (&str, &str), agree: &[&str]) -> Self {
        Self {
            other: None,
            covers: false,
            among: Some((attribute.to_owned(), value.into())),
            agree: agree.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// Things of another kind that agree in some attributes: both are one thing in the cloud, of which this kind may be all or a
    /// part.
    pub fn other(kind: &str, covers: bool, agree: &[&str]) -> Self {
        Self {
            other: Some(kind.into()),
            covers,
            among: None,
            agree: agree.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

/// The rules of all kinds that a provider serves.
pub type Specs = BTreeMap<Kind, KindSpec>;

impl KindSpec {
    /// A spec from lists of names.
    pub fn new(immutable: &[&str], outputs: &[&str]) -> Self {
        let set = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect();
        Self {
            immutable: set(immutable),
            outputs: set(outputs),
            ..Self::default()
        }
    }

    /// Notes that a change of any of these attributes in place gives the outputs other values.
    pub fn renew(&mut self, outputs: &[&str], by: &[&str]) {
        for output in outputs {
            let by = by.iter().map(|&name| name.to_owned());
            self.renewed.insert((*output).to_owned(), by.collect());
        }
    }
}
