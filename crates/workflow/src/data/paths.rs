//! How data moves in the States Language.

use serde_json::{Value, json};

use super::{Around, fill};
use crate::engine::Fault;
use crate::expression::{Segment, Trouble};
use crate::program::{Paths, ResultPath, View};

pub(super) fn states_input(paths: &Paths, around: &Around) -> Result<Value, Trouble> {
    let chosen = seen(&paths.input, around.data, around)?;
    match &paths.parameters {
        Some(template) => fill(template, &around.scene(&chosen)),
        None => Ok(chosen),
    }
}

/// What a path shows.
fn seen(view: &View, value: &Value, around: &Around) -> Result<Value, Trouble> {
    match view {
        View::Whole => Ok(value.clone()),
        View::Nothing => Ok(json!({})),
        View::At(path) => around
            .scene(value)
            .find(path)
            .ok_or_else(|| Trouble::Nowhere(path.to_string())),
    }
}

pub(super) fn states_output(paths: &Paths, result: Value, around: &Around) -> Result<Value, Fault> {
    let fault = |trouble: Trouble| around.fault(&trouble);
    let result = match &paths.selector {
        Some(template) => fill(template, &around.scene(&result)).map_err(fault)?,
        None => result,
    };
    let whole = place(around.data, result, &paths.result)?;
    seen(&paths.output, &whole, around).map_err(fault)
}

/// Puts a result where it belongs in the data. The error is the one that executions of the vendor end with.
pub(super) fn place(data: &Value, result: Value, path: &ResultPath) -> Result<Value, Fault> {
    match path {
        ResultPath::Whole => Ok(result),
        ResultPath::Nowhere => Ok(data.clone()),
        ResultPath::Into(path) => {
            let mut whole = data.clone();
            put(&mut whole, &path.segments, result).map_err(|said| {
                let cause = format!("the result cannot be put at {path}: {said}");
                Fault::new("States.ReferencePathConflict", cause)
            })?;
            Ok(whole)
        }
    }
}

fn put(into: &mut Value, way: &[Segment], value: Value) -> Result<(), &'static str> {
    let Some((first, rest)) = way.split_first() else {
        *into = value;
        return Ok(());
    };
    match first {
        Segment::Key(key) => {
            if into.is_null() {
                *into = json!({});
            }
            let entries = into.as_object_mut().ok_or("what is there is no map")?;
            put(
                entries.entry(key.clone()).or_insert(Value::Null),
                rest,
                value,
            )
        }
        Segment::Index(index) => {
            let items = into.as_array_mut();
            let place = usize::try_from(*index).ok();
            let item = items
                .and_then(|items| items.get_mut(place?))
                .ok_or("the list has no such item")?;
            put(item, rest, value)
        }
        _ => Err("it leads to more than one place"),
    }
}
