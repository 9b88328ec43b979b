//! Why a zip is not taken.

use zip::result::ZipError;

use crate::{MOST_BYTES, MOST_ENTRIES};

/// Characters of an entry's name that are shown.
const SHOWN: usize = 100;

/// Why a zip is not taken. The words go on after the name of the zip.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read as a zip.
    #[error("this is no zip: {0}")]
    Broken(String),
    /// An entry cannot be unpacked: it is damaged, or gives more than it declares.
    #[error("the entry {name:?} is damaged: {why}")]
    Damaged {
        /// Its place.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// An entry is not what code may hold.
    #[error("the entry {name:?} {why}")]
    Entry {
        /// Its name as written, or the beginning of it.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Its directory is too long.
    #[error("it holds {0} entries, and {MOST_ENTRIES} are taken")]
    TooMany(usize),
    /// What it declares is too much.
    #[error("it is more than {} GB unpacked", MOST_BYTES >> 30)]
    TooLarge,
}

impl Refusal {
    /// What is wrong with an entry.
    pub(crate) fn entry(name: &str, why: &'static str) -> Self {
        let name = shown(name);
        Self::Entry { name, why }
    }

    /// What came of unpacking an entry.
    pub(crate) fn damaged(name: &str, error: &dyn std::fmt::Display) -> Self {
        let (name, why) = (shown(name), error.to_string());
        Self::Damaged { name, why }
    }
}

fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(SHOWN).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    shown
}

impl From<ZipError> for Refusal {
    fn from(error: ZipError) -> Self {
        Self::Broken(error.to_string())
    }
}
