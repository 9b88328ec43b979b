//! `sdev remove`: a plan towards nothing, carried out.

use super::super::args::{Global, Remove};
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::plan::Lines;
use super::deploy::{Asking, Job, carry_out};
use super::{Look, Outcome, Reach, lock, open, open_offline};
use crate::apply::Stop;
use crate::engine::{self, Aim, Until};

pub(super) fn run(args: &Remove, global: &Global, printer: Printer) -> Outcome {
    let asking = Asking {
        stop: Stop::default(),
        yes: args.yes,
        lines: Lines::of(args.full),
        question: "Remove all this?",
        limit: args.action_timeout,
        actions: &|_| {},
    };
    let mut reach = Reach {
        command: "remove",
        until: Until::Load,
        targets: &args.resources,
        skip_actions: args.skip_actions,
        applies: true,
        region: None,
    };
    block_on(async {
        asking.heed(printer);
        // A manifest that cannot be deployed any more can be removed, unless an action asks for its outputs.
        let looking = (Look::Away, printer);
        if open_offline(global, reach, looking)?.0.asks_for_outputs() {
            reach.until = Until::Lower;
        }
        let (opening, project, to) = open(global, reach, looking).await?;
        let mut state = lock(&project, "remove", &to, printer).await?;
        let done = async {
            let plan = project.plan(state.state(), &to, Aim::Remove).await?;
            let job = Job {
                project: &project,
                plan: &plan,
                to: &to,
                aim: Aim::Remove,
                opening: &opening,
            };
            carry_out(&job, &mut state, (&asking, printer)).await
        };
        let done = done.await;
        engine::release(state, done).await
    })
}
