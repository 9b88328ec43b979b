//! The right to give an instance one call, and the wait for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::Shared;
use super::group::Group;
use super::instance::Instance;
use super::seat::Id;
use crate::call::{BoxError, CallBody, Ended, Fault};

/// A place in an instance.
pub(super) struct Given {
    pub(super) id: Id,
    pub(super) instance: Arc<Instance>,
}

/// A call that waits; it waits no more when this is dropped.
pub(super) struct Waiting {
    group: Arc<Group>,
    shared: Arc<Shared>,
    ticket: Id,
    receiver: oneshot::Receiver<Result<Given, Fault>>,
    is_over: bool,
}

impl Waiting {
    pub(super) fn new(
        group: &Arc<Group>,
        shared: &Arc<Shared>,
        ticket: Id,
        receiver: oneshot::Receiver<Result<Given, Fault>>,
    ) -> Self {
        Self {
            group: Arc::clone(group),
            shared: Arc::clone(shared),
            ticket,
            receiver,
            is_over: false,
        }
    }

    /// What became of it, if that is known within the time.
    pub(super) async fn given(&mut self, within: Duration) -> Option<Result<Given, Fault>> {
        let received = tokio::time::timeout(within, &mut self.receiver)
            .await
            .ok()?;
        self.is_over = true;
        Some(received.unwrap_or(Err(Fault::Removed)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.group.forget(self.ticket);
        // It may have been given meanwhile.
        if let Ok(Ok(given)) = self.receiver.try_recv() {
            self.group.release(&self.shared, &given, Duration::ZERO);
        }
    }
}

/// The right to give an instance one call; given back when dropped.
pub(super) struct Permit {
    given: Given,
    shared: Arc<Shared>,
    group: Arc<Group>,
    begun: Instant,
}

impl Permit {
    pub(super) fn new(shared: Arc<Shared>, group: Arc<Group>, given: Given) -> Self {
        Self {
            given,
            shared,
            group,
            begun: Instant::now(),
        }
    }

    pub(super) fn instance(&self) -> &Arc<Instance> {
        &self.given.instance
    }

    /// Since the call has its place.
    pub(super) fn took(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let took = self.took();
        self.group.release(&self.shared, &self.given, took);
    }
}

/// Keeps an instance busy with a call as long as it lives. Every upgraded response has one in its extensions: whoever takes the
/// connection keeps this as long as the connection lasts.
#[derive(Clone)]
pub struct Busy(#[expect(dead_code, reason = "what it does, it does when dropped")] Arc<Serving>);

/// A call that an instance serves; it ends when this is dropped.
pub(super) struct Serving {
    permit: Permit,
    request_id: String,
    is_over: bool,
}

impl Serving {
    pub(super) fn begin(permit: Permit, request_id: String) -> Self {
        permit.instance().output.begin(&request_id);
        Self {
            permit,
            request_id,
            is_over: false,
        }
    }

    /// The call was stopped: its instance takes no others.
    pub(super) fn dismiss(&self) {
        self.permit.group.dismiss(&self.permit.given);
    }

    /// Says something of the call in its log, after what the code wrote.
    pub(super) fn tell(&self, text: &str) {
        let output = &self.permit.instance().output;
        output.remark_on(&self.request_id, text);
    }

    /// The call was answered: its figures.
    pub(super) async fn end(mut self) -> Ended {
        let took = self.permit.took();
        self.is_over = true;
        self.permit.instance().end(&self.request_id, took).await
    }

    /// Keeps the place until the response's body has been read or given up. A body that takes longer than a call may is cut
    /// off, and the instance with it.
    pub(super) fn hold(self, mut response: http::Response<CallBody>) -> http::Response<CallBody> {
        if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
            response.extensions_mut().insert(Busy(Arc::new(self)));
            return response;
        }
        if response.body().is_end_stream() {
            return response;
        }
        let timeout = self.permit.instance().spec.timeout;
        let left = timeout.saturating_sub(self.permit.took());
        response.map(|body| {
            CallBody::new(Held {
                body,
                until: None,
                left,
                serving: Some(self),
            })
        })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if !self.is_over {
            self.permit.instance().output.finish(&self.request_id);
        }
    }
}

/// A body during which an instance is busy.
struct Held {
    body: CallBody,
    /// Made when the body is waited for the first time: most come at once.
    until: Option<Pin<Box<Sleep>>>,
    left: Duration,
    serving: Option<Serving>,
}

impl Body for Held {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let held = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut held.body).poll_frame(context) {
            if frame.is_none() {
                held.serving = None;
            }
            return Poll::Ready(frame);
        }
        let left = held.left;
        let until = held
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(left)));
        if std::future::Future::poll(until.as_mut(), context).is_pending() {
            return Poll::Pending;
        }
        let Some(serving) = held.serving.take() else {
            return Poll::Ready(None);
        };
        let instance = serving.permit.instance();
        instance.kill();
        serving.tell(&instance.late());
        let fault = Fault::Timeout(instance.spec.timeout);
        Poll::Ready(Some(Err(fault.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
