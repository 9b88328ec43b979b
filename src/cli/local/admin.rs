//! The local cloud's admin API.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use super::{Endpoint, Keys};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::http;

/// How long a local cloud may take to find out whether something can run: engines are asked one after the other.
const RUNTIME_WITHIN: Duration = Duration::from_secs(30);

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
    pub(in crate::cli) async fn ping(&self) -> bool {
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

    /// Whether functions of a runtime can run there: `runs`, and `why` not.
    pub(in crate::cli) async fn runs(&self, runtime: &str) -> Result<Json, Diagnostics> {
        let runtime = wire::escape::strict(runtime);
        let url = format!("{}/_sdev/runtimes?name={runtime}", self.url);
        self.call(self.client.get(url).timeout(RUNTIME_WITHIN))
            .await
    }

    /// Moves its clock forward.
    pub(in crate::cli) async fn advance(&self, by: Duration) -> Result<Json, Diagnostics> {
        let body = json!({ "advance_ms": u64::try_from(by.as_millis()).unwrap_or(u64::MAX) });
        // It answers once everything that comes due on the way has happened.
        let client = http::loopback(Duration::from_secs(2))
            .build()
            .map_err(|e| down(&e.to_string()))?;
        self.call(self.posted(&client, "clock", &body)).await
    }

    /// How far its clock is ahead of the machine's.
    pub(in crate::cli) async fn ahead(&self) -> Result<Duration, Diagnostics> {
        let status = self.status().await?;
        let offset = status["clock"]["offset_ms"].as_u64().unwrap_or_default();
        Ok(Duration::from_millis(offset))
    }

    /// Makes it forget everything.
    pub(in crate::cli) async fn reset(&self) -> Result<Json, Diagnostics> {
        self.post("reset", &json!({})).await
    }

    /// Sets what fails on purpose, in the place of what was set before; calls are counted from nothing.
    pub(in crate::cli) async fn set_faults(&self, rules: &[Json]) -> Result<Json, Diagnostics> {
        self.post("faults", &json!({ "faults": rules })).await
    }

    /// Whether it has something to do at this moment: calls, executions, messages, events. What waits for a later moment or
    /// for a person is nothing to do.
    pub(in crate::cli) async fn is_busy(&self) -> Result<bool, Diagnostics> {
        let url = format!("{}/_sdev/agenda", self.url);
        let agenda = self.call(self.client.get(url)).await?;
        Ok(agenda["busy"] == true)
    }

    /// Since faults were set: how many are in force, how many calls `met` each, and how often functions were called.
    pub(in crate::cli) async fn faults(&self) -> Result<Json, Diagnostics> {
        self.call(self.client.get(format!("{}/_sdev/faults", self.url)))
            .await
    }

    /// Lines that functions wrote, as they come.
    pub(in crate::cli) async fn logs(
        &self,
        query: &[(&str, String)],
    ) -> Result<LogLines, Diagnostics> {
        let pair =
            |(name, value): &(&str, String)| format!("{name}={}", wire::escape::strict(value));
        let query: Vec<String> = query.iter().map(pair).collect();
        // Whoever follows may wait long for the next line.
        let client = http::loopback(Duration::from_secs(2))
            .build()
            .map_err(|e| down(&e.to_string()))?;
        let reply = client
            .get(format!("{}/_sdev/logs?{}", self.url, query.join("&")))
            .header(emulator::ADMIN_TOKEN_HEADER, &self.token)
            .send()
            .await
            .map_err(|e| self.gone(&e))?;
        if !reply.status().is_success() {
            let status = reply.status();
            let text = reply.text().await.map_err(|e| self.gone(&e))?;
            return Err(self.refused(status, text.trim()).into());
        }
        Ok(LogLines {
            reply,
            read: Vec::new(),
        })
    }

    /// Has it end as by `kill -9`; it leaves for its next start which faults are set and how often what was called.
    pub(in crate::cli) async fn kill(&self) -> Result<(), Diagnostics> {
        match self.post("kill", &json!({})).await {
            // It has no time to answer.
            Err(error) if error.iter().any(|d| d.code == code::LOCAL_DOWN) => Ok(()),
            answered => answered.map(drop),
        }
    }

    /// Asks it to end.
    pub(super) async fn stop(&self) -> Result<Json, Diagnostics> {
        self.post("stop", &json!({})).await
    }

    async fn post(&self, call: &str, body: &Json) -> Result<Json, Diagnostics> {
        self.call(self.posted(&self.client, call, body)).await
    }

    fn posted(&self, by: &reqwest::Client, call: &str, body: &Json) -> reqwest::RequestBuilder {
        by.post(format!("{}/_sdev/{call}", self.url))
            .header("content-type", "application/json")
            .body(body.to_string())
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
        // Another program may answer with a whole page.
        let first_line = text.lines().next().unwrap_or_default();
        let said = json["message"].as_str().unwrap_or(first_line);
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

/// Lines that are being received.
pub(in crate::cli) struct LogLines {
    reply: reqwest::Response,
    read: Vec<u8>,
}

impl LogLines {
    /// The next line; nothing at the end.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<Json>, Diagnostics> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                if let Ok(line) = serde_json::from_slice(&line) {
                    return Ok(Some(line));
                }
                continue;
            }
            match self.reply.chunk().await {
                Ok(Some(part)) => self.read.extend(part),
                // A cloud that stops ends what is followed.
                Ok(None) | Err(_) => return Ok(None),
            }
        }
    }
}

fn down(detail: &str) -> Diagnostic {
    Diagnostic::error(code::LOCAL_DOWN, detail).hint("sdev local start")
}
