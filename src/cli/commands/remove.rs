//! `sdev remove`: a plan towards nothing, carried out.

use super::super::args::{Global, Remove};
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::plan::Lines;
use super::deploy::{Asking, carry_out};
use super::{Look, Outcome, lock, open};
use crate::apply::Stop;
use crate::engine::{self, Aim, Until};

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
        let mut state = lock(&project, "remove", &to, printer).await?;
        let done = async {
            let plan = project.plan(state.state(), &to, Aim::Remove).await?;
            carry_out(&project, &plan, &mut state, &to, (&asking, printer)).await
        };
        let done = done.await;
        engine::release(state, done).await
    })
}
