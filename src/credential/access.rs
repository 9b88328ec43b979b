//! Keys in memory.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, code};
use crate::secret::Secret;
use crate::sys::fs::FsError;

/// The keys of one account.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The alias they were found under.
    pub alias: String,
    /// The account, if known.
    pub account_id: Option<String>,
    /// The access key's id.
    pub key_id: String,
    /// The access key's secret.
    pub key_secret: Secret,
    /// The token of temporary keys.
    pub security_token: Option<Secret>,
    /// The region that goes with them, if any.
    pub region: Option<String>,
}

/// Why no keys were found.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Nothing is known under that name.
    #[error("access `{alias}` is not known")]
    Missing {
        /// The name asked for.
        alias: String,
        /// The names that are known.
        known: Vec<String>,
    },
    /// A file is not what it should be.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The machine refused.
    #[error(transparent)]
    Io(#[from] FsError),
}

impl From<CredentialError> for Diagnostic {
    fn from(error: CredentialError) -> Self {
        let text = error.to_string();
        match error {
            CredentialError::Missing { mut known, .. } => {
                // Its keys may be stored already.
                known.retain(|name| name != super::LOCAL);
                let known = if known.is_empty() {
                    "none is configured; `local` always works".to_owned()
                } else {
                    format!("known: {}, local", known.join(", "))
                };
                Self::error(code::CREDENTIAL_MISSING, format!("{text} ({known})"))
                    .hint("sdev config add NAME --key-id ID --account-id ID (the secret is read from standard input)")
            }
            CredentialError::File { .. } | CredentialError::Io(_) => {
                Self::error(code::CREDENTIAL_FILE, text)
            }
        }
    }
}
