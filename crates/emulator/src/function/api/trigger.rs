//! Triggers: made, shown, changed, deleted.

use serde_json::json;

use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::bridge::start_stream;
use crate::function::call::Call;
use crate::function::choose::choices;
use crate::function::error::{FcError, Outcome};
use crate::function::model::{NewTrigger, Trigger, TriggerUpdate, apart};
use crate::function::service::Shared;
use crate::function::table;
use crate::function::trigger::stream_name;
use crate::identity::request_uuid;

/// Triggers of a function at most. The vendor's limit.
const MOST: usize = 50;

pub(super) async fn create(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let new: NewTrigger = call.json()?;
    let id = request_uuid().to_lowercase();
    let trigger = new.make(function, id, shared.now_ms())?;
    let made = shared.store.write(move |db| {
        let (function, name) = (&trigger.function, &trigger.name);
        leads_somewhere(db, &trigger)?;
        let others = table::trigger::of(db, function)?;
        if others.iter().any(|other| other.name == *name) {
            let message = format!("trigger '{name}' of function '{function}' already exists");
            return Err(FcError::taken("TriggerAlreadyExists", message));
        }
        if others.len() >= MOST {
            let message = format!("a function has at most {MOST} triggers");
            return Err(FcError::invalid(message));
        }
        one_web_trigger(&others, &trigger)?;
        one_for_an_object(db, &trigger)?;
        table::trigger::save(db, &trigger)?;
        start_stream(db, &stream_name(function, name))?;
        Ok(trigger)
    });
    let made = made.await?;
    heard(shared, &made.function);
    Ok(show(shared, &made))
}

/// There is what a trigger calls: the function, and by its qualifier a version or an alias.
fn leads_somewhere(db: &rusqlite::Connection, trigger: &Trigger) -> Outcome<()> {
    choices(db, &trigger.function, &trigger.qualifier).map(drop)
}

/// A version or alias has one http trigger at most, since it has one address.
fn one_web_trigger(others: &[Trigger], new: &Trigger) -> Outcome<()> {
    let other = others.iter().find(|other| {
        other.kind == "http" && other.qualifier == new.qualifier && other.name != new.name
    });
    match other {
        Some(other) if new.kind == "http" => Err(FcError::invalid(format!(
            "qualifier {} has the http trigger '{}' already",
            new.qualifier, other.name
        ))),
        _ => Ok(()),
    }
}

/// An event of an object goes to one trigger at most, of all functions.
fn one_for_an_object(db: &rusqlite::Connection, new: &Trigger) -> Outcome<()> {
    if new.kind != "oss" {
        return Ok(());
    }
    apart(&table::trigger::of_kind(db, "oss")?, new)
}

pub(super) async fn get(shared: &Shared, function: &str, name: &str) -> Outcome<Reply> {
    let (function, name) = (function.to_owned(), name.to_owned());
    let found = shared.store.read(move |db| find(db, &function, &name));
    Ok(show(shared, &found.await?))
}

pub(super) async fn list(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let page = call.page()?;
    let wanted = function.to_owned();
    let all = shared.store.read(move |db| {
        if table::function::find(db, &wanted)?.is_none() {
            return Err(no_function(&wanted));
        }
        Ok::<_, FcError>(table::trigger::of(db, &wanted)?)
    });
    let (triggers, next) = page.cut(all.await?, |trigger| &trigger.name);
    let triggers: Vec<_> = triggers
        .iter()
        .map(|trigger| document(shared, trigger))
        .collect();
    Ok(shown(&match next {
        Some(next) => json!({ "triggers": triggers, "nextToken": next }),
        None => json!({ "triggers": triggers }),
    }))
}

pub(super) async fn update(
    shared: &Shared,
    call: &Call,
    function: &str,
    name: &str,
) -> Outcome<Reply> {
    let by: TriggerUpdate = call.json()?;
    let (function, name, now) = (function.to_owned(), name.to_owned(), shared.now_ms());
    let changed = shared.store.write(move |db| {
        let trigger = find(db, &function, &name)?.updated(by, now)?;
        leads_somewhere(db, &trigger)?;
        one_web_trigger(&table::trigger::of(db, &function)?, &trigger)?;
        one_for_an_object(db, &trigger)?;
        table::trigger::save(db, &trigger)?;
        start_stream(db, &stream_name(&function, &name))?;
        Ok::<_, FcError>(trigger)
    });
    let changed = changed.await?;
    heard(shared, &changed.function);
    Ok(show(shared, &changed))
}

pub(super) async fn delete(shared: &Shared, function: &str, name: &str) -> Outcome<Reply> {
    let (own, name) = (function.to_owned(), name.to_owned());
    let deleted = shared.store.write(move |db| {
        find(db, &own, &name)?;
        Ok::<_, FcError>(table::trigger::delete(db, &own, &name)?)
    });
    deleted.await?;
    heard(shared, function);
    Ok(nothing())
}

/// Tells who works by triggers that one of a function's was made, changed or deleted.
fn heard(shared: &Shared, function: &str) {
    shared.resolver.forget(function);
    shared.timers.change();
    shared.bridge.changed();
}

fn find(db: &rusqlite::Connection, function: &str, name: &str) -> Outcome<Trigger> {
    if table::function::find(db, function)?.is_none() {
        return Err(no_function(function));
    }
    table::trigger::find(db, function, name)?.ok_or_else(|| {
        let message = format!("trigger '{name}' of function '{function}' does not exist");
        FcError::missing("TriggerNotFound", message)
    })
}

fn document(shared: &Shared, trigger: &Trigger) -> serde_json::Value {
    let (function, qualifier) = (&trigger.function, &trigger.qualifier);
    let arn = shared.arn(function, qualifier);
    trigger.show(&arn, &shared.url(function, qualifier))
}

fn show(shared: &Shared, trigger: &Trigger) -> Reply {
    shown(&document(shared, trigger))
}
