//! What is to be said about a flow's text.

use std::fmt;

use crate::Place;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The flow cannot run.
    Error,
    /// The flow runs, and may not do what was meant.
    Warning,
}

/// One thing to tell about a flow, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub at: Place,
    /// What is so, in one sentence without a full stop.
    pub said: String,
    /// What may help.
    pub hint: Option<String>,
    /// A second place that belongs to it, with a word on it.
    pub other: Option<(Place, String)>,
}

impl Finding {
    /// The flow cannot run.
    pub fn error(at: Place, said: impl Into<String>) -> Self {
        Self::new(Severity::Error, at, said.into())
    }

    /// The flow can run.
    pub fn warning(at: Place, said: impl Into<String>) -> Self {
        Self::new(Severity::Warning, at, said.into())
    }

    const fn new(severity: Severity, at: Place, said: String) -> Self {
        Self {
            severity,
            at,
            said,
            hint: None,
            other: None,
        }
    }

    /// With a word on what may help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a second place.
    #[must_use]
    pub fn with(mut self, at: Place, word: impl Into<String>) -> Self {
        self.other = Some((at, word.into()));
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.line, self.at.column, self.said)?;
        if let Some((at, word)) = &self.other {
            write!(f, " ({}:{}: {word})", at.line, at.column)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Everything there is to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// One more.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Whether the flow cannot run.
    pub fn has_errors(&self) -> bool {
        self.0
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }

    /// All, by their place.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| (finding.at, finding.severity));
        self.0.dedup();
        self.0
    }

    /// All, as they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}
