//! What can be said of a program without running it.

mod circle;
mod constant;
mod evidence;
mod express;
mod reach;
mod reversal;
mod rules;
mod saga;
mod verb;

pub use express::express;

use crate::{Findings, Program};

/// Says what is wrong or doubtful.
pub(crate) fn check(program: &Program, findings: &mut Findings) {
    reach::check(program, findings);
    constant::check(program, findings);
    circle::check(program, findings);
    rules::check(program, findings);
    saga::check(program, findings);
    express::check(program, findings);
}
