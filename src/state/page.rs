//! A page of a shared state's log: the whole state, or what was noted since, with the mark of who wrote it.

use serde::{Deserialize, Serialize};

use super::{Entry, Holder, State, StateError, format, lock};
use crate::sys::{process, random};

const LOG: &str = "log/";
const LEASE: &str = "lease/";
const SUFFIX: &str = ".json";

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Writer {
    /// Drawn for each run.
    pub(super) token: String,
    /// For people.
    #[serde(flatten)]
    pub(super) holder: Holder,
    /// Where the process's number means something, if that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) space: Option<String>,
}

impl Writer {
    /// This process, for `operation`.
    pub(super) fn new(operation: &str) -> Self {
        Self {
            token: random::hex(8),
            holder: lock::holder(operation),
            space: process::space(),
        }
    }

    /// Whether it is certain that the process is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.space.is_some()
            && self.space == process::space()
            && !process::is_alive(self.holder.pid)
    }

    /// The key of the object whose age says when the writer was last alive.
    pub(super) fn lease(&self) -> String {
        format!("{LEASE}{}{SUFFIX}", self.token)
    }
}

/// A page as it is read.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    version: u32,
    pub(super) writer: Writer,
    /// Whether the writer goes on holding the state.
    pub(super) held: bool,
    /// The whole state, with all that the pages before it say.
    #[serde(default)]
    pub(super) state: Option<State>,
    /// What was noted.
    #[serde(default)]
    pub(super) entries: Vec<Entry>,
}

/// A page as it is written.
#[derive(Debug, Serialize)]
struct Written<'a> {
    version: u32,
    writer: &'a Writer,
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a State>,
    #[serde(skip_serializing_if = "<[Entry]>::is_empty")]
    entries: &'a [Entry],
}

/// What a page says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    /// The writer takes the state.
    Taken,
    /// This was noted.
    Noted(&'a [Entry]),
    /// This is the state.
    State(&'a State),
    /// This is the state, and the writer lets go of it.
    Released(&'a State),
}

impl Content<'_> {
    /// The page's text.
    pub(super) fn by(self, writer: &Writer) -> Result<Vec<u8>, serde_json::Error> {
        let (state, entries) = match self {
            Self::Taken => (None, &[][..]),
            Self::Noted(entries) => (None, entries),
            Self::State(state) | Self::Released(state) => (Some(state), &[][..]),
        };
        serde_json::to_vec(&Written {
            version: format::VERSION,
            writer,
            held: !matches!(self, Self::Released(_)),
            state,
            entries,
        })
    }
}

impl Page {
    /// Reads the page at `key` of the place.
    pub(super) fn parse(place: &str, key: &str, content: &[u8]) -> Result<Self, StateError> {
        let wrong = |why: String| StateError::Format {
            place: format!("{place}/{key}"),
            why,
        };
        let page: Self = format::parse(content).map_err(wrong)?;
        let version = page.state.as_ref().map_or(page.version, |s| s.version);
        if version != format::VERSION {
            return Err(wrong(format!(
                "it holds a state of format version {version}"
            )));
        }
        Ok(page)
    }
}

/// The key of a page.
pub(super) fn key(number: u64) -> String {
    format!("{LOG}{number:012}{SUFFIX}")
}

/// The number of a page, by its key.
pub(super) fn number(key: &str) -> Option<u64> {
    key.strip_prefix(LOG)?.strip_suffix(SUFFIX)?.parse().ok()
}

/// What the keys of all pages begin with.
pub(super) const PAGES: &str = LOG;

/// Whether the key is that of a lease.
pub(super) fn is_lease(key: &str) -> bool {
    key.starts_with(LEASE)
}
