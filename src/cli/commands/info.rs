//! `sdev info`: what is in the cloud now of what was deployed.

use super::super::args::{Global, Info};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::info as view;
use super::{Look, Outcome, Reach, open};
use crate::engine::Until;

pub(super) fn run(args: &Info, global: &Global, printer: Printer) -> Outcome {
    let reach = Reach {
        targets: &args.resources,
        ..Reach::all("info", Until::Lower)
    };
    block_on(async {
        // What the cloud shows of secrets is recognised by their fingerprints.
        let (_, project, to) = open(global, reach, (Look::Fingerprint, printer)).await?;
        let state = project.state(to.shelves.as_deref()).await?;
        view::show(printer, &project.shown(&state, &to).await?);
        Ok(Exit::Done)
    })
}
