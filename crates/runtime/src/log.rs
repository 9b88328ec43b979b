//! What instances write.

use std::time::SystemTime;

/// Where lines go. Called often and from many threads; must not block.
pub trait LogSink: Send + Sync {
    /// Takes a line.
    fn line(&self, line: Line<'_>);
}

/// A line that an instance wrote, without its end.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The function's name.
    pub function: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The instance; empty when there was none.
    pub instance: &'a str,
    /// The call during which it was written, when that is certain.
    pub request: Option<&'a str>,
    /// When it was read, by the machine's clock.
    pub at: SystemTime,
    /// Which output.
    pub pipe: Pipe,
    /// Its text; what is not UTF-8 is replaced.
    pub text: &'a str,
}

/// Which output a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipe {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}
