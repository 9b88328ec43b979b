//! Blocks that got another name in the manifest: what is remembered of them goes on under the new one.

use std::borrow::Cow;

use super::Moved;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::state::State;

/// A block's old name and its new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The old name.
    pub from: String,
    /// The new one.
    pub to: String,
    /// Where the manifest says so.
    pub at: Span,
}

/// The state as it is once the moves are made, and those that are left to be made. A move of which nothing is
/// remembered was made before, or never needed. One whose new name has records of its own is refused.
pub fn carry<'s>(
    state: &'s State,
    moves: &[Move],
) -> Result<(Cow<'s, State>, Vec<Moved>), Diagnostics> {
    let mut carried = Cow::Borrowed(state);
    let mut made = Vec::new();
    let mut diagnostics = Diagnostics::new();
    for Move { from, to, at } in moves {
        if !carried.knows(from) {
            continue;
        }
        if carried.knows(to) {
            let detail = format!("the state knows resources of `{from}` and of `{to}`");
            diagnostics.push(
                Diagnostic::error(code::MOVE_TAKEN, detail)
                    .at(at.clone())
                    .hint(format!("delete the line to let those of `{from}` go")),
            );
            continue;
        }
        carried.to_mut().rename(from, to);
        made.push(Moved {
            from: from.clone(),
            to: to.clone(),
        });
    }
    let (carried, _) = diagnostics.into_result(carried)?;
    Ok((carried, made))
}
