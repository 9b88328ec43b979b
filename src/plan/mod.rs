//! From what is wanted, remembered and seen to an ordered list of changes. No I/O, no clock, no chance.

mod change;
mod compare;
mod decide;
mod deletion;
mod diff;
mod identity;
mod make;
mod refresh;
mod scope;

#[cfg(test)]
mod tests;

pub use change::{Base, Change, Plan, Step, Summary, Which};
pub use compare::current;
pub use diff::{FieldDiff, diff};
pub(crate) use make::output;
pub use make::{Adoption, Goal, Observed, plan};
pub use scope::{Part, Scope, block_of};
