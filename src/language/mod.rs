//! What an editor asks about a manifest that is being written: what may stand here, what this is, where it comes from.
//!
//! `outline` (keys with places, of any text) → `spot` (what stands at a position) → `complete`, `hover`, `define`, `symbol`.
//! Nothing here reads a file or fails: a text that is no YAML has fewer answers.

mod complete;
mod define;
mod flow;
mod hover;
mod outline;
mod position;
mod site;
mod spot;
mod symbol;
mod vocabulary;

pub use complete::{Proposal, Sort, complete};
pub use define::{Target, define};
pub use hover::{Shown, hover};
pub use outline::{Item, Outline, Shape};
pub use position::{Encoding, Lines, Position};
pub use symbol::{Symbol, symbols};
