//! Queues: made, shown, changed, listed, deleted.

use std::sync::Arc;

use http::StatusCode;
use rusqlite::Connection;

use crate::body::Reply;
use crate::mns::call::Call;
use crate::mns::error::{MnsError, Outcome};
use crate::mns::model::{Attributes, Named, Queue, check_name};
use crate::mns::reply;
use crate::mns::service::Shared;
use crate::mns::table::queue;

/// `CreateQueue`: one that is there with the same attributes is left as it is.
pub(in crate::mns) async fn create(
    shared: &Arc<Shared>,
    call: &Call,
    name: &str,
) -> Outcome<Reply> {
    check_name(Named::Queue, name)?;
    let attributes = Attributes::default();
    let attributes = match call.optional_document(&["Queue"])? {
        Some(document) => attributes.changed(&document)?,
        None => attributes,
    };
    let now = shared.now();
    let wanted = Queue {
        name: name.to_owned(),
        attributes,
        created_ms: now,
        modified_ms: now,
    };
    let write = shared.store.write(move |db| {
        match queue::find(db, &wanted.name)? {
            Some(found) if found.attributes == wanted.attributes => return Ok(false),
            Some(_) => {
                return Err(MnsError::taken(
                    "QueueAlreadyExist",
                    "The queue you want to create is already exist.",
                ));
            }
            None => {}
        }
        check_dead_letters(db, &wanted)?;
        queue::save(db, &wanted)?;
        Ok(true)
    });
    let is_new = write.await?;
    Ok(reply::made(is_new, &url(&call.host, name)))
}

/// Dead letters go to another queue that is there.
fn check_dead_letters(db: &Connection, queue: &Queue) -> Outcome<()> {
    let Some(dead) = queue.attributes.dead_letters() else {
        return Ok(());
    };
    if dead.queue == queue.name {
        return Err(MnsError::invalid(
            "The value of DeadLetterTargetQueue cannot be the queue itself.",
        ));
    }
    match queue::find(db, &dead.queue)? {
        Some(_) => Ok(()),
        None => Err(MnsError::no_queue(&dead.queue)),
    }
}

/// `SetQueueAttributes`: what the document leaves out stays. Messages keep the retention with which they were sent.
pub(in crate::mns) async fn change(
    shared: &Arc<Shared>,
    call: &Call,
    name: &str,
) -> Outcome<Reply> {
    let document = call.document(&["Queue"])?;
    let (name, now) = (name.to_owned(), shared.now());
    let write = shared.store.write(move |db| {
        let mut queue = find(db, &name)?;
        queue.attributes = queue.attributes.changed(&document)?;
        queue.modified_ms = now;
        check_dead_letters(db, &queue)?;
        Ok::<_, MnsError>(queue::save(db, &queue)?)
    });
    write.await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GetQueueAttributes`.
pub(in crate::mns) async fn get(shared: &Arc<Shared>, name: &str) -> Outcome<Reply> {
    let (name, now) = (name.to_owned(), shared.now());
    let read = shared.store.read(move |db| {
        let queue = find(db, &name)?;
        let counts = queue::counts(db, &name, now)?;
        Ok::<_, MnsError>((queue, counts))
    });
    let (queue, counts) = read.await?;
    let document = queue.write(reply::document("Queue"), counts);
    Ok(reply::xml(
        StatusCode::OK,
        queue.write_dead_letters(document),
    ))
}

/// `ListQueue`; with their attributes when `x-mns-with-meta` says so.
pub(in crate::mns) async fn list(shared: &Arc<Shared>, call: &Call) -> Outcome<Reply> {
    let page = call.page()?;
    let with_meta = call
        .header("x-mns-with-meta")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let (prefix, after, rows, now) = (
        page.prefix.clone(),
        page.after.clone(),
        page.rows(),
        shared.now(),
    );
    let read = shared.store.read(move |db| {
        let queues = queue::list(db, (&prefix, &after), rows)?.into_iter();
        let counted = queues.map(|queue| {
            let counts = queue::counts(db, &queue.name, now)?;
            Ok((queue, counts))
        });
        counted.collect::<Outcome<Vec<_>>>()
    });
    let queues = read.await?;
    Ok(page.reply(
        "Queues",
        queues,
        |(queue, _)| &queue.name,
        |document, (queue, counts)| {
            let document = document
                .open("Queue")
                .leaf("QueueURL", &url(&call.host, &queue.name));
            let document = if with_meta {
                queue.write(document, *counts)
            } else {
                document
            };
            document.close()
        },
    ))
}

/// `DeleteQueue`, with its messages.
pub(in crate::mns) async fn delete(shared: &Arc<Shared>, name: &str) -> Outcome<Reply> {
    let own = name.to_owned();
    let write = shared.store.write(move |db| {
        if queue::delete(db, &own)? {
            Ok(())
        } else {
            Err(MnsError::no_queue(&own))
        }
    });
    write.await?;
    shared.bells.ring(name);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// A queue that must be there.
pub(super) fn find(db: &Connection, name: &str) -> Outcome<Queue> {
    queue::find(db, name)?.ok_or_else(|| MnsError::no_queue(name))
}

fn url(host: &str, name: &str) -> String {
    format!("http://{host}/queues/{name}")
}
