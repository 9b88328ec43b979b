//! The client itself: sends a call, retries included, and reads its JSON.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value as Json;

use super::call::Call;
use crate::provider::alibaba::fault::is_absent;
use crate::provider::alibaba::target::Target;
use crate::provider::alibaba::transport::{Reply, Transport};
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;

/// What a page of a list holds at most.
const PAGE: &str = "100";

/// A client of Function Compute; clones share its connections.
#[derive(Clone)]
pub(in crate::provider::alibaba) struct Fc {
    transport: Arc<Transport>,
}

impl Fc {
    pub(in crate::provider::alibaba) fn new(transport: Arc<Transport>) -> Self {
        Self { transport }
    }

    /// Whom it talks to.
    pub(in crate::provider::alibaba) fn target(&self) -> &Target {
        self.transport.target()
    }

    /// What carries calls.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Makes the call and reads what it answers; an empty answer is an empty object.
    pub(in crate::provider::alibaba) async fn send(
        &self,
        call: &Call,
    ) -> Result<Object, ProviderError> {
        let target = self.target();
        let build = |now| call.build(target, now);
        let reply = self.transport.send(call.action, &build).await?;
        object(call.action, &reply)
    }

    /// The same as [`Fc::send`] without a second try: what the call makes must not be made twice.
    pub(in crate::provider::alibaba) async fn send_once(
        &self,
        call: &Call,
        patience: Duration,
    ) -> Result<Object, ProviderError> {
        object(call.action, &self.once(call, patience).await?)
    }

    /// Everything that a list holds under `key`, page by page.
    pub(in crate::provider::alibaba) async fn list(
        &self,
        call: Call,
        key: &str,
    ) -> Result<Vec<Json>, ProviderError> {
        let call = call.param("limit", PAGE);
        let (mut items, mut token) = (Vec::new(), String::new());
        loop {
            let page = match token.as_str() {
                "" => self.send(&call).await?,
                next => self.send(&call.clone().param("nextToken", next)).await?,
            };
            if let Some(Json::Array(more)) = page.get(key) {
                items.extend(more.iter().cloned());
            }
            match page.get("nextToken").and_then(Json::as_str) {
                // A token that leads back to itself would never end.
                Some(next) if !next.is_empty() && next != token => next.clone_into(&mut token),
                _ => return Ok(items),
            }
        }
    }

    /// Makes the call once and gives what comes back as it is.
    pub(in crate::provider::alibaba) async fn once(
        &self,
        call: &Call,
        patience: Duration,
    ) -> Result<Reply, ProviderError> {
        let target = self.target();
        let build = |now| call.build(target, now);
        let sent = self.transport.send_once(call.action, &build, patience);
        sent.await
    }

    /// What lies at an address that the service gave, whole. The address says itself who may read it.
    pub(in crate::provider::alibaba) async fn download(
        &self,
        action: &str,
        url: &str,
    ) -> Result<Bytes, ProviderError> {
        let url = reqwest::Url::parse(url).map_err(|error| {
            let message = format!("the address that it gave cannot be used: {error}");
            ProviderError::new(ErrorKind::Unexpected, action, message)
        })?;
        let build = |_| Ok(reqwest::Request::new(http::Method::GET, url.clone()));
        Ok(self.transport.send(action, &build).await?.body)
    }

    /// The same as [`Fc::send`]; `None` when what the path names is certainly not there.
    pub(in crate::provider::alibaba) async fn find(
        &self,
        call: &Call,
    ) -> Result<Option<Object>, ProviderError> {
        match self.send(call).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes what the path names; missing already is success.
    pub(in crate::provider::alibaba) async fn remove(
        &self,
        call: &Call,
    ) -> Result<(), ProviderError> {
        self.find(call).await.map(drop)
    }
}

/// The object that a reply holds.
fn object(action: &str, reply: &Reply) -> Result<Object, ProviderError> {
    if reply.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Object::new());
    }
    let unreadable = |why: String| ProviderError {
        request_id: reply.header("x-fc-request-id").map(str::to_owned),
        ..ProviderError::new(
            ErrorKind::Unexpected,
            action,
            format!("the reply cannot be read: {why}"),
        )
    };
    match serde_json::from_slice(&reply.body) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(unreadable("it is no JSON object".to_owned())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}
