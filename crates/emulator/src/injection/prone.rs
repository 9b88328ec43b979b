//! What runs functions, with the failures that were asked for.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use runtime::{Answer, Call, Ended, Fault, FunctionError, InstanceInfo, Language, Reply, Request};
use runtime::{Scale, Spec};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::faults::Faults;
use super::rule::Does;
use crate::clock::Clock;
use crate::function::Run;

/// Another that runs functions, and what goes wrong with it.
pub(crate) struct Prone<R> {
    inner: R,
    faults: Faults,
    clock: Clock,
}

impl<R: Run> Prone<R> {
    /// Runs functions by `inner`.
    pub(crate) fn new(inner: R, faults: Faults, clock: Clock) -> Self {
        Self {
            inner,
            faults,
            clock,
        }
    }

    /// What was asked for of the call; returns when the code's turn has come, if it has one.
    async fn meet(&self, spec: &Spec, is_event: bool) -> Met {
        let Some(does) = self.faults.of_call(&spec.function) else {
            return Met::Code;
        };
        match does {
            Does::LatencyMs(late) => {
                self.clock.pass(Duration::from_millis(late)).await;
                Met::Code
            }
            Does::Kill => Met::CodeAndEnd,
            Does::Throttle => {
                let words = "every instance is busy, as was asked for by a fault";
                Met::Instead(Err(Fault::Throttled(words.to_owned())))
            }
            Does::Error(name) => {
                let message = "this call fails, as was asked for by a fault";
                let payload = json!({ "errorMessage": message, "errorType": name });
                Met::Instead(Ok(raised(payload.to_string(), is_event)))
            }
            Does::Crash => Met::Instead(crashed(is_event)),
        }
    }

    /// Ends the cloud; the code's answer goes with it.
    fn end(&self, answer: Result<Reply, Fault>) -> Result<Reply, Fault> {
        let killed = self.faults.kill();
        killed.map_err(|error| Fault::Protocol(error.to_string()))?;
        answer
    }
}

fn is_event(call: &Call) -> bool {
    matches!(call.request, Request::Event(_))
}

/// What becomes of a call.
enum Met {
    /// The code answers it.
    Code,
    /// The code answers it, and the cloud ends.
    CodeAndEnd,
    /// It comes to this without the code.
    Instead(Result<Reply, Fault>),
}

/// What a call comes to whose instance ends.
fn crashed(is_event: bool) -> Result<Reply, Fault> {
    if is_event {
        let message =
            "Process exited unexpectedly before completing request, as was asked for by a fault";
        let payload = json!({ "errorMessage": message });
        return Ok(raised(payload.to_string(), is_event));
    }
    let words = "the program ended, as was asked for by a fault";
    Err(Fault::Exited(words.to_owned()))
}

/// An error that the code raised. A web server has no such errors: its visitor gets it as a response with status 500.
fn raised(payload: String, is_event: bool) -> Reply {
    if is_event {
        return Reply::Answer(Answer {
            payload: payload.into(),
            error: Some(FunctionError::Unhandled),
            ended: Ended::default(),
        });
    }
    let body = Full::new(Bytes::from(payload)).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let kind = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    Reply::Web {
        response,
        instance: String::new(),
    }
}

#[async_trait]
impl<R: Run> Run for Prone<R> {
    async fn call(&self, spec: &Arc<Spec>, call: Call) -> Result<Reply, Fault> {
        match self.meet(spec, is_event(&call)).await {
            Met::Instead(met) => met,
            Met::Code => self.inner.call(spec, call).await,
            Met::CodeAndEnd => self.end(self.inner.call(spec, call).await),
        }
    }

    async fn call_until(
        &self,
        spec: &Arc<Spec>,
        call: Call,
        stop: CancellationToken,
    ) -> Result<Reply, Fault> {
        let meeting = self.meet(spec, is_event(&call));
        match stop.run_until_cancelled(meeting).await {
            None => Err(Fault::Stopped),
            Some(Met::Instead(met)) => met,
            Some(Met::Code) => self.inner.call_until(spec, call, stop).await,
            Some(Met::CodeAndEnd) => self.end(self.inner.call_until(spec, call, stop).await),
        }
    }

    async fn check(&self, language: Language) -> Result<(), Fault> {
        self.inner.check(language).await
    }

    async fn check_program(&self, spec: &Arc<Spec>) -> Result<(), Fault> {
        self.inner.check_program(spec).await
    }

    fn reserve(&self, function: &str, instances: Option<u32>) {
        self.inner.reserve(function, instances);
    }

    fn interrupt(&self, function: &str) {
        self.inner.interrupt(function);
    }

    fn keep(&self, spec: &Arc<Spec>, scale: Scale) {
        self.inner.keep(spec, scale);
    }

    fn instances(&self, function: &str) -> Vec<InstanceInfo> {
        self.inner.instances(function)
    }

    fn lack(&self, function: &str, qualifier: &str) -> Option<String> {
        self.inner.lack(function, qualifier)
    }

    fn in_use(&self) -> HashSet<PathBuf> {
        self.inner.in_use()
    }

    async fn retire(&self, function: &str, version: Option<&str>) {
        self.inner.retire(function, version).await;
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
