//! Secrets: where they are kept, by what a change of them shows, and how they are taken out of what others print.
//!
//! `store` (the encrypted file) opens with a key of `unlock`; `vault` looks up by name; `mask` hides.

mod error;
mod mask;
mod seal;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod unlock;
mod vault;

pub use error::SecretError;
pub use mask::Mask;
pub use store::{Listed, Name, Store, check_name};
pub use text::Secret;
pub use unlock::{Ask, Asking};
pub use vault::{Asker, Vault};

use crate::diagnostic::{Diagnostic, code};

/// Whoever can say what a secret's text is. Sources are written as in plans: `secret:NAME`, `env:NAME`, `config:FIELD`.
pub trait Secrets: Send + Sync {
    /// The text, for the call that needs it.
    ///
    /// # Errors
    /// It is not there, or cannot be opened.
    fn text(&self, source: &str) -> Result<Secret, Diagnostic>;

    /// The keyed fingerprint of a text that stands for the source; `None` where none are made.
    ///
    /// # Errors
    /// The key cannot be had.
    fn fingerprint(&self, source: &str, text: &str) -> Result<Option<String>, Diagnostic>;
}

/// Knows no secret: for what has none.
#[derive(Debug, Clone, Copy)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn text(&self, source: &str) -> Result<Secret, Diagnostic> {
        let detail = format!("nobody knows `{source}` here");
        Err(Diagnostic::error(code::SECRET_MISSING, detail))
    }

    fn fingerprint(&self, _: &str, _: &str) -> Result<Option<String>, Diagnostic> {
        Ok(None)
    }
}
