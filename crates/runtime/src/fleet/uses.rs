//! The folders that instances run from, so that nobody takes them away.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{Fleet, lock};
use crate::spec::Spec;

/// How often each folder is in use.
#[derive(Default)]
pub(super) struct Uses(Mutex<HashMap<PathBuf, usize>>);

/// The folders of a spec are in use as long as this lives.
pub(super) struct Use {
    uses: Arc<Uses>,
    folders: Vec<PathBuf>,
}

impl Uses {
    /// Somebody needs a spec's code and layers from now on.
    pub(super) fn begin(self: &Arc<Self>, spec: &Spec) -> Use {
        let folders: Vec<PathBuf> = spec.unpacked().cloned().collect();
        let mut counts = lock(&self.0);
        for folder in &folders {
            *counts.entry(folder.clone()).or_default() += 1;
        }
        Use {
            uses: Arc::clone(self),
            folders,
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        let mut counts = lock(&self.uses.0);
        for folder in &self.folders {
            if let Some(count) = counts.get_mut(folder) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(folder);
                }
            }
        }
    }
}

impl Fleet {
    /// The folders of code and layers that instances have, those that start or end included, and those that calls wait for.
    pub fn in_use(&self) -> HashSet<PathBuf> {
        lock(&self.0.uses.0).keys().cloned().collect()
    }
}
