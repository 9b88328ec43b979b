//! Where words go: data to standard output, everything else to standard error.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use serde_json::Value as Json;

use super::args::Global;
use crate::sys::env;

/// The version of every JSON object that is printed. It grows when a field changes its meaning or goes away.
pub(super) const JSON_VERSION: u32 = 1;

/// The first failure of standard output, of which a process has one.
static FAILURE: OnceLock<String> = OnceLock::new();

/// How and where to print.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about where words go"
)]
pub(super) struct Printer {
    /// JSON lines instead of words.
    pub(super) json: bool,
    /// Colours on standard output and standard error.
    pub(super) color: bool,
    /// Whether a person watches standard error.
    pub(super) live: bool,
    /// Whether a person can be asked.
    pub(super) can_ask: bool,
    /// Errors only.
    pub(super) is_quiet: bool,
}

impl Printer {
    /// By the flags, the environment and the terminal.
    pub(super) fn new(global: &Global) -> Self {
        let (out, err) = (
            std::io::stdout().is_terminal(),
            std::io::stderr().is_terminal(),
        );
        let plain = env::var(env::NO_COLOR).is_some();
        Self {
            json: global.json,
            color: out && err && !plain && !global.json,
            live: err && !global.json && env::var(env::CI).is_none(),
            can_ask: std::io::stdin().is_terminal() && err && !global.json,
            is_quiet: false,
        }
    }

    /// Data: a text to standard output. What could not be written is asked for at the end, see [`failure`].
    pub(super) fn data(self, text: &str) {
        if self.is_quiet {
            return;
        }
        let mut out = std::io::stdout().lock();
        let written = writeln!(out, "{}", text.trim_end_matches('\n'));
        note(written.and_then(|()| out.flush()));
    }

    /// A whole file to standard output, byte for byte.
    #[expect(clippy::unused_self, reason = "whoever prints was given a printer")]
    pub(super) fn file(self, content: impl AsRef<[u8]>) {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(content.as_ref());
        note(written.and_then(|()| out.flush()));
    }

    /// Words for a person: standard error, silent with `--json`.
    pub(super) fn say(self, text: &str) {
        if !self.json && !self.is_quiet {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// A versioned object: one line on standard output.
    pub(super) fn object(self, kind: &str, mut fields: Json) {
        if let Json::Object(map) = &mut fields {
            map.shift_insert(0, "version".to_owned(), JSON_VERSION.into());
            map.shift_insert(1, "type".to_owned(), kind.into());
        }
        self.data(&fields.to_string());
    }

    /// A text in a colour, where there are colours.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", style as u8)
        } else {
            text.to_owned()
        }
    }

    /// Asks for a yes; anything else is no.
    #[expect(clippy::unused_self, reason = "whoever asks was given a printer")]
    pub(super) fn ask(self, question: &str) -> bool {
        let _ = write!(std::io::stderr().lock(), "{question} [y/N] ");
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }
}

/// Why data did not reach standard output, if it did not.
pub(super) fn failure() -> Option<&'static str> {
    FAILURE.get().map(String::as_str)
}

/// Remembers that standard output failed. A closed pipe (`| head`) is the reader's choice, no failure.
pub(super) fn note(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        // Only the first is told.
        let _ = FAILURE.set(error.to_string());
    }
}

/// The few colours in use, by their SGR number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Style {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}
