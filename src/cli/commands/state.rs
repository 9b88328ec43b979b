//! `sdev state`: what is remembered, and where.

use super::super::args::{Global, State, StateMove};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::{Look, Opening, Outcome, Reach};
use crate::engine::Until;
use crate::own::Storage;
use crate::residence::Residence;

pub(super) fn run(args: &State, global: &Global, printer: Printer) -> Outcome {
    match args {
        State::Move(args) => bring(args, global, printer),
    }
}

/// Brings the state to where the manifest says.
fn bring(args: &StateMove, global: &Global, printer: Printer) -> Outcome {
    let reach = Reach::all("state", Until::Load);
    let opening = Opening::begin(global, reach, (Look::Away, printer))?;
    let to = opening.offline();
    let project = opening.read(&to)?;
    let (here, manifest) = (&project.residence, &project.manifest);
    let whose = (manifest.name.as_str(), to.environment.as_str());
    let there = Residence::new(&storage(args), &manifest.folder, whose);
    block_on(async {
        let shelves = if here.is_shared() || there.is_shared() {
            Some(opening.link(printer).await?.shelves())
        } else {
            None
        };
        Ok(here.bring(&there, shelves.as_deref()).await?)
    })?;
    printer.say(&format!("the state is in {} now", here.name()));
    Ok(Exit::Done)
}

fn storage(args: &StateMove) -> Storage {
    let Some(rest) = args.from.strip_prefix("oss://") else {
        return Storage::Folder {
            path: args.from.clone(),
        };
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    Storage::Bucket {
        bucket: bucket.to_owned(),
        prefix: prefix.trim_matches('/').to_owned(),
        region: args.region.clone(),
    }
}
