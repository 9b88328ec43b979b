//! What a plan leads to and this machine cannot run, said before anybody deploys it.

use serde_json::Value as Json;

use super::super::local::{self, Admin};
use super::super::printer::Printer;
use super::super::view;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::Destination;
use crate::plan::{Plan, Step};
use crate::resource::Value;

/// The runtime that needs more than an interpreter.
const IMAGES: &str = "custom-container";

/// Warns of functions that are images when the local cloud has no engine to run them.
pub(super) async fn warn(
    plan: &Plan,
    to: &Destination,
    printer: Printer,
) -> Result<(), Diagnostics> {
    let images: Vec<&Step> = plan.steps.iter().filter(|step| is_image(step)).collect();
    if images.is_empty() || !to.is_local() {
        return Ok(());
    }
    let Some((endpoint, keys)) = local::running()? else {
        return Ok(());
    };
    let said = Admin::new(&endpoint, &keys)?.runs(IMAGES).await?;
    if said["runs"] == true {
        return Ok(());
    }
    for step in images {
        let why = said["why"].as_str().unwrap_or_default();
        let detail = format!("`{}` cannot run in the local cloud: {why}", step.id.block());
        let mut warning = Diagnostic::warning(code::RUNTIME_ABSENT, detail);
        warning.at = step.resource.as_ref().and_then(|wanted| wanted.at.clone());
        view::diagnostic::show_one(printer, &warning);
    }
    Ok(())
}

/// Whether a step leads to a function that is an image.
fn is_image(step: &Step) -> bool {
    let runtime = step
        .resource
        .as_ref()
        .and_then(|wanted| wanted.attrs.get("runtime"));
    step.kind.as_str() == "fc.function"
        && matches!(runtime, Some(Value::Plain(Json::String(runtime))) if runtime == IMAGES)
}
