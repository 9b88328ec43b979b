//! From what is wanted, remembered and seen to an ordered list of changes. No I/O, no clock, no chance.

mod diff;

pub use diff::FieldDiff;
