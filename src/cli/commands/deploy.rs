//! `sdev deploy`: plan, ask, apply, say what came of it.

use std::time::Duration;

use super::super::args::{Deploy, Global};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::{block_on, heed_signals};
use super::super::view::plan::{self as plan_view, Lines};
use super::super::view::{output, progress};
use super::confirm::confirm;
use super::{Look, Opening, Outcome, Reach, lock, no_effect, open};
use crate::apply::{Report, Stop};
use crate::content::Texts;
use crate::diagnostic::Diagnostics;
use crate::engine::{self, Aim, Course, Destination, Happening, Project, Until};
use crate::hook;
use crate::plan::{Adoption, Plan};
use crate::state::LockedState;
use crate::sys::clock::Stopwatch;

pub(super) fn run(args: &Deploy, global: &Global, printer: Printer) -> Outcome {
    let ears = Ears {
        outputs: true,
        ..Ears::default()
    };
    deploy(args, global, printer, ears)
}

/// What of a deploy is told to whom.
#[derive(Clone, Copy)]
pub(super) struct Ears<'a> {
    /// Whether the outputs are shown in the end.
    pub(super) outputs: bool,
    /// Who hears what actions do, beside the user.
    pub(super) actions: &'a (dyn Fn(&hook::Event) + Sync),
}

impl Default for Ears<'_> {
    fn default() -> Self {
        Self {
            outputs: false,
            actions: &|_| {},
        }
    }
}

/// Deploys.
pub(super) fn deploy(args: &Deploy, global: &Global, printer: Printer, ears: Ears<'_>) -> Outcome {
    let aim = Aim::Deploy(if args.adopt {
        Adoption::Allow
    } else {
        Adoption::Refuse
    });
    let asking = Asking {
        stop: Stop::default(),
        yes: args.yes,
        lines: Lines::of(args.full),
        question: "Deploy this?",
        limit: args.action_timeout,
        actions: ears.actions,
    };
    let reach = Reach {
        command: "deploy",
        until: Until::Pack,
        targets: &args.resources,
        skip_actions: args.skip_actions,
        applies: true,
        region: None,
    };
    block_on(async {
        asking.heed(printer);
        let (opening, project, to) = open(global, reach, (Look::Fingerprint, printer)).await?;
        let mut state = lock(&project, "deploy", &to, printer).await?;
        let done = async {
            let plan = project.plan(state.state(), &to, aim).await?;
            let job = Job {
                project: &project,
                plan: &plan,
                to: &to,
                aim,
                opening: &opening,
            };
            let exit = carry_out(&job, &mut state, (&asking, printer)).await?;
            if exit == Exit::Done {
                project.note(&plan, &mut state).await?;
            }
            if exit == Exit::Done && ears.outputs {
                output::show(printer, &project.outputs(state.state()));
            }
            Ok(exit)
        };
        let done = done.await;
        engine::release(state, done).await
    })
}

/// How the user is asked.
pub(super) struct Asking<'a> {
    pub(super) stop: Stop,
    pub(super) yes: bool,
    pub(super) lines: Lines,
    pub(super) question: &'static str,
    /// How long each action may take.
    pub(super) limit: Duration,
    /// Who hears what actions do, beside the user.
    pub(super) actions: &'a (dyn Fn(&hook::Event) + Sync),
}

impl Asking<'_> {
    /// From now on the user's signals are heeded.
    pub(super) fn heed(&self, printer: Printer) {
        let told =
            move || printer.say("stopping after what is under way; once more to stop at once");
        heed_signals(&self.stop, told);
    }
}

/// What is to be carried out.
pub(super) struct Job<'a> {
    pub(super) project: &'a Project,
    pub(super) plan: &'a Plan,
    pub(super) to: &'a Destination,
    pub(super) aim: Aim,
    /// How it is read again.
    pub(super) opening: &'a Opening<'a>,
}

/// Shows a plan, asks, applies it.
pub(super) async fn carry_out(
    job: &Job<'_>,
    state: &mut LockedState,
    (asking, printer): (&Asking<'_>, Printer),
) -> Outcome {
    let actions = job.project.actions();
    no_effect::warn((job.project, job.plan), job.to, printer);
    plan_view::show(printer, (job.plan, &actions), &Texts::new(), asking.lines);
    if job.plan.is_empty() && actions.is_empty() {
        return Ok(Exit::Done);
    }
    if !confirm(asking.question, asking.yes, printer)? {
        return Ok(Exit::Failed);
    }
    asking.stop.begin();
    let progress = progress::Progress::new(printer);
    let watch = Stopwatch::start();
    let ran = run_job(job, state, (asking, printer), &progress).await;
    progress.finish();
    let ran = ran?;
    progress.summary(&ran.report, ran.is_well, watch.seconds());
    Ok(exit(&ran))
}

/// One plan at once, or block by block with what goes with each.
async fn run_job(
    job: &Job<'_>,
    state: &mut LockedState,
    (asking, printer): (&Asking<'_>, Printer),
    progress: &progress::Progress,
) -> Result<engine::Outcome, Diagnostics> {
    let (project, plan, to) = (job.project, job.plan, job.to);
    if !project.has_course() {
        let tell = |event| progress.tell(event);
        let report = project
            .apply(plan, state, to, (&asking.stop, &tell))
            .await?;
        return Ok(engine::Outcome {
            is_well: report.is_complete(),
            report,
        });
    }
    let tell = |happening| match happening {
        Happening::Step(event) => progress.tell(event),
        Happening::Action(event) => {
            (asking.actions)(&event);
            progress.action(event);
        }
        Happening::Trouble(why) => progress.trouble(&why),
        Happening::Replanned(again) => {
            progress.aside(|| plan_view::again(printer, &again, asking.lines));
        }
    };
    let course = Course {
        project,
        to,
        aim: job.aim,
        confirmed: plan,
        is_bold: asking.yes,
        limit: asking.limit,
        reread: &|reading| job.opening.reread(to, reading),
        stop: &asking.stop,
        tell: &tell,
    };
    course.run(state).await
}

fn exit(ran: &engine::Outcome) -> Exit {
    let Report { interrupted, .. } = ran.report;
    match (ran.is_well, interrupted) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Interrupted,
        (false, false) => Exit::Failed,
    }
}
