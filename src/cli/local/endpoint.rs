//! Where a local cloud listens: from the environment, or from the file that a background one leaves.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Keys, data, folder};
use crate::credential;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::{env, fs, process};

/// A local cloud's address, as the background one writes it down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::cli) struct Endpoint {
    /// Such as `http://127.0.0.1:7380`.
    pub(in crate::cli) url: String,
    /// Its process, when it is ours.
    pub(in crate::cli) pid: Option<u32>,
}

impl Endpoint {
    fn file() -> PathBuf {
        folder().join("endpoint.json")
    }

    /// Leaves it for others to find.
    pub(super) fn write(&self) -> Result<(), fs::FsError> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        fs::write_atomic(&Self::file(), &text, fs::Readers::Owner)
    }

    /// Takes it away; only for who holds the data folder.
    pub(super) fn remove() {
        // Whoever reads a stale file finds that nobody holds the data folder.
        let _ = fs::remove_file(&Self::file());
    }

    /// What the last background process left, whether it lives or not.
    pub(super) fn left() -> Result<Option<Self>, Diagnostics> {
        let text = fs::read_text(&Self::file()).map_err(Diagnostic::from)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The one that a living background process left: the number alone may be another process's by now, so the data
    /// folder must be in use too. A stale file is removed.
    pub(super) fn of_background() -> Result<Option<Self>, Diagnostics> {
        let Some(found) = Self::left()? else {
            return Ok(None);
        };
        if found.pid.is_some_and(process::is_alive) && is_in_use()? {
            return Ok(Some(found));
        }
        Self::remove_stale()?;
        Ok(None)
    }

    /// Takes it away if no local cloud runs, and lets none start meanwhile.
    pub(super) fn remove_stale() -> Result<(), Diagnostics> {
        let held = fs::FileLock::try_take(&lock()).map_err(Diagnostic::from)?;
        if held.is_some() {
            Self::remove();
        }
        Ok(())
    }
}

/// Whether a local cloud runs over the data folder.
pub(super) fn is_in_use() -> Result<bool, Diagnostics> {
    Ok(fs::is_locked(&lock()).map_err(Diagnostic::from)?)
}

/// The lock that a local cloud holds while it runs.
pub(super) fn lock() -> PathBuf {
    data().join("lock")
}

/// The local cloud that access `local` means right now, with its keys.
pub(in crate::cli) fn running() -> Result<Option<(Endpoint, Keys)>, Diagnostics> {
    if let Some(url) = env::var(env::LOCAL_URL) {
        let keys = match credential::vendor_environment() {
            Some(credential) => credential.into(),
            None => Keys::stored()?,
        };
        return Ok(Some((
            Endpoint {
                url: checked(&url)?,
                pid: None,
            },
            keys,
        )));
    }
    match Endpoint::of_background()? {
        Some(endpoint) => Ok(Some((endpoint, Keys::stored()?))),
        None => Ok(None),
    }
}

fn checked(url: &str) -> Result<String, Diagnostics> {
    let parsed = reqwest::Url::parse(url).ok().filter(|parsed| {
        let bare = parsed.path() == "/" && parsed.query().is_none() && parsed.fragment().is_none();
        parsed.scheme() == "http" && bare && parsed.username().is_empty()
    });
    if let Some(parsed) = parsed {
        return Ok(parsed.as_str().trim_end_matches('/').to_owned());
    }
    let detail = format!(
        "{} is `{url}`, which is not like http://127.0.0.1:7380",
        env::LOCAL_URL
    );
    Err(Diagnostic::error(code::USAGE, detail).into())
}
