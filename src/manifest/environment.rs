//! What expressions may learn from outside the file.

use crate::diagnostic::Diagnostic;

/// The outside world of expressions. Loading reads nothing of the process itself, so a test can give any answer.
pub trait Environment {
    /// The environment variable `name`, if it is set. An empty value counts as unset for `env()`.
    fn var(&self, name: &str) -> Option<String>;

    /// Whether the environment variable is set, be it empty: then no `.env` file may set it.
    fn is_set(&self, name: &str) -> bool {
        self.var(name).is_some()
    }

    /// The field `key` (such as `AccountID`) of the credential that the manifest uses, for `config()`.
    /// Fields that are secret are asked for with [`Environment::secret`] instead.
    fn credential(&self, key: &str) -> Option<String>;

    /// The keyed fingerprint of the secret at `source` (`secret:NAME`, `env:NAME`, `config:FIELD`), by which a change of it
    /// shows; empty where none are made. `None`: there is no such secret. Its text is never asked for here.
    ///
    /// # Errors
    /// It cannot be told, such as without the key of stored secrets.
    fn secret(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        let _ = source;
        Ok(None)
    }

    /// The keyed fingerprint of a text that stands for `source`, for a text that comes from a file of the project; empty
    /// where none are made.
    ///
    /// # Errors
    /// It cannot be made.
    fn fingerprint(&self, source: &str, text: &str) -> Result<String, Diagnostic> {
        let _ = (source, text);
        Ok(String::new())
    }
}
