//! `sdev version`: published versions of a function.

use serde_json::json;

use super::super::args::{Global, Version};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::release as view;
use super::Outcome;
use super::confirm::confirm;
use super::deployed::Deployed;

pub(super) fn run(args: &Version, global: &Global, printer: Printer) -> Outcome {
    let of = match args {
        Version::List(of) => of,
        Version::Publish(args) => &args.of,
        Version::Remove(args) => &args.of,
    };
    block_on(async {
        let function = Deployed::of("version", of, (global, printer)).await?;
        match args {
            Version::List(_) => {
                let versions = function.act("version.list", &json!({})).await?;
                view::versions(printer, function.name(), &versions);
            }
            Version::Publish(args) => {
                let wanted = json!({ "description": args.description });
                let version = function.act("version.publish", &wanted).await?;
                view::published(printer, function.name(), &version);
            }
            Version::Remove(args) => {
                let wanted = json!({ "version": args.version_id });
                // `latest` may be another one later: what is asked about is what goes.
                let version = function.act("version.resolve", &wanted).await?;
                let id = version["version"].as_str().unwrap_or_default();
                let question = format!("Remove version {id} of {}?", function.name());
                if !confirm(&question, args.yes.yes, printer)? {
                    return Ok(Exit::Failed);
                }
                function.act("version.remove", &version).await?;
                view::removed(printer, function.name(), ("version", id));
            }
        }
        Ok(Exit::Done)
    })
}
