//! Accepts asynchronous calls: what their callers ask for in headers, and the answer when the event is on the disk.

use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Event, tasks};
use crate::body::{Reply, ReplyBody};
use crate::function::error::Outcome;
use crate::function::service::Shared;

/// Bytes of an event, or of a web request's body, at most, when its sender does not wait. The vendor's limit.
pub(crate) const LARGEST: usize = 128 * 1024;
/// The header with the id of a task, in requests and answers. The older edition's `X-Fc-Stateful-Async-Invocation-Id` is not this API's.
pub(crate) const TASK_ID: &str = "x-fc-async-task-id";

/// What a caller who does not wait asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The id that the call's task shall have.
    task: Option<String>,
}

impl Asked {
    /// By the headers of a call; nothing when its caller waits.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let kind = headers.get("x-fc-invocation-type")?;
        if !kind.as_bytes().eq_ignore_ascii_case(b"async") {
            return None;
        }
        let task = headers.get(TASK_ID);
        let task = task.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        Some(Self {
            task: task.filter(|id| !id.is_empty()),
        })
    }
}

impl Shared {
    /// Keeps an event whose caller does not wait: 202 when it is on the disk, with the id of its task.
    pub(in crate::function) async fn accept(&self, event: Event, asked: Asked) -> Outcome<Reply> {
        let kept = self
            .store
            .write(move |db| tasks::accept(db, &event, asked.task.as_deref()));
        let id = kept.await?;
        self.bell.ring();
        let mut reply = Reply::new(ReplyBody::empty());
        *reply.status_mut() = StatusCode::ACCEPTED;
        if let Some(Ok(id)) = id.map(HeaderValue::try_from) {
            reply.headers_mut().insert(TASK_ID, id);
        }
        Ok(reply)
    }
}
