//! Messages: sent, published, received, looked at, hidden, deleted.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use wire::xml::{Document, Element};

use super::queue;
use crate::body::Reply;
use crate::mns::call::Call;
use crate::mns::error::{MnsError, Outcome};
use crate::mns::model::{Address, Handle, Letter, VISIBILITY};
use crate::mns::post::Posted;
use crate::mns::reply;
use crate::mns::service::Shared;
use crate::mns::table::message::{self, Message, Next};

/// Messages of a batch at most.
const BATCH: i64 = 16;
/// Seconds that a call may wait for a message at most.
const WAIT: (i64, i64) = (0, 30);

/// `SendMessage`, `BatchSendMessage`: all of a batch, or nothing.
pub(in crate::mns) async fn send(shared: &Arc<Shared>, call: &Call, queue: &str) -> Outcome<Reply> {
    let document = call.document(&["Message", "Messages"])?;
    let is_batch = document.name == "Messages";
    let letters: Vec<Letter> = if is_batch {
        batch(&document, "Message")?
            .iter()
            .map(Letter::of_queue)
            .collect::<Outcome<_>>()?
    } else {
        vec![Letter::of_queue(&document)?]
    };
    let to = Address::Queue(queue.to_owned());
    let room = Arc::clone(shared);
    let write = shared.store.write(move |db| {
        let posted = letters.iter().map(|letter| room.post(db, &to, letter));
        posted.collect::<Outcome<Vec<Posted>>>()
    });
    let posted = write.await?;
    if let Some(first) = posted.first() {
        shared.committed(first);
    }
    let document = match &posted[..] {
        [one] if !is_batch => write_posted(reply::document("Message"), one),
        all => reply::document("Messages").each(all, |document, one| {
            write_posted(document.open("Message"), one).close()
        }),
    };
    Ok(reply::xml(StatusCode::CREATED, document))
}

/// `PublishMessage`.
pub(in crate::mns) async fn publish(
    shared: &Arc<Shared>,
    call: &Call,
    topic: &str,
) -> Outcome<Reply> {
    let letter = Letter::of_topic(&call.document(&["Message"])?)?;
    let to = Address::Topic(topic.to_owned());
    let room = Arc::clone(shared);
    let write = shared.store.write(move |db| room.post(db, &to, &letter));
    let posted = write.await?;
    shared.committed(&posted);
    let document = write_posted(reply::document("Message"), &posted);
    Ok(reply::xml(StatusCode::CREATED, document))
}

fn write_posted(document: Document, posted: &Posted) -> Document {
    document
        .leaf("MessageId", &posted.message_id)
        .leaf("MessageBodyMD5", &posted.digest)
        .optional("ReceiptHandle", posted.handle.as_deref())
}

/// The items of a batch: at least one, and not too many.
fn batch<'d>(document: &'d Element, each: &str) -> Outcome<&'d [Element]> {
    let most = usize::try_from(BATCH).unwrap_or_default();
    let all = &document.children[..];
    if let Some(other) = all.iter().find(|one| one.name != each) {
        return Err(MnsError::schema(&other.name));
    }
    if all.is_empty() || all.len() > most {
        return Err(MnsError::range(&document.name, (1, BATCH), ""));
    }
    Ok(all)
}

/// `ReceiveMessage`, `BatchReceiveMessage`: waits for a message as long as the call or the queue says, by the cloud's clock.
pub(in crate::mns) async fn receive(
    shared: &Arc<Shared>,
    call: &Call,
    queue: &str,
) -> Outcome<Reply> {
    let most = call.number("numOfMessages", (1, BATCH))?;
    let is_batch = most.is_some();
    let patience = call.number("waitseconds", WAIT)?;
    let begun = shared.now();
    let mut moved = shared.clock.moved();
    let mut rung = None;
    loop {
        moved.mark_unchanged();
        let (name, now) = (queue.to_owned(), shared.now());
        let look = shared.store.read(move |db| {
            let found = queue::find(db, &name)?;
            Ok::<_, MnsError>((found, message::next(db, &name, now)?))
        });
        let (found, next) = look.await?;
        if next == Next::Now {
            let most = usize::try_from(most.unwrap_or(1)).unwrap_or(1);
            let received = take(shared, queue, most).await?;
            if !received.is_empty() {
                return Ok(show(&received, is_batch, write_received));
            }
        }
        let until = begun + patience.unwrap_or(found.attributes.polling) * 1000;
        if until <= now || shared.closing.is_cancelled() {
            return Err(MnsError::no_message());
        }
        let Some(rung) = &mut rung else {
            // What comes between this look and the next one is heard of.
            rung = Some(shared.bells.hear(queue));
            continue;
        };
        let wake = match next {
            Next::At(at) => at.min(until),
            Next::Now | Next::Never => until,
        };
        let wait = Duration::from_millis(u64::try_from(wake - shared.now()).unwrap_or_default());
        tokio::select! {
            () = shared.closing.cancelled() => {}
            _ = rung.changed() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Receives what there is now, in a task of its own: what was begun is finished, also when the client leaves.
async fn take(shared: &Arc<Shared>, queue: &str, most: usize) -> Outcome<Vec<Message>> {
    let taking = take_now(Arc::clone(shared), queue.to_owned(), most);
    match tokio::spawn(taking).await {
        Ok(received) => received,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}

/// What was received as often as it may be goes to the dead letters first.
async fn take_now(shared: Arc<Shared>, name: String, most: usize) -> Outcome<Vec<Message>> {
    let room = Arc::clone(&shared);
    let write = shared.store.write(move |db| {
        let found = queue::find(db, &name)?;
        let now = room.now();
        let buried = room.bury(db, &found, now)?;
        Ok::<_, MnsError>((message::receive(db, &found, now, most)?, buried))
    });
    let (received, buried) = write.await?;
    if let Some(to) = buried {
        shared.bells.ring(&to);
    }
    if !received.is_empty() {
        // When these become dead letters may be the next moment that matters.
        shared.bell.notify_one();
    }
    Ok(received)
}

/// `PeekMessage`, `BatchPeekMessage`: what could be received now.
pub(in crate::mns) async fn peek(shared: &Arc<Shared>, call: &Call, queue: &str) -> Outcome<Reply> {
    let most = call.number("numOfMessages", (1, BATCH))?;
    let (name, now) = (queue.to_owned(), shared.now());
    let read = shared.store.read(move |db| {
        let found = queue::find(db, &name)?;
        let most = usize::try_from(most.unwrap_or(1)).unwrap_or(1);
        Ok::<_, MnsError>(message::visible(db, &found.name, now, most)?)
    });
    let seen = read.await?;
    if seen.is_empty() {
        return Err(MnsError::no_message());
    }
    Ok(show(&seen, most.is_some(), write_content))
}

fn show(
    messages: &[Message],
    is_batch: bool,
    write: impl Fn(Document, &Message) -> Document,
) -> Reply {
    let document = match messages {
        [one] if !is_batch => write(reply::document("Message"), one),
        all => reply::document("Messages").each(all, |document, one| {
            write(document.open("Message"), one).close()
        }),
    };
    reply::xml(StatusCode::OK, document)
}

fn write_received(document: Document, message: &Message) -> Document {
    let document = document
        .leaf("ReceiptHandle", &message.handle().show())
        .leaf("NextVisibleTime", &message.visible_ms.to_string());
    write_content(document, message)
}

fn write_content(document: Document, message: &Message) -> Document {
    let digest = wire::digest::md5_hex_upper(message.body.as_bytes());
    let first = message.first_dequeue_ms.unwrap_or_default();
    let document = document
        .leaf("MessageId", &message.id)
        .leaf("MessageBody", &message.body)
        .leaf("MessageBodyMD5", &digest)
        .leaf("EnqueueTime", &message.enqueued_ms.to_string())
        .leaf("FirstDequeueTime", &first.to_string())
        .leaf("DequeueCount", &message.dequeues.to_string())
        .leaf("Priority", &message.priority.to_string());
    message.extra.write(document)
}

/// `DeleteMessage`: by the handle of the last receipt, before the message is visible again.
pub(in crate::mns) async fn delete(
    shared: &Arc<Shared>,
    call: &Call,
    queue: &str,
) -> Outcome<Reply> {
    let handle = Handle::read(call.param("ReceiptHandle").unwrap_or_default())?;
    let (name, room) = (queue.to_owned(), Arc::clone(shared));
    let write = shared.store.write(move |db| {
        queue::find(db, &name)?;
        let held = message::held(db, &name, &handle, room.now())?;
        let held = held.ok_or_else(MnsError::no_message)?;
        Ok::<_, MnsError>(message::delete(db, &held)?)
    });
    write.await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `BatchDeleteMessage`: those that can be are deleted; the others are named.
pub(in crate::mns) async fn delete_many(
    shared: &Arc<Shared>,
    call: &Call,
    queue: &str,
) -> Outcome<Reply> {
    let document = call.optional_document(&["ReceiptHandles"])?;
    let document = document
        .ok_or_else(|| MnsError::bad("MissingReceiptHandle", "ReceiptHandle is required."))?;
    let handles: Vec<String> = batch(&document, "ReceiptHandle")?
        .iter()
        .map(|one| one.text.trim().to_owned())
        .collect();
    let (name, room) = (queue.to_owned(), Arc::clone(shared));
    let write = shared.store.write(move |db| {
        queue::find(db, &name)?;
        let mut failed = Vec::new();
        for text in handles {
            let held = match Handle::read(&text) {
                Ok(handle) => {
                    message::held(db, &name, &handle, room.now())?.ok_or_else(MnsError::no_message)
                }
                Err(error) => Err(error),
            };
            match held {
                Ok(held) => message::delete(db, &held)?,
                Err(error) => failed.push((text, error)),
            }
        }
        Ok::<_, MnsError>(failed)
    });
    let failed = write.await?;
    if failed.is_empty() {
        return Ok(reply::empty(StatusCode::NO_CONTENT));
    }
    let document = reply::document("Errors").each(&failed, |document, (handle, error)| {
        document
            .open("Error")
            .leaf("ErrorCode", &error.code)
            .leaf("ErrorMessage", &error.message)
            .leaf("ReceiptHandle", handle)
            .close()
    });
    Ok(reply::xml(StatusCode::NOT_FOUND, document))
}

/// `ChangeMessageVisibility`: hides a message until so many seconds from now, by a new handle; 0 shows it at once.
pub(in crate::mns) async fn change_visibility(
    shared: &Arc<Shared>,
    call: &Call,
    queue: &str,
) -> Outcome<Reply> {
    let handle = call
        .param("ReceiptHandle")
        .ok_or_else(|| MnsError::bad("MissingReceiptHandle", "ReceiptHandle is required."))?;
    let handle = Handle::read(handle)?;
    let seconds = call.number("VisibilityTimeout", (0, VISIBILITY.1))?;
    let seconds = seconds.ok_or_else(|| {
        MnsError::bad("MissingVisibilityTimeout", "VisibilityTimeout is required.")
    })?;
    let (name, room) = (queue.to_owned(), Arc::clone(shared));
    let write = shared.store.write(move |db| {
        queue::find(db, &name)?;
        let now = room.now();
        let held = message::held(db, &name, &handle, now)?;
        let mut held = held.ok_or_else(MnsError::no_message)?;
        message::hide(db, &mut held, now + seconds * 1000)?;
        Ok::<_, MnsError>(held)
    });
    let held = write.await?;
    shared.bells.ring(queue);
    shared.bell.notify_one();
    let document = reply::document("ChangeVisibility")
        .leaf("ReceiptHandle", &held.handle().show())
        .leaf("NextVisibleTime", &held.visible_ms.to_string());
    Ok(reply::xml(StatusCode::OK, document))
}
