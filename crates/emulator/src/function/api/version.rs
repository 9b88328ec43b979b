//! Versions: published, listed, deleted.

use serde::Deserialize;
use serde_json::json;

use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::choose::no_version;
use crate::function::error::{FcError, Outcome};
use crate::function::model::Version;
use crate::function::service::Shared;
use crate::function::table;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Publish {
    description: Option<String>,
}

pub(super) async fn publish(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let given = if call.http.body.is_empty() {
        Publish::default()
    } else {
        call.json()?
    };
    let (name, now_ms) = (function.to_owned(), shared.now_ms());
    let published = shared.store.write(move |db| {
        let found = table::function::find(db, &name)?;
        let mut function = found.ok_or_else(|| no_function(&name))?;
        let description = given.description.unwrap_or_default();
        let version = Version::next_of(&mut function, description, now_ms);
        table::function::save(db, &function)?;
        table::version::add(db, &name, &version)?;
        Ok::<_, FcError>(version)
    });
    Ok(shown(&published.await?.show()))
}

/// A page of the versions: the newest first, unless the call wants them `FORWARD`. A token is the number of the next one.
pub(super) async fn list(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let page = call.page()?;
    let direction = call.param("direction").unwrap_or("BACKWARD").to_uppercase();
    if !["BACKWARD", "FORWARD"].contains(&direction.as_str()) {
        return Err(FcError::invalid("direction must be BACKWARD or FORWARD"));
    }
    let after = page.after.as_deref().map(str::parse::<u64>).transpose();
    let from = after.map_err(|_| FcError::invalid("nextToken is not one of this list"))?;
    let name = function.to_owned();
    let all = shared.store.read(move |db| {
        if table::function::find(db, &name)?.is_none() {
            return Err(no_function(&name));
        }
        Ok::<_, FcError>(table::version::of(db, &name)?)
    });
    let mut versions = all.await?;
    if direction == "BACKWARD" {
        versions.reverse();
        versions.retain(|version| from.is_none_or(|from| version.id <= from));
    } else {
        versions.retain(|version| from.is_none_or(|from| version.id >= from));
    }
    let next = versions
        .get(page.limit)
        .map(|version| version.id.to_string());
    let shown_ones: Vec<_> = versions
        .iter()
        .take(page.limit)
        .map(Version::show)
        .collect();
    let mut reply = json!({ "versions": shown_ones, "direction": direction });
    if let Some(next) = next {
        reply["nextToken"] = next.into();
    }
    Ok(shown(&reply))
}

/// Deletes a version. Aliases and triggers that lead to it stay, as they do with the vendor, and lead nowhere.
pub(super) async fn delete(shared: &Shared, function: &str, id: &str) -> Outcome<Reply> {
    let (name, wanted) = (function.to_owned(), id.to_owned());
    let deleted = shared.store.write(move |db| {
        if table::function::find(db, &name)?.is_none() {
            return Err(no_function(&name));
        }
        let version = table::version::find(db, &name, &wanted)?;
        let version = version.ok_or_else(|| no_version(&name, &wanted))?;
        Ok::<_, FcError>(table::version::delete(db, &name, version.id)?)
    });
    deleted.await?;
    shared.resolver.forget(function);
    shared.run.retire(function, Some(id)).await;
    Ok(nothing())
}
