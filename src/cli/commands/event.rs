//! `sdev event`: example events of triggers, and calls with them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::super::args::{Event, Global};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::{event as view, invocation};
use super::deployed::Deployed;
use super::{Look, Outcome, Reach, manifest_path, open_offline};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{Chosen, Project, Until};
use crate::resource::ResourceId;
use crate::sample::{Source, payload};
use crate::state::State;

pub(super) fn run(args: &Event, global: &Global, printer: Printer) -> Outcome {
    let source = Source::of(&args.trigger);
    // A type needs no manifest.
    if source.is_none() || manifest_path(global).is_ok() {
        let reach = Reach::all("event", Until::Lower);
        let (project, to) = open_offline(global, reach, (Look::Away, printer))?;
        match project.trigger(&args.trigger) {
            Ok(trigger) if args.fire => return fire(&trigger.id, (global, printer)),
            Ok(trigger) => {
                let state = project.residence.read_here().transpose()?;
                let event = project.event(&trigger, state.as_ref(), &to);
                view::sample(printer, Some(&trigger), &event);
                return Ok(Exit::Done);
            }
            Err(error) if source.is_none() || args.fire => return Err(error.into()),
            Err(_) => {}
        }
    }
    match source {
        Some(source) if !args.fire => {
            let event = Project::event_of_type(source);
            view::sample(printer, None, &event);
            Ok(Exit::Done)
        }
        _ => {
            let detail = "a type of triggers calls no function";
            let hint = "name a trigger of the manifest: sdev event RESOURCE.TRIGGER --fire";
            Err(Diagnostic::error(code::USAGE, detail).hint(hint).into())
        }
    }
}

/// Calls the function as its trigger would.
fn fire(id: &ResourceId, with: (&Global, Printer)) -> Outcome {
    let printer = with.1;
    let answer = block_on(async {
        let function = Deployed::function("event", Some(id.block()), with).await?;
        let chosen = function.project.trigger_at(id)?;
        let wanted = wanted(&function, &chosen)?;
        function.act("invoke", &wanted).await
    })?;
    let is_well = invocation::show(printer, &answer);
    Ok(if is_well { Exit::Done } else { Exit::Failed })
}

/// The call that the trigger makes, waited for.
fn wanted(function: &Deployed, chosen: &Chosen) -> Result<Json, Diagnostics> {
    let runtime = function.record.attrs.get("runtime").and_then(Json::as_str);
    if !chosen.source.is_called_with(runtime.unwrap_or_default()) {
        let detail = format!(
            "`{}` is a web server: it gets requests, no events of them",
            function.block
        );
        let hint = format!(
            "ask its address: sdev output {}.url.system_url",
            function.block
        );
        return Err(Diagnostic::error(code::USAGE, detail).hint(hint).into());
    }
    let state: &State = &function.state;
    let event = function.project.event(chosen, Some(state), &function.to);
    Ok(json!({
        "payload": STANDARD.encode(payload(&event)),
        "qualifier": chosen.qualifier(),
    }))
}
