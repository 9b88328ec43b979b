//! How a provider fails: one kind decides what happens next.

use std::fmt;

use crate::diagnostic::{Code, Diagnostic, code};
use crate::secret::Mask;

/// What sort of failure. Only `Temporary` is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It is not there.
    NotFound,
    /// The credentials do not allow it, or are wrong.
    Denied,
    /// Something else holds it.
    Conflict,
    /// The request is wrong.
    Invalid,
    /// The provider cannot do this.
    Unsupported,
    /// Worth another try: throttling, time-out, a 5xx.
    Temporary,
    /// The service cannot be reached at all.
    Unreachable,
    /// A local file changed or vanished under the upload.
    Source,
    /// This machine refused something, such as writing a file.
    Machine,
    /// The code of a function does not start.
    Unstarted,
    /// The user asked to stop.
    Stopped,
    /// Anything else.
    Unexpected,
}

/// A provider's failure, with what the cloud said.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct ProviderError {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// The operation, such as `PutObject`.
    pub operation: String,
    /// The cloud's own code, such as `NoSuchBucket`.
    pub code: Option<String>,
    /// What it said.
    pub message: String,
    /// The cloud's request id, for its support.
    pub request_id: Option<String>,
    /// What to do next, if we know.
    pub hint: Option<String>,
}

impl ProviderError {
    /// A failure without a word from the cloud.
    pub fn new(kind: ErrorKind, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation: operation.into(),
            code: None,
            message: message.into(),
            request_id: None,
            hint: None,
        }
    }

    /// The same without the texts that the mask hides. A cloud may say what it was sent.
    #[must_use]
    pub fn masked(self, mask: &Mask) -> Self {
        let hide = |text: String| mask.hide(&text).into_owned();
        Self {
            message: hide(self.message),
            code: self.code.map(hide),
            request_id: self.request_id.map(hide),
            hint: self.hint.map(hide),
            ..self
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl From<ProviderError> for Diagnostic {
    /// Lines after the message's first one are what a program wrote.
    fn from(mut error: ProviderError) -> Self {
        let first = error.message.find('\n').unwrap_or(error.message.len());
        let quoted = error.message.split_off(first);
        let code: Code = match error.kind {
            ErrorKind::Denied => code::API_DENIED,
            ErrorKind::Conflict => code::API_CONFLICT,
            ErrorKind::Unreachable => code::API_UNREACHABLE,
            ErrorKind::Source => code::FILE_CHANGED,
            ErrorKind::Machine => code::MACHINE,
            ErrorKind::Unstarted => code::FUNCTION_UNSTARTED,
            ErrorKind::Stopped => code::INTERRUPTED,
            _ => code::API_FAILED,
        };
        let diagnostic = Self::error(code, error.to_string()).quote(quoted.trim_matches('\n'));
        match error.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}
