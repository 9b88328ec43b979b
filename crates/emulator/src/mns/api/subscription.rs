//! Subscriptions: made, shown, changed, listed, deleted.

use std::sync::Arc;

use http::StatusCode;
use rusqlite::Connection;

use super::topic;
use crate::body::Reply;
use crate::mns::call::Call;
use crate::mns::error::{MnsError, Outcome};
use crate::mns::model::{Named, Subscription, Terms, check_name};
use crate::mns::reply;
use crate::mns::service::Shared;
use crate::mns::table::subscription;

/// `Subscribe`: one that is there with the same attributes is left as it is.
pub(in crate::mns) async fn create(
    shared: &Arc<Shared>,
    call: &Call,
    (topic, name): (&str, &str),
) -> Outcome<Reply> {
    check_name(Named::Subscription, name)?;
    let now = shared.now();
    let wanted = Subscription {
        topic: topic.to_owned(),
        name: name.to_owned(),
        terms: Terms::read(&call.document(&["Subscription"])?)?,
        created_ms: now,
        modified_ms: now,
    };
    let url = wanted.url(&call.host);
    let write = shared.store.write(move |db| {
        topic::find(db, &wanted.topic)?;
        match subscription::find(db, &wanted.topic, &wanted.name)? {
            Some(found) if found.terms == wanted.terms => Ok(false),
            Some(_) => Err(MnsError::taken(
                "SubscriptionAlreadyExist",
                "The subscription you want to create already exists.",
            )),
            None => {
                subscription::save(db, &wanted)?;
                Ok(true)
            }
        }
    });
    let is_new = write.await?;
    Ok(reply::made(is_new, &url))
}

/// `SetSubscriptionAttributes`: the strategy.
pub(in crate::mns) async fn change(
    shared: &Arc<Shared>,
    call: &Call,
    (topic, name): (&str, &str),
) -> Outcome<Reply> {
    let document = call.document(&["Subscription"])?;
    let (topic, name, now) = (topic.to_owned(), name.to_owned(), shared.now());
    let write = shared.store.write(move |db| {
        let mut found = find(db, &topic, &name)?;
        found.terms = found.terms.changed(&document)?;
        found.modified_ms = now;
        Ok::<_, MnsError>(subscription::save(db, &found)?)
    });
    write.await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GetSubscriptionAttributes`.
pub(in crate::mns) async fn get(
    shared: &Arc<Shared>,
    (topic, name): (&str, &str),
) -> Outcome<Reply> {
    let (topic, name) = (topic.to_owned(), name.to_owned());
    let found = shared.store.read(move |db| find(db, &topic, &name));
    let found = found.await?;
    let document = found.write(reply::document("Subscription"), &shared.account.id);
    Ok(reply::xml(StatusCode::OK, document))
}

/// `ListSubscriptionByTopic`.
pub(in crate::mns) async fn list(shared: &Arc<Shared>, call: &Call, topic: &str) -> Outcome<Reply> {
    let page = call.page()?;
    let (prefix, after, rows) = (page.prefix.clone(), page.after.clone(), page.rows());
    let topic = topic.to_owned();
    let read = shared.store.read(move |db| {
        topic::find(db, &topic)?;
        Ok::<_, MnsError>(subscription::list(db, &topic, (&prefix, &after), rows)?)
    });
    let all = read.await?;
    Ok(page.reply(
        "Subscriptions",
        all,
        |one| &one.name,
        |document, one| {
            document
                .open("Subscription")
                .leaf("SubscriptionURL", &one.url(&call.host))
                .close()
        },
    ))
}

/// `Unsubscribe`: what is on its way there is forgotten.
pub(in crate::mns) async fn delete(
    shared: &Arc<Shared>,
    (topic, name): (&str, &str),
) -> Outcome<Reply> {
    let (topic, name) = (topic.to_owned(), name.to_owned());
    let write = shared.store.write(move |db| {
        find(db, &topic, &name)?;
        subscription::delete(db, &topic, &name)?;
        Ok::<_, MnsError>(())
    });
    write.await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn find(db: &Connection, topic: &str, name: &str) -> Outcome<Subscription> {
    topic::find(db, topic)?;
    let found = subscription::find(db, topic, name)?;
    found.ok_or_else(|| MnsError::no_subscription(name))
}
