//! A body that says when it broke off, so that a visitor's fault is told from the server's.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::call::{BoxError, CallBody};

/// See the module.
pub(super) struct Watched {
    body: CallBody,
    broken: Arc<OnceLock<String>>,
}

impl Watched {
    /// Watches a body; the second is filled when it breaks off.
    pub(super) fn watch(body: CallBody) -> (CallBody, Arc<OnceLock<String>>) {
        let broken: Arc<OnceLock<String>> = Arc::default();
        if body.is_end_stream() {
            return (body, broken);
        }
        let watched = Self {
            body,
            broken: Arc::clone(&broken),
        };
        (CallBody::new(watched), broken)
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Err(error)) = &frame {
            // Only the first cause counts.
            let _ = self.broken.set(error.to_string());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
