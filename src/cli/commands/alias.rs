//! `sdev alias`: names that lead to versions of a function.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::args::{Alias, Global};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::release as view;
use super::Outcome;
use super::confirm::confirm;
use super::deployed::Deployed;

const KIND: &str = "fc.alias";

pub(super) fn run(args: &Alias, global: &Global, printer: Printer) -> Outcome {
    let of = match args {
        Alias::List(args) => &args.of,
        Alias::Get(args) => &args.of,
        Alias::Publish(args) => &args.of,
        Alias::Remove(args) => &args.of,
    };
    block_on(async {
        let function = Deployed::of("alias", of, (global, printer)).await?;
        match args {
            Alias::List(_) => {
                let aliases = function.act("alias.list", &json!({})).await?;
                view::aliases(printer, function.name(), &aliases);
            }
            Alias::Get(args) => {
                let wanted = json!({ "name": args.alias_name });
                let alias = function.act("alias.get", &wanted).await?;
                view::alias(printer, function.name(), &alias);
            }
            Alias::Publish(args) => {
                let wanted = json!({
                    "name": args.alias_name,
                    "version": args.version_id,
                    "weights": all(&args.weights),
                    "description": args.description,
                });
                let done = function.act("alias.publish", &wanted).await?;
                function.warn_of_set_back((KIND, &args.alias_name), printer);
                view::led(printer, function.name(), &done);
            }
            Alias::Remove(args) => {
                let name = &args.alias_name;
                let question = format!("Remove alias {name} of {}?", function.name());
                if !confirm(&question, args.yes.yes, printer)? {
                    return Ok(Exit::Failed);
                }
                function
                    .act("alias.remove", &json!({ "name": name }))
                    .await?;
                function.warn_of_set_back((KIND, name), printer);
                view::removed(printer, function.name(), ("alias", name));
            }
        }
        Ok(Exit::Done)
    })
}

/// What several flags say together; of a version that is named twice, the last.
fn all(weights: &[BTreeMap<String, f64>]) -> Json {
    let pairs = weights.iter().flatten();
    pairs
        .map(|(version, weight)| (version.clone(), Json::from(*weight)))
        .collect()
}
