//! Where a local cloud listens: from the environment, or from the file that a background one leaves.

use serde::{Deserialize, Serialize};

use super::{Keys, folder};
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
    fn file() -> std::path::PathBuf {
        folder().join("endpoint.json")
    }

    /// Leaves it for others to find.
    pub(super) fn write(&self) -> Result<(), fs::FsError> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        fs::write_atomic(&Self::file(), &text, fs::Readers::Owner)
    }

    /// Takes it away.
    pub(super) fn remove() {
        // Whoever reads a stale file finds a dead process.
        let _ = fs::remove_file(&Self::file());
    }

    /// The one that a living background process left.
    pub(super) fn of_background() -> Result<Option<Self>, Diagnostics> {
        let text = fs::read_text(&Self::file()).map_err(Diagnostic::from)?;
        let found: Option<Self> = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(found.filter(|e| e.pid.is_some_and(process::is_alive)))
    }
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
    let url = url.trim_end_matches('/');
    let rest = url.strip_prefix("http://");
    if rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('/')) {
        return Ok(url.to_owned());
    }
    let detail = format!(
        "{} is `{url}`, which is not like http://127.0.0.1:7380",
        env::LOCAL_URL
    );
    Err(Diagnostic::error(code::LOCAL_DOWN, detail).into())
}
