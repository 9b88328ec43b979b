//! The roots and functions that each language knows.

use super::Root;

/// The roots and functions that a language knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// `$input`, `$local`, `$context`, and a bare `$`; no functions.
    First,
    /// `$Context`, `$Input`, `$Output`, `$Global`, `$Item`, and the built-in functions.
    Second,
    /// `$`, `$$`, variables by their names, and the functions that begin with `States.`.
    States,
}

impl Words {
    pub(super) fn root(self, name: &str) -> Option<Root> {
        Some(match (self, name) {
            (Self::First | Self::States, "") => Root::Own,
            (Self::First, "input") | (Self::Second, "Input") => Root::Input,
            (Self::First, "local") => Root::Local,
            (Self::First, "context") | (Self::Second, "Context") => Root::Context,
            (Self::Second, "Output") => Root::Output,
            (Self::Second, "Global") => Root::Global,
            (Self::Second, "Item") => Root::Item,
            // What its name is for is kept for the other query language.
            (Self::States, name) if name != "states" => Root::Variables,
            _ => return None,
        })
    }

    pub(super) const fn roots(self) -> &'static str {
        match self {
            Self::First => "$, $input, $local and $context",
            Self::Second => "$Input, $Output, $Context, $Global and $Item",
            Self::States => "$, $$ and variables, of which none is called states",
        }
    }
}
