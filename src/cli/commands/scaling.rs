//! `sdev scaling`: instances of a function that are there at least.

use serde_json::{Value as Json, json};

use super::super::args::{Global, Scaling};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::setting as view;
use super::Outcome;
use super::confirm::confirm;
use super::deployed::Deployed;

const KIND: &str = "fc.scaling";

pub(super) fn run(args: &Scaling, global: &Global, printer: Printer) -> Outcome {
    let of = match args {
        Scaling::List(of) => of,
        Scaling::Get(args) => &args.of.of,
        Scaling::Put(args) => &args.of.of,
        Scaling::Remove(args) => &args.of.of,
    };
    block_on(async {
        let function = Deployed::of("scaling", of, (global, printer)).await?;
        act(args, &function, printer).await
    })
}

async fn act(args: &Scaling, function: &Deployed, printer: Printer) -> Outcome {
    match args {
        Scaling::List(_) => {
            let all = function.act("scaling.list", &json!({})).await?;
            view::scalings(printer, function.name(), &all);
        }
        Scaling::Get(args) => {
            let qualifier = &args.of.qualifier;
            let wanted = json!({ "qualifier": qualifier });
            let found = function.act("scaling.get", &wanted).await?;
            view::scaling(printer, (function.name(), qualifier), &found);
        }
        Scaling::Put(args) => {
            let qualifier = &args.of.qualifier;
            let list = |list: &Option<Json>| list.clone().unwrap_or_else(|| json!([]));
            let mut document = json!({
                "minInstances": args.min_instances,
                "horizontalScalingPolicies": list(&args.horizontal_scaling_policies),
                "scheduledPolicies": list(&args.scheduled_policies),
            });
            if let Some(pool) = &args.resident_pool_id {
                document["residentPoolId"] = pool.as_str().into();
            }
            let wanted = json!({ "qualifier": qualifier, "document": document });
            let put = function.act("scaling.put", &wanted).await?;
            function.warn_of_set_back((KIND, qualifier), printer);
            view::scaling(printer, (function.name(), qualifier), &put);
        }
        Scaling::Remove(args) => {
            let qualifier = &args.of.qualifier;
            let of = format!("{} ({qualifier})", function.name());
            let question = format!("Let there be no instances of {of} when nobody calls?");
            if !confirm(&question, args.yes.yes, printer)? {
                return Ok(Exit::Failed);
            }
            let wanted = json!({ "qualifier": qualifier });
            let done = function.act("scaling.remove", &wanted).await?;
            function.warn_of_set_back((KIND, qualifier), printer);
            view::unset(printer, (function.name(), "scaling"), &done);
        }
    }
    Ok(Exit::Done)
}
