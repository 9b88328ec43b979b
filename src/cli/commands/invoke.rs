//! `sdev invoke`: calls a function.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::super::args::{Global, InvocationType, Invoke};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::invocation;
use super::Outcome;
use super::deployed::Deployed;
use crate::diagnostic::{Diagnostic, Diagnostics, code};

pub(super) fn run(args: &Invoke, global: &Global, printer: Printer) -> Outcome {
    let payload = payload(args)?;
    let wanted = json!({
        "payload": STANDARD.encode(payload),
        "type": match args.invocation_type {
            InvocationType::Sync => "Sync",
            InvocationType::Async => "Async",
        },
        "qualifier": args.qualifier,
        "task": args.async_task_id,
        "seconds": args.timeout,
    });
    let answer = block_on(call(args, &wanted, (global, printer)))?;
    if invocation::show(printer, &answer) {
        Ok(Exit::Done)
    } else {
        Ok(Exit::Failed)
    }
}

async fn call(args: &Invoke, wanted: &Json, with: (&Global, Printer)) -> Result<Json, Diagnostics> {
    let function = Deployed::function("invoke", args.resource.as_deref(), with).await?;
    function.act("invoke", wanted).await
}

fn payload(args: &Invoke) -> Result<Vec<u8>, Diagnostics> {
    let Some(path) = &args.event_file else {
        return Ok(args.event.clone().unwrap_or_default().into_bytes());
    };
    let read = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().read_to_end(&mut bytes);
        read.map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| {
        let detail = format!("{}: {error}", path.display());
        Diagnostic::error(code::USAGE, detail).into()
    })
}
