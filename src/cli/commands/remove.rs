//! `sdev remove`: a plan towards nothing, carried out.

use super::super::args::{Global, Remove};
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::plan::Lines;
use super::deploy::{Asking, carry_out};
use super::{Look, Outcome, open};
use crate::apply::Stop;
use crate::diagnostic::Diagnostic;
use crate::engine::{Aim, Until};

pub(super) fn run(args: &Remove, global: &Global, printer: Printer) -> Outcome {
    let asking = Asking {
        stop: Stop::default(),
        yes: args.yes,
        lines: Lines::of(args.full),
        question: "Remove all this?",
    };
    block_on(async {
        asking.heed(printer);
        let (project, to) = open(global, ("remove", Until::Load), (Look::Away, printer)).await?;
        let mut state = project.place.lock_for("remove").map_err(Diagnostic::from)?;
        let plan = project.plan(state.state(), &to, Aim::Remove).await?;
        carry_out(&project, &plan, &mut state, &to, (&asking, printer)).await
    })
}
