//! What the key `sdev` says, typed.

use std::collections::BTreeMap;

use globset::GlobMatcher;
use serde_json::Value as Json;

use crate::diagnostic::{Severity, Span};

/// All that a manifest says under `sdev`.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Where the state lives.
    pub storage: Storage,
    /// Blocks whose resources are never deleted or replaced.
    pub protect: Vec<Named>,
    /// Blocks that got another name.
    pub moved: Vec<Move>,
    /// Rules for the manifest and the plan, in file order.
    pub policies: Vec<Policy>,
    /// Environment variables whose values are secret.
    pub secrets: Vec<String>,
    /// Lines for the shell that make the code of functions, by block.
    pub build: BTreeMap<String, String>,
}

/// Where the state lives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Storage {
    /// In `.sdev` beside the manifest.
    #[default]
    Beside,
    /// In another folder.
    Folder {
        /// As written: relative to the manifest's folder, or absolute.
        path: String,
    },
    /// In a bucket of the object storage.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// What all keys begin with: folders with `/` between them, none at the ends; may be empty.
        prefix: String,
        /// The bucket's region, when it is said.
        region: Option<String>,
    },
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its place.
    pub at: Span,
}

/// A block that got another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The name it had.
    pub from: String,
    /// The name it has in this manifest: moves of moves are followed.
    pub to: String,
    /// The place of the old name.
    pub at: Span,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What it is called.
    pub name: String,
    /// Its place.
    pub at: Span,
    /// What its author has to say to whoever breaks it.
    pub message: Option<String>,
    /// Whether breaking it is an error or a warning.
    pub level: Severity,
    /// The environments that it is for; `None`: all.
    pub environment: Option<GlobMatcher>,
    /// What it demands.
    pub rule: Rule,
}

/// What a policy demands.
#[derive(Debug, Clone)]
pub enum Rule {
    /// Something of a property of each block that it is for.
    Property(Box<Demand>),
    /// Something of the plan as a whole.
    Plan(Limit),
}

/// What is demanded of a property.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The component; `None`: all.
    pub component: Option<String>,
    /// Which names of blocks; `None`: all.
    pub resource: Option<GlobMatcher>,
    /// Below `props`, with `*` for all items of a list or values of a map.
    pub property: Vec<String>,
    /// Whether the property must be there.
    pub required: bool,
    /// What its value must be like; `None`: only `required` is asked.
    pub condition: Option<Condition>,
}

/// What a property's value must be like.
#[derive(Debug, Clone)]
pub enum Condition {
    /// One of these.
    OneOf(Vec<Json>),
    /// This.
    Equals(Json),
    /// Anything but this.
    Not(Json),
    /// A text that the glob matches.
    Matches(GlobMatcher),
    /// A number not below this.
    AtLeast(f64),
    /// A number not above this.
    AtMost(f64),
    /// Not there at all.
    Forbidden,
}

/// How much of a kind one plan may hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limit {
    /// Resources deleted at most.
    pub deletes: Option<usize>,
    /// Resources replaced at most.
    pub replaces: Option<usize>,
}

impl Policy {
    /// Whether it counts in this environment.
    pub fn is_for(&self, environment: &str) -> bool {
        let fits = |glob: &GlobMatcher| glob.is_match(environment);
        self.environment.as_ref().is_none_or(fits)
    }
}
