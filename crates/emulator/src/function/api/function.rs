//! Functions: made, shown, changed, deleted; their code.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;

use super::package::package;
use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::function::attach::attached;
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::model::{Config, Function, LATEST, NewFunction, Package, Tag, language};
use crate::function::queue;
use crate::function::service::Shared;
use crate::function::table;
use crate::identity::request_uuid;

pub(super) async fn create(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let new: NewFunction = call.json()?;
    let name = new.checked_name()?.to_owned();
    let config = new.config.clone().with_defaults();
    config.check()?;
    can_run(shared, config.runtime.as_deref()).await?;
    let is_container = config.custom_container_config.is_some() && config.is_container();
    let _arrival = shared.packages.arrival().await;
    let code = match &new.code {
        Some(code) => package(shared, code).await?,
        None if is_container => None,
        None => return Err(FcError::invalid("code must not be empty")),
    };
    let now = shared.now_ms();
    let mut function = Function {
        name,
        id: request_uuid().to_lowercase(),
        config,
        code,
        layers: Vec::new(),
        revision: 1,
        published: 0,
        created_ms: now,
        modified_ms: now,
        disabled: false,
        switched: None,
        tags: new.tags.iter().flatten().map(Tag::pair).collect(),
    };
    can_start(shared, &function).await?;
    let home = shared.home.clone();
    let made = shared.store.write(move |db| {
        if table::function::find(db, &function.name)?.is_some() {
            let message = format!("function '{}' already exists", function.name);
            return Err(FcError::taken("FunctionAlreadyExists", message));
        }
        function.layers = attached(db, &home, &function.config, &[])?;
        table::function::save(db, &function)?;
        Ok(function)
    });
    let made = made.await?;
    shared.resolver.forget(&made.name);
    Ok(shown(&made.show(&shared.arn(&made.name, "LATEST"))))
}

pub(super) async fn get(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let qualifier = call.qualifier();
    let function = shared.resolver.function(name, qualifier).await?;
    Ok(shown(&function.show(&shared.arn(name, qualifier))))
}

pub(super) async fn list(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let page = call.page()?;
    let all = shared
        .store
        .read(|db| Ok::<_, FcError>(table::function::all(db)?))
        .await?;
    let runtime = call.param("runtime");
    let fits = |function: &Function| {
        runtime.is_none_or(|wanted| function.config.runtime.as_deref() == Some(wanted))
    };
    let all = all.into_iter().filter(fits);
    let (functions, next) = page.cut(all, |function| &function.name);
    let functions: Vec<_> = functions
        .iter()
        .map(|function| function.show(&shared.arn(&function.name, "LATEST")))
        .collect();
    Ok(shown(&match next {
        Some(next) => json!({ "functions": functions, "nextToken": next }),
        None => json!({ "functions": functions }),
    }))
}

pub(super) async fn update(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let change: NewFunction = call.json()?;
    can_run(shared, change.config.runtime.as_deref()).await?;
    let _arrival = shared.packages.arrival().await;
    let code = match &change.code {
        Some(code) => package(shared, code).await?,
        None => None,
    };
    let (by, home, now) = (change.config, shared.home.clone(), shared.now_ms());
    let (wanted, with) = (name.to_owned(), (by.clone(), code.clone()));
    let draft = shared
        .store
        .read(move |db| changed(db, &wanted, (&with.0, with.1)));
    can_start(shared, &draft.await?).await?;
    let wanted = name.to_owned();
    let changed = shared.store.write(move |db| {
        let mut function = changed(db, &wanted, (&by, code))?;
        function.layers = attached(db, &home, &function.config, &function.layers)?;
        function.revision += 1;
        function.modified_ms = now;
        table::function::save(db, &function)?;
        Ok::<_, FcError>(function)
    });
    let changed = changed.await?;
    shared.resolver.forget(name);
    // What is kept warm runs the old code or configuration until it is told.
    shared.enforce_all_kept(name).await;
    Ok(shown(&changed.show(&shared.arn(name, "LATEST"))))
}

/// Refuses a runtime that this machine cannot run: better said now than to whoever calls the function.
async fn can_run(shared: &Shared, runtime: Option<&str>) -> Outcome<()> {
    match runtime {
        Some(runtime) => Ok(shared.run.check(language(runtime)?).await?),
        None => Ok(()),
    }
}

/// Refuses a function whose program is certainly not here.
async fn can_start(shared: &Shared, function: &Function) -> Outcome<()> {
    let spec = shared.resolver.spec(function, (LATEST, LATEST))?;
    Ok(shared.run.check_program(&Arc::new(spec)).await?)
}

/// A function as it is with a change of its configuration and its code.
fn changed(
    db: &Connection,
    name: &str,
    (by, code): (&Config, Option<Package>),
) -> Outcome<Function> {
    let before = table::function::find(db, name)?;
    let mut function = before.ok_or_else(|| no_function(name))?;
    function.config = function.config.updated(by)?.with_defaults();
    function.config.check()?;
    function.code = code.or(function.code);
    Ok(function)
}

pub(super) async fn delete(shared: &Shared, name: &str) -> Outcome<Reply> {
    let wanted = name.to_owned();
    let deleted = shared.store.write(move |db| {
        if table::function::find(db, &wanted)?.is_none() {
            return Err(no_function(&wanted));
        }
        queue::table::forget(db, &wanted)?;
        Ok::<_, FcError>(table::function::delete(db, &wanted)?)
    });
    deleted.await?;
    shared.resolver.forget(name);
    shared.bridge.changed();
    shared.run.reserve(name, None);
    shared.run.retire(name, None).await;
    Ok(nothing())
}

/// `GetFunctionCode`: where the archive can be fetched.
pub(super) async fn code(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let function = shared.resolver.function(name, call.qualifier()).await?;
    let package = function
        .code
        .as_ref()
        .ok_or_else(|| FcError::invalid("a container has no code package"))?;
    let url = shared.links.url(&package.sha256, shared.now_ms());
    Ok(shown(
        &json!({ "url": url, "checksum": package.crc64.to_string() }),
    ))
}

impl Config {
    fn is_container(&self) -> bool {
        self.runtime.as_deref() == Some("custom-container")
    }
}
