//! Layers: versions published, shown, listed, deleted; who may use them.

use serde_json::{Value as Json, json};

use super::package::package;
use super::{nothing, shown};
use crate::body::Reply;
use crate::function::attach::{no_layer, no_layer_version};
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::model::{Layer, LayerArn, LayerVersion, NewLayerVersion};
use crate::function::service::Shared;
use crate::function::table;

pub(super) async fn publish(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let new: NewLayerVersion = call.json()?;
    let empty = Layer::new(name)?;
    let code = new.code.clone().unwrap_or_default();
    let _arrival = shared.packages.arrival().await;
    let package = package(shared, &code).await?;
    let package = package.ok_or_else(|| FcError::invalid("code must not be empty"))?;
    let now_ms = shared.now_ms();
    let published = shared.store.write(move |db| {
        let mut layer = table::layer::find(db, &empty.name)?.unwrap_or(empty);
        let version = layer.publish(new, package, now_ms);
        table::layer::save(db, &layer)?;
        table::layer::add_version(db, &layer.name, &version)?;
        Ok::<_, FcError>((layer, version))
    });
    let (layer, version) = published.await?;
    Ok(shown(&show(shared, &layer, &version)))
}

pub(super) async fn get(shared: &Shared, name: &str, id: &str) -> Outcome<Reply> {
    let (name, id) = (name.to_owned(), id.to_owned());
    let found = shared.store.read(move |db| {
        let layer = find(db, &name)?;
        let version = match id.parse() {
            Ok(id) => table::layer::version(db, &name, id)?,
            Err(_) => None,
        };
        let version = version.ok_or_else(|| no_layer_version(&name, &id))?;
        Ok::<_, FcError>((layer, version))
    });
    let (layer, version) = found.await?;
    Ok(shown(&show(shared, &layer, &version)))
}

/// `GetLayerVersionByArn`; an ARN holds slashes, which not every client escapes.
pub(super) async fn get_by_arn(shared: &Shared, parts: &[&str]) -> Outcome<Reply> {
    let arn = LayerArn::parse(&parts.join("/"))?;
    shared.home.check(&arn)?;
    get(shared, &arn.name, &arn.version.to_string()).await
}

/// The layers, each as its last version. There are none of the vendor's own.
pub(super) async fn list(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let page = call.page()?;
    let (public, official) = (flag(call, "public")?, flag(call, "official")?);
    let all = shared
        .store
        .read(|db| Ok::<_, FcError>(table::layer::last_versions(db)?));
    let is_asked = |layer: &Layer| official != Some(true) && (layer.public || public != Some(true));
    let all = all.await?.into_iter().filter(|(layer, _)| is_asked(layer));
    let (layers, next) = page.cut(all, |(layer, _)| &layer.name);
    let layers: Vec<Json> = layers
        .iter()
        .map(|(layer, version)| show(shared, layer, version))
        .collect();
    Ok(shown(&match next {
        Some(next) => json!({ "layers": layers, "nextToken": next }),
        None => json!({ "layers": layers }),
    }))
}

/// A page of the versions, oldest first, from `startVersion` on.
pub(super) async fn versions(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let limit = call.page()?.limit;
    let from = call.param("startVersion").unwrap_or("0").parse::<u64>();
    let from = from.map_err(|_| FcError::invalid("startVersion must be a whole number"))?;
    let name = name.to_owned();
    let found = shared.store.read(move |db| {
        let layer = find(db, &name)?;
        let versions = table::layer::versions(db, &name, from, limit + 1)?;
        Ok::<_, FcError>((layer, versions))
    });
    let (layer, versions) = found.await?;
    let page: Vec<Json> = versions
        .iter()
        .take(limit)
        .map(|version| show(shared, &layer, version))
        .collect();
    Ok(shown(&match versions.get(limit) {
        Some(next) => json!({ "layers": page, "nextVersion": next.id }),
        None => json!({ "layers": page }),
    }))
}

/// Deletes a version. Functions that name it keep what they have of it.
pub(super) async fn delete(shared: &Shared, name: &str, id: &str) -> Outcome<Reply> {
    let (name, id) = (name.to_owned(), id.to_owned());
    let deleted = shared.store.write(move |db| {
        find(db, &name)?;
        let deleted = match id.parse() {
            Ok(id) => table::layer::delete_version(db, &name, id)?,
            Err(_) => false,
        };
        if deleted {
            Ok(())
        } else {
            Err(no_layer_version(&name, &id))
        }
    });
    deleted.await?;
    shared.packages.change();
    Ok(nothing())
}

/// `PutLayerACL`: by `acl` (1 or 0), or by `public` in the older form; neither makes it private.
pub(super) async fn permit(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let public = match call.param("acl") {
        Some("1") => true,
        Some("0") => false,
        Some(_) => return Err(FcError::invalid("acl must be 0 or 1")),
        None => flag(call, "public")?.unwrap_or(false),
    };
    let name = name.to_owned();
    let changed = shared.store.write(move |db| {
        let mut layer = find(db, &name)?;
        layer.public = public;
        Ok::<_, FcError>(table::layer::save(db, &layer)?)
    });
    changed.await?;
    Ok(nothing())
}

/// A layer that has versions.
fn find(db: &rusqlite::Connection, name: &str) -> Outcome<Layer> {
    let is_there = !table::layer::versions(db, name, 0, 1)?.is_empty();
    let found = table::layer::find(db, name)?.filter(|_| is_there);
    found.ok_or_else(|| no_layer(name))
}

fn show(shared: &Shared, layer: &Layer, version: &LayerVersion) -> Json {
    let arn = shared.home.arn(&layer.name, version.id);
    let location = shared.links.url(&version.package.sha256, shared.now_ms());
    version.show(layer, &arn, &location)
}

/// A parameter that is true or false, however a client spells that.
fn flag(call: &Call, name: &str) -> Outcome<Option<bool>> {
    let text = call.param(name).map(str::to_ascii_lowercase);
    match text.as_deref() {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(FcError::invalid(format!("{name} must be true or false"))),
    }
}
