//! Accepts asynchronous calls: what their callers ask for in headers, and the answer when the event is on the disk.

use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Event, tasks};
use crate::body::{Reply, ReplyBody};
use crate::function::error::{FcError, Outcome};
use crate::function::service::Shared;

/// Bytes of an event, or of a web request's body, at most, when its sender does not wait. The vendor's limit.
pub(crate) const LARGEST: usize = 128 * 1024;
/// The header with the id of a task, in requests and answers. The older edition's `X-Fc-Stateful-Async-Invocation-Id` is not this API's.
pub(crate) const TASK_ID: &str = "x-fc-async-task-id";

/// The header that puts a call off, in seconds.
const DELAY: &str = "x-fc-async-delay";
/// Seconds that a call may be put off at most. The vendor's limit ("Deferred invocation of a function"); its pages differ on
/// whether the ends count, and here both do.
const LONGEST_DELAY: u32 = 3600;

/// What a caller who does not wait asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The id that the call's task shall have.
    task: Option<String>,
    /// How long the call is put off, as it was written.
    delay: Option<String>,
}

impl Asked {
    /// By the headers of a call; nothing when its caller waits.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let kind = headers.get("x-fc-invocation-type")?;
        if !kind.as_bytes().eq_ignore_ascii_case(b"async") {
            return None;
        }
        let text = |name: &str| {
            let value = headers.get(name)?;
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            Some(text).filter(|text| !text.is_empty())
        };
        Some(Self {
            task: text(TASK_ID),
            delay: text(DELAY),
        })
    }

    pub(super) fn task(&self) -> Option<&str> {
        self.task.as_deref()
    }

    /// Milliseconds by which the call is put off.
    pub(super) fn delay_ms(&self) -> Outcome<i64> {
        let Some(written) = &self.delay else {
            return Ok(0);
        };
        let seconds = written.trim().parse::<u32>().ok();
        let seconds = seconds.filter(|seconds| *seconds <= LONGEST_DELAY);
        let seconds = seconds.ok_or_else(|| {
            FcError::invalid(format!(
                "{DELAY} {written:?} must be a whole number of seconds from 0 to {LONGEST_DELAY}"
            ))
        })?;
        Ok(i64::from(seconds) * 1000)
    }
}

impl Shared {
    /// Keeps an event whose caller does not wait: 202 when it is on the disk, with the id of its task.
    pub(in crate::function) async fn accept(&self, event: Event, asked: Asked) -> Outcome<Reply> {
        let kept = self
            .store
            .write(move |db| tasks::accept(db, &event, &asked));
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
