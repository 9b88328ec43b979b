//! What an apply tells while it runs, and at its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::resource::{Kind, Object, ResourceId};

/// Something that happened. The command line turns it into progress or JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A step began.
    Began {
        /// The resource.
        id: ResourceId,
        /// What it is.
        kind: Kind,
        /// The action's name, as in the plan's JSON.
        action: &'static str,
        /// How many items it will change.
        items: usize,
        /// How many bytes it will send, as far as known.
        bytes: u64,
    },
    /// Words for whoever waits.
    Note {
        /// The resource.
        id: ResourceId,
        /// The words.
        text: String,
    },
    /// Bytes were sent for a step.
    Bytes {
        /// The resource.
        id: ResourceId,
        /// How many since the last word.
        bytes: u64,
    },
    /// One item of a step is done.
    Item {
        /// The resource.
        id: ResourceId,
        /// The item's key.
        key: String,
        /// Whether it is gone rather than there.
        gone: bool,
    },
    /// A step ended well.
    Done {
        /// The resource.
        id: ResourceId,
        /// The action's name.
        action: &'static str,
        /// The outputs, unless it is gone.
        outputs: Object,
    },
    /// A step failed.
    Failed {
        /// The resource.
        id: ResourceId,
        /// The action's name.
        action: &'static str,
        /// Why.
        why: Diagnostic,
    },
    /// A step was not begun because another failed or the user stopped.
    Skipped {
        /// The resource.
        id: ResourceId,
        /// The action's name.
        action: &'static str,
    },
}

/// How an apply ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Steps that ended well.
    pub done: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps that were not begun.
    pub skipped: usize,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

impl Report {
    /// Whether every step ended well.
    pub fn is_complete(&self) -> bool {
        self.failed == 0 && self.skipped == 0
    }
}

/// The user's wish to stop, shared by whoever hears it and whoever heeds it.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    begun: Arc<AtomicBool>,
}

impl Stop {
    /// Notes that from now on there is something to end well.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether there is something to end well.
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Asks to stop at the next safe point.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
