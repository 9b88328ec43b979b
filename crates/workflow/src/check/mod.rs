//! What can be said of a program without running it.

mod reach;

use crate::{Findings, Program};

/// Says what is wrong or doubtful.
pub(crate) fn check(program: &Program, findings: &mut Findings) {
    reach::check(program, findings);
}
