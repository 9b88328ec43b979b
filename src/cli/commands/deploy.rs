//! `sdev deploy`: plan, ask, apply, say what came of it.

use super::super::args::{Deploy, Global};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::{block_on, heed_signals};
use super::super::view::plan::{self as plan_view, Lines};
use super::super::view::{output, progress};
use super::{Look, Outcome, lock, open};
use crate::apply::{Report, Stop};
use crate::content::Texts;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{self, Aim, Destination, Project, Until};
use crate::plan::{Adoption, Plan};
use crate::state::LockedState;
use crate::sys::clock::Stopwatch;

pub(super) fn run(args: &Deploy, global: &Global, printer: Printer) -> Outcome {
    let adoption = if args.adopt {
        Adoption::Allow
    } else {
        Adoption::Refuse
    };
    let asking = Asking {
        stop: Stop::default(),
        yes: args.yes,
        lines: Lines::of(args.full),
        question: "Deploy this?",
    };
    block_on(async {
        asking.heed(printer);
        let (project, to) = open(
            global,
            ("deploy", Until::Pack),
            (Look::Fingerprint, printer),
        )
        .await?;
        let mut state = lock(&project, "deploy", &to, printer).await?;
        let done = async {
            let aim = Aim::Deploy(adoption);
            let plan = project.plan(state.state(), &to, aim).await?;
            let exit = carry_out(&project, &plan, &mut state, &to, (&asking, printer)).await?;
            if exit == Exit::Done {
                output::show(printer, &project.outputs(state.state()));
            }
            Ok(exit)
        };
        let done = done.await;
        engine::release(state, done).await
    })
}

/// How the user is asked.
pub(super) struct Asking {
    pub(super) stop: Stop,
    pub(super) yes: bool,
    pub(super) lines: Lines,
    pub(super) question: &'static str,
}

impl Asking {
    /// From now on the user's signals are heeded.
    pub(super) fn heed(&self, printer: Printer) {
        let told =
            move || printer.say("stopping after what is under way; once more to stop at once");
        heed_signals(&self.stop, told);
    }
}

/// Shows a plan, asks, applies it.
pub(super) async fn carry_out(
    project: &Project,
    plan: &Plan,
    state: &mut LockedState,
    to: &Destination,
    (asking, printer): (&Asking, Printer),
) -> Outcome {
    plan_view::show(printer, plan, &Texts::new(), asking.lines);
    if plan.is_empty() {
        return Ok(Exit::Done);
    }
    if !asking.yes && !asked(asking, printer)? {
        printer.say("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    asking.stop.begin();
    let progress = progress::Progress::new(printer);
    let watch = Stopwatch::start();
    let report = project
        .apply(
            plan,
            state,
            to,
            (&asking.stop, &|event| progress.tell(event)),
        )
        .await;
    progress.finish();
    let report = report?;
    progress.summary(&report, watch.seconds());
    Ok(exit(&report))
}

fn asked(asking: &Asking, printer: Printer) -> Result<bool, Diagnostics> {
    if !printer.can_ask {
        let detail = "this would change something, and there is nobody to ask";
        return Err(Diagnostic::error(code::NO_TERMINAL, detail)
            .hint("add `-y` to go on without asking")
            .into());
    }
    Ok(printer.ask(asking.question))
}

fn exit(report: &Report) -> Exit {
    match (report.is_complete(), report.interrupted) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Interrupted,
        (false, false) => Exit::Failed,
    }
}
