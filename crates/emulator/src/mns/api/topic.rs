//! Topics: made, shown, changed, listed, deleted.

use std::sync::Arc;

use http::StatusCode;
use rusqlite::Connection;

use crate::body::Reply;
use crate::mns::call::Call;
use crate::mns::error::{MnsError, Outcome};
use crate::mns::model::{Named, RETENTION_MS, Topic, TopicAttributes, check_name};
use crate::mns::reply;
use crate::mns::service::Shared;
use crate::mns::table::topic;

/// `CreateTopic`: one that is there with the same attributes is left as it is.
pub(in crate::mns) async fn create(
    shared: &Arc<Shared>,
    call: &Call,
    name: &str,
) -> Outcome<Reply> {
    check_name(Named::Topic, name)?;
    let attributes = TopicAttributes::default();
    let attributes = match call.optional_document(&["Topic"])? {
        Some(document) => attributes.changed(&document)?,
        None => attributes,
    };
    let now = shared.now();
    let wanted = Topic {
        name: name.to_owned(),
        attributes,
        created_ms: now,
        modified_ms: now,
    };
    let write = shared
        .store
        .write(move |db| match topic::find(db, &wanted.name)? {
            Some(found) if found.attributes == wanted.attributes => Ok(false),
            Some(_) => Err(MnsError::taken(
                "TopicAlreadyExist",
                "The topic you want to create already exists.",
            )),
            None => {
                topic::save(db, &wanted)?;
                Ok(true)
            }
        });
    let is_new = write.await?;
    Ok(reply::made(is_new, &url(&call.host, name)))
}

/// `SetTopicAttributes`: what the document leaves out stays.
pub(in crate::mns) async fn change(
    shared: &Arc<Shared>,
    call: &Call,
    name: &str,
) -> Outcome<Reply> {
    let document = call.document(&["Topic"])?;
    let (name, now) = (name.to_owned(), shared.now());
    let write = shared.store.write(move |db| {
        let mut topic = find(db, &name)?;
        topic.attributes = topic.attributes.changed(&document)?;
        topic.modified_ms = now;
        Ok::<_, MnsError>(topic::save(db, &topic)?)
    });
    write.await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GetTopicAttributes`.
pub(in crate::mns) async fn get(shared: &Arc<Shared>, name: &str) -> Outcome<Reply> {
    let (name, since) = (name.to_owned(), shared.now() - RETENTION_MS);
    let read = shared.store.read(move |db| {
        let topic = find(db, &name)?;
        let messages = topic::published(db, &name, since)?;
        Ok::<_, MnsError>((topic, messages))
    });
    let (topic, messages) = read.await?;
    let document = topic.write(reply::document("Topic"), messages);
    Ok(reply::xml(StatusCode::OK, document))
}

/// `ListTopic`; with their attributes when `x-mns-with-meta` says so.
pub(in crate::mns) async fn list(shared: &Arc<Shared>, call: &Call) -> Outcome<Reply> {
    let page = call.page()?;
    let with_meta = call
        .header("x-mns-with-meta")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let (prefix, after, rows) = (page.prefix.clone(), page.after.clone(), page.rows());
    let since = shared.now() - RETENTION_MS;
    let read = shared.store.read(move |db| {
        let topics = topic::list(db, (&prefix, &after), rows)?.into_iter();
        let counted = topics.map(|topic| {
            let messages = topic::published(db, &topic.name, since)?;
            Ok((topic, messages))
        });
        counted.collect::<Outcome<Vec<_>>>()
    });
    let topics = read.await?;
    Ok(page.reply(
        "Topics",
        topics,
        |(topic, _)| &topic.name,
        |document, (topic, messages)| {
            let document = document
                .open("Topic")
                .leaf("TopicURL", &url(&call.host, &topic.name));
            let document = if with_meta {
                topic.write(document, *messages)
            } else {
                document
            };
            document.close()
        },
    ))
}

/// `DeleteTopic`, with its subscriptions and what is on its way to them.
pub(in crate::mns) async fn delete(shared: &Arc<Shared>, name: &str) -> Outcome<Reply> {
    let name = name.to_owned();
    let write = shared.store.write(move |db| {
        if topic::delete(db, &name)? {
            Ok(())
        } else {
            Err(MnsError::no_topic(&name))
        }
    });
    write.await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// A topic that must be there.
pub(super) fn find(db: &Connection, name: &str) -> Outcome<Topic> {
    topic::find(db, name)?.ok_or_else(|| MnsError::no_topic(name))
}

fn url(host: &str, name: &str) -> String {
    format!("http://{host}/topics/{name}")
}
