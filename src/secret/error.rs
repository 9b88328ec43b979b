//! Why a secret cannot be had or kept. No message holds a secret's text.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, code};
use crate::sys::env;
use crate::sys::fs::FsError;

/// What is wrong with a secret or with the place of the secrets.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SecretError {
    /// It is not stored.
    #[error("there is no secret `{0}`")]
    Missing(String),
    /// A name that no secret can have.
    #[error(
        "`{0}` cannot be a secret's name: it has letters, digits, `_`, `-` and `.`, at most 128, and begins with a letter or `_`"
    )]
    Name(String),
    /// A given key of fingerprints that could be guessed.
    #[error("the key in {} is shorter than 16 characters", env::FINGERPRINT_KEY)]
    ShortKey,
    /// They are under a passphrase, and nobody said it.
    #[error("{}: the secrets are under a passphrase, and none was given", .0.display())]
    NoPassphrase(PathBuf),
    /// The passphrase does not open them.
    #[error("{}: the passphrase does not fit", .0.display())]
    WrongPassphrase(PathBuf),
    /// The key is gone.
    #[error("{}: this key opens the secrets in {}, and it is not there", key.display(), file.display())]
    NoKey {
        /// Where it should be.
        key: PathBuf,
        /// The secrets.
        file: PathBuf,
    },
    /// The key is another one.
    #[error("{}: this key does not fit the secrets in {}", key.display(), file.display())]
    WrongKey {
        /// The key.
        key: PathBuf,
        /// The secrets.
        file: PathBuf,
    },
    /// The passphrase cannot take the place of the key.
    #[error("{}: these secrets are opened by a key file, not by a passphrase", .0.display())]
    OpenedByKey(PathBuf),
    /// An entry is not as it was written.
    #[error("{}: the secret `{name}` was changed by something other than sdev", file.display())]
    Changed {
        /// The file.
        file: PathBuf,
        /// The secret.
        name: String,
    },
    /// A file is not what it should be.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Others can read the key.
    #[error("{}: others than its owner can read or change this key (mode {mode:04o})", path.display())]
    Exposed {
        /// The key.
        path: PathBuf,
        /// The file's mode.
        mode: u32,
    },
    /// The machine refused.
    #[error("{0}")]
    Machine(String),
}

impl SecretError {
    pub(super) fn file(path: &Path, why: impl Into<String>) -> Self {
        Self::File {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}

impl From<FsError> for SecretError {
    fn from(error: FsError) -> Self {
        Self::Machine(error.to_string())
    }
}

impl From<SecretError> for Diagnostic {
    fn from(error: SecretError) -> Self {
        let text = error.to_string();
        match error {
            SecretError::Missing(name) => {
                Self::error(code::SECRET_MISSING, text).hint(format!("sdev secret set {name}"))
            }
            SecretError::Name(_) => Self::error(code::USAGE, text),
            SecretError::ShortKey => Self::error(code::USAGE, text)
                .hint("for example the output of: openssl rand -hex 32"),
            SecretError::NoPassphrase(_) => Self::error(code::SECRETS_CLOSED, text)
                .hint(format!("set {}, or run it in a terminal", env::PASSPHRASE)),
            SecretError::WrongPassphrase(_) => Self::error(code::SECRETS_CLOSED, text)
                .hint(format!("{} is taken when it is set", env::PASSPHRASE)),
            SecretError::NoKey { file, .. } | SecretError::WrongKey { file, .. } => {
                Self::error(code::SECRETS_CLOSED, text)
                    .hint("put back the key that was there when the secrets were set")
                    .hint(format!(
                        "or give them up: remove {} and set each anew",
                        file.display()
                    ))
            }
            SecretError::OpenedByKey(_) => Self::error(code::USAGE, text).hint(
                "delete all of them first, with `sdev secret delete`; then it can be chosen anew",
            ),
            SecretError::Changed { ref name, .. } => Self::error(code::SECRETS_FILE, text)
                .hint(format!("set it again: sdev secret set {name}")),
            SecretError::File { .. } => Self::error(code::SECRETS_FILE, text),
            SecretError::Exposed { path, .. } => Self::error(code::SECRETS_EXPOSED, text)
                .hint(format!("chmod 600 {}", path.display()))
                .hint("if somebody may have read it: set every secret anew, with new values"),
            SecretError::Machine(_) => Self::error(code::MACHINE, text),
        }
    }
}
