//! `sdev explain`: the page of an error's code.

use rust_embed::RustEmbed;

use super::super::args::Explain;
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::Outcome;
use crate::diagnostic::{Diagnostic, code};

#[derive(RustEmbed)]
#[folder = "docs/errors/"]
struct Pages;

pub(super) fn run(args: &Explain, printer: Printer) -> Outcome {
    let Some(wanted) = &args.code else {
        let lines: Vec<String> = code::ALL.iter().map(|c| format!("{c}  {}", c.summary())).collect();
        printer.data(&lines.join("\n"));
        return Ok(Exit::Done);
    };
    let name = wanted.to_ascii_uppercase();
    let Some(page) = Pages::get(&format!("{name}.md")) else {
        let detail = format!("`{wanted}` is not the code of an error");
        return Err(Diagnostic::error(code::USAGE, detail).hint("`sdev explain` lists all codes").into());
    };
    printer.data(&String::from_utf8_lossy(&page.data));
    Ok(Exit::Done)
}
