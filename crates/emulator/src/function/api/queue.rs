//! Asynchronous invocation: an event that is kept and answered.

use http::StatusCode;

use crate::body::{Reply, ReplyBody};
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::queue::{Event, tasks};
use crate::function::service::Shared;

/// Bytes of an event at most, when its sender does not wait. The vendor's limit.
const LARGEST: usize = 128 * 1024;

/// `InvokeFunction` with the type `Async`: 202 when the event is on the disk.
pub(super) async fn enqueue(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let id = call.http.headers.get("x-fc-async-task-id");
    let id = id.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    if call.http.body.len() > LARGEST {
        return Err(FcError::invalid("the event is larger than 128 KB"));
    }
    let qualifier = call.qualifier();
    shared.resolver.target(name, qualifier).await?;
    let now = shared.now_ms();
    let event = Event::new(&call.http.request_id, name, qualifier, &call.http.body, now);
    let kept = shared.store.write(move |db| match id {
        Some(id) => tasks::enqueue_as(db, &event, &id),
        None => Ok(tasks::enqueue(db, &event)?),
    });
    kept.await?;
    shared.bell.ring();
    let mut reply = Reply::new(ReplyBody::empty());
    *reply.status_mut() = StatusCode::ACCEPTED;
    Ok(reply)
}
