//! From what is wanted, remembered and seen to an ordered list of changes. No I/O, no clock, no chance.

mod change;
mod compare;
mod decide;
mod deletion;
mod diff;
mod edit;
mod facts;
mod identity;
mod make;
mod moved;
mod protect;
mod refresh;
mod rival;
mod room;
mod scope;

#[cfg(test)]
mod tests;

pub use change::{Base, Change, MOST_RUNNING, Plan, Step, Summary, Which};
pub use compare::current;
pub use diff::{FieldDiff, diff};
pub use edit::{Attribution, Edits, Moved};
pub use facts::Facts;
pub(crate) use make::output;
pub use make::{Adoption, Goal, Observed, plan};
pub use moved::{Move, carry};
pub use protect::{Protection, protect};
pub use rival::{Described, lost};
pub use scope::{Part, Scope};
