//! Rules: made, shown, changed, switched, deleted.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::call::Call;
use super::target::read_all;
use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::model::Rule;
use crate::bridge::pattern::{NoPattern, Pattern};
use crate::bridge::service::Shared;
use crate::bridge::table::{bus, rule};

pub(super) async fn create(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let mut new = Rule {
        bus: call.bus().to_owned(),
        name: call.name("RuleName")?,
        description: call.description()?.unwrap_or_default(),
        pattern: pattern(call)?,
        enabled: status(call)?.unwrap_or(true),
        targets: Vec::new(),
        created_ms: shared.now(),
    };
    for target in read_all(call, "EventTargets")? {
        new.put(target.map_err(|(_, error)| error)?);
    }
    let made = shared.store.write(move |db| {
        if bus::find(db, &new.bus)?.is_none() {
            return Err(BridgeError::no_bus(&new.bus));
        }
        if rule::find(db, &new.bus, &new.name)?.is_some() {
            return Err(BridgeError::rule_taken(&new.name));
        }
        rule::save(db, &new)?;
        Ok(new)
    });
    Ok(json!({"RuleARN": made.await?.arn(&shared.origin)}))
}

pub(super) async fn get(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let (bus, name) = named(call)?;
    let found = shared.store.read(move |db| find(db, &bus, &name));
    Ok(found.await?.show(&shared.origin))
}

pub(super) async fn list(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let bus = call.bus().to_owned();
    let prefix = call.text("RuleNamePrefix").unwrap_or_default();
    let all = shared.store.read(move |db| {
        if bus::find(db, &bus)?.is_none() {
            return Err(BridgeError::no_bus(&bus));
        }
        Ok(rule::of(db, &bus)?)
    });
    let mut all = all.await?;
    all.retain(|rule| rule.name.starts_with(prefix));
    let total = all.len();
    let (page, next) = call.page(all, |rule| &rule.name)?;
    let show = |rule: &Rule| rule.show_in_list(&shared.origin);
    let page: Vec<Value> = page.iter().map(show).collect();
    Ok(json!({"Rules": page, "NextToken": next, "Total": total}))
}

pub(super) async fn update(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let pattern = match call.text("FilterPattern") {
        Some(_) => Some(pattern(call)?),
        None => None,
    };
    let (description, enabled) = (call.description()?, status(call)?);
    change(shared, call, move |rule| {
        rule.pattern = pattern.unwrap_or(std::mem::take(&mut rule.pattern));
        rule.description = description.unwrap_or(std::mem::take(&mut rule.description));
        rule.enabled = enabled.unwrap_or(rule.enabled);
    })
    .await?;
    Ok(json!(true))
}

pub(super) async fn enable(shared: &Shared, call: &Call<'_>, enabled: bool) -> Outcome<Value> {
    change(shared, call, move |rule| rule.enabled = enabled).await?;
    Ok(Value::Null)
}

pub(super) async fn delete(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let (bus, name) = named(call)?;
    let write = shared.store.write(move |db| {
        if !rule::delete(db, &bus, &name)? {
            return Err(BridgeError::no_rule(&name));
        }
        Ok(())
    });
    write.await?;
    Ok(Value::Null)
}

/// Changes the rule that a call names.
pub(super) async fn change(
    shared: &Shared,
    call: &Call<'_>,
    by: impl FnOnce(&mut Rule) + Send + 'static,
) -> Outcome<()> {
    let (bus, name) = named(call)?;
    let write = shared.store.write(move |db| {
        let mut rule = find(db, &bus, &name)?;
        by(&mut rule);
        Ok(rule::save(db, &rule)?)
    });
    write.await
}

/// The bus and the rule that a call names.
pub(super) fn named(call: &Call<'_>) -> Outcome<(String, String)> {
    Ok((call.bus().to_owned(), call.need("RuleName")?.to_owned()))
}

/// A rule that must be there.
pub(super) fn find(db: &Connection, bus: &str, name: &str) -> Outcome<Rule> {
    if bus::find(db, bus)?.is_none() {
        return Err(BridgeError::no_bus(bus));
    }
    rule::find(db, bus, name)?.ok_or_else(|| BridgeError::no_rule(name))
}

impl From<NoPattern> for BridgeError {
    fn from(refusal: NoPattern) -> Self {
        Self::invalid(refusal.to_string())
    }
}

fn pattern(call: &Call<'_>) -> Outcome<String> {
    let text = call.need("FilterPattern")?;
    Pattern::read(text)?;
    Ok(text.to_owned())
}

fn status(call: &Call<'_>) -> Outcome<Option<bool>> {
    match call.text("Status") {
        None => Ok(None),
        Some("ENABLE") => Ok(Some(true)),
        Some("DISABLE") => Ok(Some(false)),
        Some(other) => {
            let why = format!("Status {other:?} is neither ENABLE nor DISABLE.");
            Err(BridgeError::invalid(why))
        }
    }
}
