//! Asks before something goes.

use super::super::printer::Printer;
use crate::diagnostic::{Diagnostic, Diagnostics, code};

/// Whether to go on: a flag said so, or the user does. It is an error when there is nobody to ask.
pub(super) fn confirm(question: &str, yes: bool, printer: Printer) -> Result<bool, Diagnostics> {
    if yes {
        return Ok(true);
    }
    if !printer.can_ask {
        let detail = "this would change something, and there is nobody to ask";
        return Err(Diagnostic::error(code::NO_TERMINAL, detail)
            .hint("add `-y` to go on without asking")
            .into());
    }
    let agreed = printer.ask(question);
    if !agreed {
        printer.say("Nothing was changed.");
    }
    Ok(agreed)
}
