//! Custom domains: made, shown, changed, deleted.

use serde_json::json;

use super::{nothing, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::model::{Domain, NewDomain};
use crate::function::service::Shared;
use crate::function::table;

pub(super) async fn create(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let mut new: NewDomain = call.json()?;
    let name = new.domain_name.take().unwrap_or_default().to_lowercase();
    let domain = new.make(&name, None, shared.now_ms())?;
    let made = shared.store.write(move |db| {
        if table::domain::find(db, &domain.name)?.is_some() {
            let message = format!("domain name '{}' already exists", domain.name);
            return Err(FcError::taken("DomainNameAlreadyExists", message));
        }
        table::domain::save(db, &domain)?;
        Ok(domain)
    });
    let made = made.await?;
    let reply = shown(&made.show(&shared.account));
    shared.resolver.know_domain(made);
    Ok(reply)
}

pub(super) async fn get(shared: &Shared, name: &str) -> Outcome<Reply> {
    let name = name.to_lowercase();
    let found = shared.store.read(move |db| find(db, &name));
    Ok(shown(&found.await?.show(&shared.account)))
}

pub(super) async fn list(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let page = call.page()?;
    let all = shared
        .store
        .read(|db| Ok::<_, FcError>(table::domain::all(db)?))
        .await?;
    let (domains, next) = page.cut(all, |domain| &domain.name);
    let domains: Vec<_> = domains
        .iter()
        .map(|domain| domain.show(&shared.account))
        .collect();
    Ok(shown(&match next {
        Some(next) => json!({ "customDomains": domains, "nextToken": next }),
        None => json!({ "customDomains": domains }),
    }))
}

pub(super) async fn update(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let by: NewDomain = call.json()?;
    let (name, now) = (name.to_lowercase(), shared.now_ms());
    let changed = shared.store.write(move |db| {
        let before = find(db, &name)?;
        let domain = by.make(&name, Some(&before), now)?;
        table::domain::save(db, &domain)?;
        Ok::<_, FcError>(domain)
    });
    let changed = changed.await?;
    let reply = shown(&changed.show(&shared.account));
    shared.resolver.know_domain(changed);
    Ok(reply)
}

pub(super) async fn delete(shared: &Shared, name: &str) -> Outcome<Reply> {
    let name = name.to_lowercase();
    let wanted = name.clone();
    let deleted = shared.store.write(move |db| {
        find(db, &wanted)?;
        Ok::<_, FcError>(table::domain::delete(db, &wanted)?)
    });
    deleted.await?;
    shared.resolver.forget_domain(&name);
    Ok(nothing())
}

fn find(db: &rusqlite::Connection, name: &str) -> Outcome<Domain> {
    table::domain::find(db, name)?.ok_or_else(|| {
        let message = format!("domain name '{name}' does not exist");
        FcError::missing("DomainNameNotFound", message)
    })
}
