//! `sdev validate`: everything that can be known without a cloud.

use super::super::args::Global;
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view;
use super::{Look, Outcome, Reach, open_offline};
use crate::engine::Until;

pub(super) fn run(global: &Global, printer: Printer) -> Outcome {
    let reach = Reach::all("deploy", Until::Pack);
    let (project, _) = open_offline(global, reach, (Look::Exists, printer))?;
    view::diagnostic::show(printer, &project.warnings);
    for left_out in project.left_out() {
        view::diagnostic::show_one(printer, &left_out.warning());
    }
    project.region()?;
    let blocks = project.manifest.blocks.len();
    if printer.json {
        printer.object("valid", serde_json::json!({ "resources": blocks }));
    } else {
        let count = view::text::count(blocks, "resource");
        printer.say(&format!(
            "{} is valid: {count}",
            view::text::plain(&project.manifest.path.to_string_lossy())
        ));
    }
    Ok(Exit::Done)
}
