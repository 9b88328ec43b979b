//! The local cloud's admin API.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use super::{Endpoint, Keys};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::http;

/// A client of one local cloud's admin API.
pub(in crate::cli) struct Admin {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Admin {
    /// A client for this endpoint.
    pub(in crate::cli) fn new(endpoint: &Endpoint, keys: &Keys) -> Result<Self, Diagnostics> {
        let client = http::loopback(Duration::from_secs(2))
            .read_timeout(Duration::from_secs(10))
            .build()
            .map_err(|e| down(&e.to_string()))?;
        Ok(Self {
            client,
            url: endpoint.url.clone(),
            token: emulator::admin_token(keys.secret.reveal()),
        })
    }

    /// Whether a local cloud answers there.
    pub(super) async fn ping(&self) -> bool {
        let reply = self
            .client
            .get(format!("{}/_sdev/ping", self.url))
            .send()
            .await;
        match reply {
            Ok(reply) => reply
                .text()
                .await
                .is_ok_and(|text| text.contains("\"service\":\"sdev\"")),
            Err(_) => false,
        }
    }

    /// What it says of itself.
    pub(in crate::cli) async fn status(&self) -> Result<Json, Diagnostics> {
        self.call(self.client.get(format!("{}/_sdev/status", self.url)))
            .await
    }

    /// Moves its clock forward.
    pub(in crate::cli) async fn advance(&self, by: Duration) -> Result<Json, Diagnostics> {
        let body = json!({ "advance_ms": u64::try_from(by.as_millis()).unwrap_or(u64::MAX) });
        self.post("clock", &body).await
    }

    /// Makes it forget everything.
    pub(in crate::cli) async fn reset(&self) -> Result<Json, Diagnostics> {
        self.post("reset", &json!({})).await
    }

    /// Asks it to end.
    pub(super) async fn stop(&self) -> Result<Json, Diagnostics> {
        self.post("stop", &json!({})).await
    }

    async fn post(&self, call: &str, body: &Json) -> Result<Json, Diagnostics> {
        let request = self.client.post(format!("{}/_sdev/{call}", self.url));
        self.call(
            request
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Result<Json, Diagnostics> {
        let reply = request
            .header(emulator::ADMIN_TOKEN_HEADER, &self.token)
            .send()
            .await
            .map_err(|e| self.gone(&e))?;
        let status = reply.status();
        let text = reply.text().await.map_err(|e| self.gone(&e))?;
        match serde_json::from_str(&text) {
            Ok(json) if status.is_success() => Ok(json),
            _ => Err(self.refused(status, text.trim()).into()),
        }
    }

    /// An answer that is not what was asked for. The cloud runs, so it is not said to be down.
    fn refused(&self, status: StatusCode, text: &str) -> Diagnostic {
        let json: Json = serde_json::from_str(text).unwrap_or_default();
        let said = json["message"].as_str().unwrap_or(text);
        match status {
            StatusCode::BAD_REQUEST => Diagnostic::error(code::USAGE, said),
            StatusCode::FORBIDDEN => {
                let detail = format!("the keys are not those of {}: {said}", self.url);
                Diagnostic::error(code::LOCAL_REFUSED, detail)
            }
            _ => {
                let detail = format!("{} answered {status}: {said}", self.url);
                Diagnostic::error(code::LOCAL_REFUSED, detail)
            }
        }
    }

    fn gone(&self, error: &reqwest::Error) -> Diagnostics {
        down(&format!("{} does not answer ({error})", self.url)).into()
    }
}

fn down(detail: &str) -> Diagnostic {
    Diagnostic::error(code::LOCAL_DOWN, detail).hint("sdev local start")
}
