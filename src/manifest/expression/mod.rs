//! `${...}`: how a text splits into pieces, and what one piece says. No values here.

mod parse;
mod syntax;
mod template;

pub(super) use parse::parse;
pub(super) use syntax::{Expr, Reference};
pub(super) use template::{Piece, holds_expression, locate, split, unclosed};
