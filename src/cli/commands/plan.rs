//! `sdev plan`: what a deploy would do.

use super::super::args::{Global, Plan};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::plan as view;
use super::{Look, Outcome, Reach, no_effect, open, preflight};
use crate::content::{self, Texts};
use crate::diagnostic::Diagnostic;
use crate::engine::{Aim, Until};
use crate::plan::Adoption;

pub(super) fn run(args: &Plan, global: &Global, printer: Printer) -> Outcome {
    let (aim, command, until) = match (args.destroy, args.adopt) {
        (true, _) => (Aim::Remove, "remove", Until::Load),
        (false, true) => (Aim::Deploy(Adoption::Allow), "deploy", Until::Pack),
        (false, false) => (Aim::Deploy(Adoption::Refuse), "deploy", Until::Pack),
    };
    let reach = Reach {
        command,
        until,
        targets: &args.resources,
        skip_actions: args.skip_actions,
        applies: false,
        region: None,
    };
    let look = if args.destroy {
        Look::Away
    } else {
        Look::Fingerprint
    };
    let (plan, texts, actions) = block_on(async {
        let (_, project, to) = open(global, reach, (look, printer)).await?;
        super::view::diagnostic::show(printer, &project.not_yet().as_warnings());
        let state = project.state(to.shelves.as_deref()).await?;
        let plan = project.plan(&state, &to, aim).await?;
        preflight::warn(&plan, &to, printer).await?;
        no_effect::warn((&project, &plan), &to, printer);
        let texts = if args.diff {
            content::texts(&plan, &state, &to.providers)
                .await
                .map_err(Diagnostic::from)?
        } else {
            Texts::new()
        };
        Ok((plan, texts, project.actions()))
    })?;
    view::show(
        printer,
        (&plan, &actions),
        &texts,
        view::Lines::of(args.full),
    );
    let changes = args.detailed_exitcode && !plan.is_empty();
    Ok(if changes { Exit::Changes } else { Exit::Done })
}
