//! What the two languages that have distributed maps say alike: modes, bounds, batches, results.

use serde_json::Value;

use crate::engine::Mode;
use crate::expression::{Expr, Words};
use crate::form::{Builder, Form};
use crate::program::{Batcher, Bounds, Shape, Template, Writer};
use crate::template::template;
use crate::{Finding, Node, Place};

/// Fields of maps whose items are executions of their own, in both languages.
const FIELDS: [&str; 6] = [
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "MaxItems",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
];
/// The largest number of items or bytes that a text may set.
const MOST: f64 = 1_000_000_000.0;

/// The mode in which items run as executions of their own; nothing if they run in the execution of their map.
pub(crate) fn processor(builder: &mut Builder, node: &Node) -> Option<Mode> {
    let config = builder.form(node, "`ProcessorConfig`")?;
    let is_states = builder.words == Words::States;
    let (kind, modes, types) = if is_states {
        let types = ["STANDARD", "EXPRESS"];
        ("ExecutionType", ["INLINE", "DISTRIBUTED"], types)
    } else {
        let types = ["Standard", "Express"];
        ("ExecutionMode", ["Inline", "Distributed"], types)
    };
    let mode = word(builder, &config, "Mode", modes);
    let execution = word(builder, &config, kind, types);
    builder.done(&config);
    // In the second language the mode of the executions alone makes a map distributed.
    let is_distributed = mode.unwrap_or(!is_states && execution.is_some());
    is_distributed.then_some(match execution {
        Some(true) => Mode::Express,
        _ => Mode::Standard,
    })
}

/// Which of two words stands under a key: whether it is the second.
fn word(builder: &mut Builder, form: &Form, key: &str, known: [&str; 2]) -> Option<bool> {
    let node = form.get(key)?;
    let text = builder.text(node, key)?;
    let found = known.iter().position(|word| *word == text);
    if found.is_none() {
        let said = format!(
            "there is no {key} `{text}`; there are {} and {}",
            known[0], known[1]
        );
        builder.error(node.at, said);
    }
    found.map(|place| place == 1)
}

/// Says which fields have no place in a map whose items run in its own execution.
pub(crate) fn refuse(builder: &mut Builder, form: &Form) {
    let (suffix, config) = match builder.words {
        Words::States => ("Path", "{Mode: DISTRIBUTED}"),
        Words::First | Words::Second => (".$", "{ExecutionMode: Express}"),
    };
    for field in FIELDS {
        for key in [field.to_owned(), format!("{field}{suffix}")] {
            if let Some(node) = form.get(&key) {
                let said = format!("`{key}` belongs to a distributed map");
                let hint = format!("the processor of one has ProcessorConfig: {config}");
                builder
                    .findings
                    .push(Finding::error(node.at, said).hint(hint));
            }
        }
    }
}

/// How many executions run at once and how many items may fail; `width` is the key of the former.
pub(crate) fn bounds(builder: &mut Builder, form: &Form, width: &str) -> Bounds {
    Bounds {
        items: None,
        width: bound(builder, form, width),
        failures: bound(builder, form, "ToleratedFailureCount"),
        percentage: bound_below(builder, form, "ToleratedFailurePercentage", 100.0),
    }
}

/// How many items are worked on.
pub(crate) fn most_items(builder: &mut Builder, form: &Form) -> Option<Expr> {
    bound(builder, form, "MaxItems")
}

/// A number that stands in the text, or that an expression yields.
pub(crate) fn bound(builder: &mut Builder, form: &Form, key: &str) -> Option<Expr> {
    bound_below(builder, form, key, MOST)
}

fn bound_below(builder: &mut Builder, form: &Form, key: &str, most: f64) -> Option<Expr> {
    let suffix = match builder.words {
        Words::States => "Path",
        Words::First | Words::Second => ".$",
    };
    let from_data = format!("{key}{suffix}");
    let Some(node) = form.get(&from_data) else {
        let number = builder.number(form, key, (0.0, most))?;
        return Some(Expr::Literal(Value::from(number)));
    };
    if form.get(key).is_some() {
        let said = format!("a map has {key} or {from_data}, not both");
        builder.error(node.at, said);
        return None;
    }
    let text = builder.text(node, &from_data)?;
    builder.expression(text, node.at)
}

/// `ItemBatcher`.
pub(crate) fn batcher(builder: &mut Builder, form: &Form) -> Option<Batcher> {
    let node = form.get("ItemBatcher")?;
    let form = builder.form(node, "`ItemBatcher`")?;
    let batcher = Batcher {
        items: bound(builder, &form, "MaxItemsPerBatch"),
        bytes: bound(builder, &form, "MaxInputBytesPerBatch"),
        input: form
            .get("BatchInput")
            .and_then(|node| template(builder, node)),
    };
    builder.done(&form);
    if batcher.items.is_none() && batcher.bytes.is_none() {
        let said = "batches need MaxItemsPerBatch or MaxInputBytesPerBatch";
        builder.error(node.at, said);
    }
    Some(batcher)
}

/// `ResultWriter`: where to, and in what form
/// (docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html).
pub(crate) fn writer(builder: &mut Builder, form: &Form) -> Option<Writer> {
    let node = form.get("ResultWriter")?;
    let form = builder.form(node, "`ResultWriter`")?;
    let mut config = None;
    let mut is_shown = false;
    if builder.words == Words::States {
        form.get("Resource");
        config = form.get("WriterConfig");
        is_shown = config.is_some() && form.any(&["Resource", "Parameters"]).is_none();
    }
    let (shape, by_lines) = config
        .and_then(|node| writer_config(builder, node))
        .unwrap_or((Shape::Whole, false));
    let place = if is_shown {
        None
    } else {
        Some(place(builder, &form, ("Parameters", &[]))?)
    };
    builder.done(&form);
    Some(Writer {
        place,
        shape,
        by_lines,
    })
}

/// The form of results, and whether each stands on a line of its own.
fn writer_config(builder: &mut Builder, node: &Node) -> Option<(Shape, bool)> {
    let form = builder.form(node, "`WriterConfig`")?;
    let shape = match builder.optional_text(&form, "Transformation") {
        None | Some("NONE") => Shape::Whole,
        Some("COMPACT") => Shape::Compact,
        Some("FLATTEN") => Shape::Flat,
        Some(other) => {
            let said = format!("`Transformation` is NONE, COMPACT or FLATTEN, not {other}");
            let at = form.get("Transformation").map_or(form.at, |node| node.at);
            builder.error(at, said);
            return None;
        }
    };
    let by_lines = word(builder, &form, "OutputType", ["JSON", "JSONL"]).unwrap_or(false);
    builder.done(&form);
    Some((shape, by_lines))
}

/// A place in the object storage: `Bucket`, and one of the other keys if there are some.
pub(crate) fn place(
    builder: &mut Builder,
    form: &Form,
    (key, others): (&str, &[&str]),
) -> Option<Template> {
    let Some(node) = form.get(key) else {
        builder.error(form.at, format!("`{key}` is missing"));
        return None;
    };
    let made = template(builder, node)?;
    let Template::Map(entries) = &made else {
        builder.error(node.at, format!("`{key}` must be a map"));
        return None;
    };
    let has = |wanted: &str| entries.iter().any(|(key, _)| key == wanted);
    if !has("Bucket") {
        missing(builder, node.at, "Bucket", key);
    }
    if let Some(first) = others.first()
        && !others.iter().any(|other| has(other))
    {
        missing(builder, node.at, first, key);
    }
    Some(made)
}

fn missing(builder: &mut Builder, at: Place, what: &str, of: &str) {
    builder.error(at, format!("`{what}` is missing in `{of}`"));
}
