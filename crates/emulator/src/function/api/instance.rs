//! Instances, the switch of calls, and networks that a function is bound to.

use std::time::UNIX_EPOCH;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::model::Switched;
use crate::function::service::Shared;
use crate::function::table;
use crate::function::table::setting::Setting;

/// The kind under which networks are kept among the settings.
const NETWORKS: &str = "vpc-bindings";

pub(super) async fn list(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    shared.resolver.function(function, "LATEST").await?;
    let qualifier = call.param("qualifier");
    let is_asked = |instance: &runtime::InstanceInfo| {
        qualifier.is_none_or(|wanted| [&*instance.version, &*instance.qualifier].contains(&wanted))
    };
    let instances: Vec<Json> = shared
        .run
        .instances(function)
        .iter()
        .filter(|instance| is_asked(instance))
        .map(|instance| {
            let created = instance.started.duration_since(UNIX_EPOCH);
            let created = created.unwrap_or_default().as_millis();
            json!({
                "instanceId": instance.id,
                "versionId": instance.version,
                "qualifier": instance.qualifier,
                "status": "Running",
                "createdTimeMs": u64::try_from(created).unwrap_or(u64::MAX),
            })
        })
        .collect();
    let id = &call.http.request_id;
    Ok(shown(&json!({ "instances": instances, "requestId": id })))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Switch {
    reason: Option<String>,
    abort_ongoing_request: Option<bool>,
}

/// Lets calls in, or refuses them. Calls that run already go on, unless they shall be ended too.
pub(super) async fn switch(
    shared: &Shared,
    call: &Call,
    (function, disabled): (&str, bool),
) -> Outcome<Reply> {
    let given = if call.http.body.is_empty() {
        Switch::default()
    } else {
        call.json()?
    };
    let (own, at_ms) = (function.to_owned(), shared.now_ms());
    let reason = given.reason.filter(|text| !text.is_empty());
    let changed = shared.store.write(move |db| {
        let found = table::function::find(db, &own)?;
        let mut found = found.ok_or_else(|| no_function(&own))?;
        found.disabled = disabled;
        found.switched = Some(Switched { at_ms, reason });
        table::function::save(db, &found)?;
        Ok::<_, FcError>(())
    });
    changed.await?;
    shared.resolver.forget(function);
    if disabled && given.abort_ongoing_request == Some(true) {
        shared.run.interrupt(function);
    }
    Ok(shown(&json!({ "success": true })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewNetwork {
    vpc_id: String,
}

pub(super) async fn networks(shared: &Shared, function: &str) -> Outcome<Reply> {
    let own = function.to_owned();
    let found = shared.store.read(move |db| known(db, &own));
    Ok(shown(&json!({ "vpcIds": found.await? })))
}

pub(super) async fn bind(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let new: NewNetwork = call.json()?;
    change(shared, function, move |known| {
        if !known.contains(&new.vpc_id) {
            known.push(new.vpc_id);
        }
    })
    .await?;
    Ok(shown(&json!({})))
}

pub(super) async fn unbind(shared: &Shared, function: &str, network: &str) -> Outcome<Reply> {
    let network = network.to_owned();
    change(shared, function, move |known| {
        known.retain(|id| *id != network);
    })
    .await?;
    Ok(nothing())
}

async fn change(
    shared: &Shared,
    function: &str,
    by: impl FnOnce(&mut Vec<String>) + Send + 'static,
) -> Outcome<()> {
    let own = function.to_owned();
    let changed = shared.store.write(move |db| {
        let mut networks = known(db, &own)?;
        by(&mut networks);
        let setting = Setting {
            function: own,
            qualifier: String::new(),
            document: json!(networks),
        };
        Ok::<_, FcError>(table::setting::save(db, NETWORKS, &setting)?)
    });
    changed.await
}

fn known(db: &rusqlite::Connection, function: &str) -> Outcome<Vec<String>> {
    if table::function::find(db, function)?.is_none() {
        return Err(no_function(function));
    }
    let document = table::setting::find(db, NETWORKS, function, "")?;
    let list = document.and_then(|document| serde_json::from_value(document).ok());
    Ok(list.unwrap_or_default())
}
