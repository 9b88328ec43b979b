//! Buses: made, shown, changed, deleted.

use serde_json::{Value, json};

use super::call::Call;
use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::model::{Bus, DEFAULT};
use crate::bridge::service::Shared;
use crate::bridge::table::bus;

pub(super) async fn create(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let bus = Bus {
        name: call.name("EventBusName")?,
        description: call.description()?.unwrap_or_default(),
        created_ms: shared.now(),
    };
    let made = shared.store.write(move |db| {
        if !bus::create(db, &bus)? {
            return Err(BridgeError::bus_taken(&bus.name));
        }
        Ok(bus)
    });
    let shown = made.await?.show(&shared.origin);
    Ok(json!({"EventBusARN": shown["EventBusARN"]}))
}

pub(super) async fn get(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let name = call.need("EventBusName")?.to_owned();
    let found = shared.store.read(move |db| {
        let found = bus::find(db, &name)?;
        found.ok_or_else(|| BridgeError::no_bus(&name))
    });
    Ok(found.await?.show(&shared.origin))
}

pub(super) async fn list(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let prefix = call.text("NamePrefix").unwrap_or_default();
    let all = shared.store.read(|db| Ok::<_, BridgeError>(bus::all(db)?));
    let mut all = all.await?;
    all.retain(|bus| bus.name.starts_with(prefix));
    let total = all.len();
    let (page, next) = call.page(all, |bus| &bus.name)?;
    let page: Vec<Value> = page.iter().map(|bus| bus.show(&shared.origin)).collect();
    Ok(json!({"EventBuses": page, "NextToken": next, "Total": total}))
}

pub(super) async fn update(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let name = call.need("EventBusName")?.to_owned();
    let description = call.description()?.unwrap_or_default();
    refuse_default(&name, "changed")?;
    let write = shared.store.write(move |db| {
        if bus::find(db, &name)?.is_none() {
            return Err(BridgeError::no_bus(&name));
        }
        Ok(bus::describe(db, &name, &description)?)
    });
    write.await?;
    Ok(Value::Null)
}

/// `Data` says whether it was there; one that was not is no error.
pub(super) async fn delete(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let name = call.need("EventBusName")?.to_owned();
    refuse_default(&name, "deleted")?;
    let write = shared
        .store
        .write(move |db| Ok::<_, BridgeError>(bus::delete(db, &name)?));
    Ok(json!(write.await?))
}

fn refuse_default(name: &str, what: &str) -> Outcome<()> {
    if name == DEFAULT {
        let why = format!("The event bus [{DEFAULT}] cannot be {what}.");
        return Err(BridgeError::invalid(why));
    }
    Ok(())
}
