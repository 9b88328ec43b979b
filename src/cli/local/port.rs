//! The port of this user's local cloud: the one it was last started on, so that addresses stay what they were.

use std::path::PathBuf;

use super::folder;
use crate::sys::fs;

/// The port of a local cloud that was never started on another.
const PORT: u16 = 7380;

/// The port to listen on unless told otherwise.
pub(in crate::cli) fn port() -> u16 {
    remembered().unwrap_or(PORT)
}

/// Remembers a port that was asked for and could be had.
pub(super) fn remember(port: u16) -> Result<(), fs::FsError> {
    // Port 0 was no choice of one, and what it came to may be another program's next time.
    if port == 0 || remembered() == Some(port) {
        return Ok(());
    }
    fs::write_atomic(&file(), port.to_string().as_bytes(), fs::Readers::Default)
}

/// Whether a port was ever asked for, or found free when the usual one was taken.
pub(super) fn is_chosen() -> bool {
    remembered().is_some()
}

/// Remembers the port of an address, so that it stays the address.
pub(super) fn keep(url: &str) -> Result<(), fs::FsError> {
    match url.rsplit(':').next().and_then(|port| port.parse().ok()) {
        Some(port) => remember(port),
        None => Ok(()),
    }
}

fn remembered() -> Option<u16> {
    let text = fs::read_text(&file()).ok().flatten()?;
    text.trim().parse().ok()
}

fn file() -> PathBuf {
    folder().join("port")
}
