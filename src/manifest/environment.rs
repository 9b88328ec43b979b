//! What expressions may learn from outside the file.

/// The outside world of expressions. Loading reads nothing of the process itself, so a test can give any answer.
pub trait Environment {
    /// The environment variable `name`, if it is set. An empty value counts as unset for `env()`.
    fn var(&self, name: &str) -> Option<String>;

    /// Whether the environment variable is set, be it empty: then no `.env` file may set it.
    fn is_set(&self, name: &str) -> bool {
        self.var(name).is_some()
    }

    /// The field `key` (such as `AccountID`) of the credential that the manifest uses, for `config()`.
    fn credential(&self, key: &str) -> Option<String>;
}
