//! Web requests whose senders do not wait: what is queued of them, and what the function gets when their turn has come.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request};
use runtime::CallBody;

use super::serve::{address, is_server, read_within, whole};
use super::visit::About;
use crate::body::Reply;
use crate::function::error::Outcome;
use crate::function::queue::{Asked, Event, LARGEST, TASK_ID, WebHead};
use crate::function::resolve::Target;
use crate::function::service::Shared;
use crate::function::trace::Origin;

impl Shared {
    /// Queues an admitted request: for a handler as the event that it will get, for a web server as it is.
    pub(super) async fn defer(
        &self,
        target: &Target,
        (parts, about): (Parts, About),
        body: CallBody,
        (asked, origin): (Asked, Option<Origin>),
    ) -> Outcome<Reply> {
        let body = read_within(body, LARGEST).await?;
        let now = self.now_ms();
        let queued = |payload: &[u8]| {
            let (function, qualifier) = (&target.spec.function, &target.spec.identity.qualifier);
            Event::new(&about.request_id, function, qualifier, payload, now)
                .made_for(origin.clone())
        };
        let event = if is_server(target) {
            queued(&body).of_web(head(&parts, &about)?)
        } else {
            queued(&self.event(target, (&parts, &about), &body, now))
        };
        self.accept(event, asked).await
    }

    /// What a function is asked whose queued request's turn has come; `task` is the id of its task, if it is one. What was queued
    /// for a web server comes as an event if the function has become a handler. Nothing if what was kept is damaged.
    pub(in crate::function) fn resumed(
        &self,
        target: &Target,
        (event, head): (&Event, &WebHead),
        task: Option<&str>,
    ) -> Option<runtime::Request> {
        let mut parts = head.parts()?;
        let body = Bytes::copy_from_slice(event.payload());
        if !is_server(target) {
            let about = About {
                request_id: event.request_id().to_owned(),
                host: head.host.clone(),
                source_ip: head.source_ip.clone(),
                target: head.target.clone(),
                base_path: head.base_path.clone(),
            };
            let made = self.event(target, (&parts, &about), &body, event.enqueued_ms());
            return Some(runtime::Request::Event(made));
        }
        if let Some(Ok(id)) = task.map(HeaderValue::try_from) {
            parts.headers.insert(TASK_ID, id);
        }
        Some(runtime::Request::Web {
            request: Request::from_parts(parts, whole(body)),
            base_path: head.base_path.clone(),
        })
    }
}

fn head(parts: &Parts, about: &About) -> Outcome<WebHead> {
    address(&about.target)?;
    Ok(WebHead {
        target: about.target.clone(),
        base_path: about.base_path.clone(),
        host: about.host.clone(),
        source_ip: about.source_ip.clone(),
        ..WebHead::of(parts)
    })
}
