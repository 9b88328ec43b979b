//! A text that is open in the editor, and what is known of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::uri;
use crate::diagnostic::{Diagnostics, Source};
use crate::language::{Lines, Outline};
use crate::manifest::{Manifest, Node};

/// Looks at a text: the manifest as far as there is one, and all that is wrong.
pub(super) type Examine<'a> = &'a (dyn Fn(&Arc<Source>) -> (Option<Manifest>, Diagnostics) + Sync);

/// An open text.
pub(super) struct Document {
    /// The client's number of this state of the text.
    pub(super) version: i64,
    pub(super) source: Arc<Source>,
    pub(super) lines: Lines,
    pub(super) outline: Outline,
    /// The number of this state among all states of all texts.
    pub(super) serial: u64,
    /// What the text becomes: that of its last state that became something, since a look takes its time.
    pub(super) resolved: Option<Node>,
    /// Whether the client was told something of it.
    pub(super) was_told: bool,
}

impl Document {
    pub(super) fn new(address: &str, (version, serial): (i64, u64), text: String) -> Self {
        let path = uri::path(address).unwrap_or_else(|| PathBuf::from("s.yaml"));
        let lines = Lines::new(&text);
        let outline = Outline::new(&text);
        Self {
            version,
            source: Source::new(path, text),
            lines,
            outline,
            serial,
            resolved: None,
            was_told: false,
        }
    }

    /// The next state of the text.
    pub(super) fn change(&mut self, (version, serial): (i64, u64), text: String) {
        self.version = version;
        self.serial = serial;
        self.lines = Lines::new(&text);
        self.outline = Outline::new(&text);
        self.source = Source::new(self.source.path.clone(), text);
    }

    /// Whether it is a manifest: by its name, or by its keys, since a manifest may have any name.
    pub(super) fn is_manifest(&self) -> bool {
        let name = self.source.path.file_name().and_then(|name| name.to_str());
        let has = |key| self.outline.child(0, key).is_some();
        match name {
            Some("s.yaml" | "s.yml") => true,
            Some("env.yaml" | "env.yml") => false,
            _ => has("edition") && (has("resources") || has("services")),
        }
    }

    /// A file that the text names, when it is there.
    pub(super) fn neighbour(&self, named: &str) -> Option<PathBuf> {
        let folder = self.source.path.parent().unwrap_or(Path::new(""));
        let path = folder.join(named);
        (!named.trim().is_empty() && path.exists()).then_some(path)
    }
}
