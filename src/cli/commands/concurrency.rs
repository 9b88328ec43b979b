//! `sdev concurrency`: instances that only one function may use.

use serde_json::json;

use super::super::args::{Concurrency, Global};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::setting as view;
use super::Outcome;
use super::confirm::confirm;
use super::deployed::{Deployed, LATEST};

const KIND: &str = "fc.concurrency";

pub(super) fn run(args: &Concurrency, global: &Global, printer: Printer) -> Outcome {
    let of = match args {
        Concurrency::Get(of) => of,
        Concurrency::Put(args) => &args.of,
        Concurrency::Remove(args) => &args.of,
    };
    block_on(async {
        let function = Deployed::of("concurrency", of, (global, printer)).await?;
        match args {
            Concurrency::Get(_) => {
                let found = function.act("concurrency.get", &json!({})).await?;
                view::concurrency(printer, function.name(), &found);
            }
            Concurrency::Put(args) => {
                let document = json!({ "reservedConcurrency": args.reserved_concurrency });
                let wanted = json!({ "document": document });
                let put = function.act("concurrency.put", &wanted).await?;
                function.warn_of_set_back((KIND, LATEST), printer);
                view::concurrency(printer, function.name(), &put);
            }
            Concurrency::Remove(args) => {
                let question = format!("Reserve no instances for {}?", function.name());
                if !confirm(&question, args.yes.yes, printer)? {
                    return Ok(Exit::Failed);
                }
                let done = function.act("concurrency.remove", &json!({})).await?;
                function.warn_of_set_back((KIND, LATEST), printer);
                view::unset(printer, (function.name(), "concurrency"), &done);
            }
        }
        Ok(Exit::Done)
    })
}
