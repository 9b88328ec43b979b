//! `sdev provision`: instances of a function that are kept ready.

use serde_json::{Value as Json, json};

use super::super::args::{Global, Provision, Qualified};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::setting as view;
use super::Outcome;
use super::confirm::confirm;
use super::deployed::Deployed;
use crate::diagnostic::Diagnostics;

pub(super) fn run(args: &Provision, global: &Global, printer: Printer) -> Outcome {
    let of = match args {
        Provision::List(of) => of,
        Provision::Get(args) => &args.of.of,
        Provision::Put(args) => &args.of.of,
        Provision::Remove(args) => &args.of.of,
    };
    block_on(async {
        let function = Deployed::of("provision", of, (global, printer)).await?;
        act(args, &function, printer).await
    })
}

async fn act(args: &Provision, function: &Deployed, printer: Printer) -> Outcome {
    match args {
        Provision::List(_) => {
            let all = function.act("provision.list", &json!({})).await?;
            view::provisions(printer, function.name(), &all);
        }
        Provision::Get(args) => {
            let qualifier = &args.of.qualifier;
            let found = function
                .act("provision.get", &json!({ "qualifier": qualifier }))
                .await?;
            view::provision(printer, (function.name(), qualifier), &found);
        }
        Provision::Put(args) => {
            let mut document = json!({
                "defaultTarget": args.target,
                "alwaysAllocateCPU": args.always_allocate_cpu,
                "alwaysAllocateGPU": args.always_allocate_gpu,
            });
            for (name, list) in [
                ("scheduledActions", &args.scheduled_actions),
                ("targetTrackingPolicies", &args.target_tracking_policies),
            ] {
                document[name] = list.clone().unwrap_or_else(|| json!([]));
            }
            let put = put(function, &args.of, &document, printer).await?;
            view::provision(printer, (function.name(), &args.of.qualifier), &put);
        }
        Provision::Remove(args) => {
            let qualifier = &args.of.qualifier;
            let of = format!("{} ({qualifier})", function.name());
            let question = format!("Keep no instances of {of} ready?");
            if !confirm(&question, args.yes.yes, printer)? {
                return Ok(Exit::Failed);
            }
            let wanted = json!({ "qualifier": qualifier });
            let done = function.act("provision.remove", &wanted).await?;
            function.warn_of_set_back(("fc.provision", qualifier), printer);
            view::unset(printer, (function.name(), "provision"), &done);
        }
    }
    Ok(Exit::Done)
}

async fn put(
    function: &Deployed,
    of: &Qualified,
    document: &Json,
    printer: Printer,
) -> Result<Json, Diagnostics> {
    let wanted = json!({ "qualifier": of.qualifier, "document": document });
    let put = function.act("provision.put", &wanted).await?;
    function.warn_of_set_back(("fc.provision", &of.qualifier), printer);
    Ok(put)
}
