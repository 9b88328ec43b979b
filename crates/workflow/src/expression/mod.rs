//! Expressions: paths into data, conditions, calls of built-in functions. One grammar serves all languages; they differ
//! in their roots and functions.

mod builtin;
mod chance;
mod evaluate;
mod filter;
#[cfg(test)]
mod filter_tests;
mod function;
mod kept;
mod parse;
mod path;
mod reader;
mod segments;
mod test;
#[cfg(test)]
mod tests;
mod words;

pub use builtin::Builtin;
pub use chance::Chance;
pub(crate) use evaluate::{NONE, NOTHING};
pub use evaluate::{Scene, Trouble, evaluate, holds};
pub use kept::Kept;
pub use parse::{parse, parse_path};
pub use path::{Path, Root, Segment};
pub(crate) use test::moment;
pub use test::{Pattern, Test};
pub use words::Words;

use serde_json::Value;

/// Something that has a value once there is data.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A value as written.
    Literal(Value),
    /// What is at a path; null when nothing is.
    Path(Path),
    /// A list of such.
    List(Vec<Expr>),
    /// A map of such.
    Map(Vec<(String, Expr)>),
    /// What a function makes of its arguments.
    Call(Builtin, Vec<Expr>),
    /// Whether two values compare so.
    Compare(Operator, Box<Expr>, Box<Expr>),
    /// Whether all hold. What follows one that does not is not looked at.
    All(Vec<Expr>),
    /// Whether one holds. What follows it is not looked at.
    Any(Vec<Expr>),
    /// Whether it does not hold.
    Not(Box<Expr>),
    /// Whether a value is of a kind.
    Test(Test, Box<Expr>),
    /// The moment that a text names, as a text whose order is that of time; null when it names none.
    Moment(Box<Expr>),
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `in`: the second is a list that has the first, or a map with that key.
    In,
    /// `in` of the States Language: the second is a list that has the first.
    Among,
}

impl Expr {
    /// Every path in it, from left to right.
    pub fn paths(&self) -> Vec<&Path> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'a>(&'a self, found: &mut Vec<&'a Path>) {
        match self {
            Self::Literal(_) => {}
            Self::Path(path) => found.push(path),
            Self::Call(_, inner) | Self::List(inner) | Self::All(inner) | Self::Any(inner) => {
                for inner in inner {
                    inner.gather(found);
                }
            }
            Self::Map(entries) => {
                for (_, inner) in entries {
                    inner.gather(found);
                }
            }
            Self::Compare(_, left, right) => {
                left.gather(found);
                right.gather(found);
            }
            Self::Not(inner) | Self::Test(_, inner) | Self::Moment(inner) => inner.gather(found),
        }
    }
}
