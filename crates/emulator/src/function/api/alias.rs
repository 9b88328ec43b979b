//! Aliases: made, shown, changed, deleted.

use rusqlite::Connection;
use serde_json::json;

use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::choose::{no_alias, no_version};
use crate::function::error::{FcError, Outcome};
use crate::function::model::{Alias, LATEST, NewAlias};
use crate::function::service::Shared;
use crate::function::table;

pub(super) async fn create(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let alias = call.json::<NewAlias>()?.make(shared.now_ms())?;
    let name = function.to_owned();
    let made = shared.store.write(move |db| {
        check_function(db, &name)?;
        if table::version::alias(db, &name, &alias.name)?.is_some() {
            let message = format!("alias '{}' of function '{name}' already exists", alias.name);
            return Err(FcError::taken("AliasAlreadyExists", message));
        }
        check_versions(db, &name, &alias)?;
        table::version::save_alias(db, &name, &alias)?;
        Ok(alias)
    });
    let made = made.await?;
    shared.resolver.forget(function);
    Ok(shown(&made.show()))
}

pub(super) async fn get(shared: &Shared, function: &str, name: &str) -> Outcome<Reply> {
    let (function, name) = (function.to_owned(), name.to_owned());
    let found = shared.store.read(move |db| find(db, &function, &name));
    Ok(shown(&found.await?.show()))
}

pub(super) async fn list(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let page = call.page()?;
    let function = function.to_owned();
    let all = shared.store.read(move |db| {
        check_function(db, &function)?;
        Ok::<_, FcError>(table::version::aliases(db, &function)?)
    });
    let (aliases, next) = page.cut(all.await?, |alias| &alias.name);
    let aliases: Vec<_> = aliases.iter().map(Alias::show).collect();
    Ok(shown(&match next {
        Some(next) => json!({ "aliases": aliases, "nextToken": next }),
        None => json!({ "aliases": aliases }),
    }))
}

pub(super) async fn update(
    shared: &Shared,
    call: &Call,
    (function, name): (&str, &str),
) -> Outcome<Reply> {
    let by: NewAlias = call.json()?;
    let (own, of, now_ms) = (name.to_owned(), function.to_owned(), shared.now_ms());
    let changed = shared.store.write(move |db| {
        let alias = find(db, &of, &own)?.updated(by, now_ms)?;
        check_versions(db, &of, &alias)?;
        table::version::save_alias(db, &of, &alias)?;
        Ok::<_, FcError>(alias)
    });
    let changed = shared.moving((function, name), changed).await?;
    Ok(shown(&changed.show()))
}

pub(super) async fn delete(shared: &Shared, function: &str, name: &str) -> Outcome<Reply> {
    let (of, own) = (function.to_owned(), name.to_owned());
    let deleted = shared.store.write(move |db| {
        find(db, &of, &own)?;
        Ok::<_, FcError>(table::version::delete_alias(db, &of, &own)?)
    });
    shared.moving((function, name), deleted).await?;
    Ok(nothing())
}

impl Shared {
    /// Makes a change of where an alias leads: what was kept ready for it is let go, and what it leads to now is kept instead.
    async fn moving<T>(
        &self,
        (function, alias): (&str, &str),
        change: impl Future<Output = Outcome<T>>,
    ) -> Outcome<T> {
        let before = self.resolver.main(function, alias).await;
        let changed = change.await?;
        self.resolver.forget(function);
        if let Ok(before) = before {
            self.run.keep(&before.spec, runtime::Scale::default());
        }
        self.enforce_kept(function, alias).await;
        Ok(changed)
    }
}

fn check_function(db: &Connection, function: &str) -> Outcome<()> {
    match table::function::find(db, function)? {
        Some(_) => Ok(()),
        None => Err(no_function(function)),
    }
}

fn check_versions(db: &Connection, function: &str, alias: &Alias) -> Outcome<()> {
    for id in alias.versions().filter(|id| *id != LATEST) {
        if table::version::find(db, function, id)?.is_none() {
            return Err(no_version(function, id));
        }
    }
    Ok(())
}

fn find(db: &Connection, function: &str, name: &str) -> Outcome<Alias> {
    check_function(db, function)?;
    table::version::alias(db, function, name)?.ok_or_else(|| no_alias(function, name))
}
