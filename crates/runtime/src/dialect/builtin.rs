//! Handlers in Python and Node: frames with a bootstrap that runs inside the interpreter.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;

use super::frame::{self, Frame};
use super::{Dialect, Outcome};
use crate::call::{Call, Fault, FunctionError, Request};
use crate::spec::{Command, Hook, Language, Spec};

/// The number under which the answer to `load` is waited for; calls are counted from 1.
const LOAD: u64 = 0;

/// The bootstrap of a language: the name of its file and its text.
pub(crate) fn bootstrap(language: Language) -> Option<(&'static str, &'static str)> {
    match language {
        Language::Python(..) => Some(("bootstrap.py", include_str!("python/bootstrap.py"))),
        Language::Node(_) => Some(("bootstrap.cjs", include_str!("node/bootstrap.cjs"))),
        _ => None,
    }
}

/// A process with a bootstrap at the other end of a socket.
pub(crate) struct Builtin {
    writer: tokio::sync::Mutex<OwnedWriteHalf>,
    waiting: Arc<Mutex<Waiting>>,
    next: AtomicU64,
    load: Json,
    initializer: Option<String>,
    pre_stop: Option<String>,
}

/// Who waits for which answer; nothing once the other end is gone.
struct Waiting(Option<HashMap<u64, oneshot::Sender<Frame>>>);

impl Builtin {
    /// Speaks over `socket`. `code` and `layers` are where the process sees them, `environment` what it shall have on top
    /// of what it was started with.
    pub(crate) fn new(
        socket: UnixStream,
        spec: &Spec,
        (code, layers): (&Path, &Path),
        environment: &std::collections::BTreeMap<String, String>,
    ) -> Self {
        let (reader, writer) = socket.into_split();
        let waiting = Arc::new(Mutex::new(Waiting(Some(HashMap::new()))));
        tokio::spawn(listen(reader, Arc::clone(&waiting)));
        let handler = |hook: &Option<Hook>| match hook.as_ref().map(|hook| &hook.command) {
            Some(Command::Handler(handler)) => Some(handler.clone()),
            _ => None,
        };
        let identity = &spec.identity;
        let (initializer, pre_stop) = (handler(&spec.initializer), handler(&spec.pre_stop));
        Self {
            writer: tokio::sync::Mutex::new(writer),
            waiting,
            next: AtomicU64::new(LOAD + 1),
            load: json!({
                "t": "load",
                "id": LOAD,
                "handler": spec.handler,
                "initializer": initializer,
                "preStop": pre_stop,
                "code": code,
                "layers": layers,
                "environment": environment,
                "concurrency": spec.concurrency,
                "context": {
                    "function": spec.function,
                    "version": spec.version,
                    "qualifier": identity.qualifier,
                    "memory": spec.memory_mb,
                    "timeout": spec.timeout.as_secs(),
                    "region": identity.region,
                    "account": identity.account,
                    "keyId": identity.access_key_id,
                    "keySecret": identity.access_key_secret,
                    "token": identity.security_token,
                    "logProject": identity.log.0,
                    "logStore": identity.log.1,
                },
            }),
            initializer,
            pre_stop,
        }
    }

    async fn ask(&self, id: u64, asked: &Frame) -> Result<Frame, Fault> {
        let (sender, receiver) = oneshot::channel();
        let gone = || Fault::Exited(GONE.to_owned());
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.0.as_mut().ok_or_else(gone)?.insert(id, sender);
        }
        let _gone = Forget {
            waiting: &self.waiting,
            id,
        };
        let mut writer = self.writer.lock().await;
        frame::write(&mut *writer, asked)
            .await
            .map_err(|_| gone())?;
        drop(writer);
        receiver.await.map_err(|_| gone())
    }

    /// Runs a handler without an event.
    async fn hook(&self, kind: &str, request_id: &str) -> Result<(), Fault> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let asked = Frame::of(json!({ "t": kind, "id": id, "request": request_id }));
        let answer = self.ask(id, &asked).await?;
        match answer.text("error") {
            "" => Ok(()),
            _ => Err(Fault::Start(in_words(&answer.payload))),
        }
    }
}

/// The vendor's JSON of an error as a person reads it.
fn in_words(payload: &[u8]) -> String {
    let error: Json = serde_json::from_slice(payload).unwrap_or_default();
    match (error["errorType"].as_str(), error["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        _ => String::from_utf8_lossy(payload).into_owned(),
    }
}

/// What is said of a process that ended before its answer.
const GONE: &str = "Process exited unexpectedly before completing request";

/// Stops waiting when a call is given up.
struct Forget<'a> {
    waiting: &'a Mutex<Waiting>,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = &mut waiting.0 {
            map.remove(&self.id);
        }
    }
}

/// Hands answers to those who wait, until the other end closes or talks nonsense: then nobody waits any more.
async fn listen(mut reader: OwnedReadHalf, waiting: Arc<Mutex<Waiting>>) {
    while let Ok(Some(frame)) = frame::read(&mut reader).await {
        let Some(id) = frame.head["id"].as_u64() else {
            break;
        };
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiting.0.as_mut().and_then(|map| map.remove(&id)) {
            let _ = sender.send(frame);
        }
    }
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.0 = None;
}

#[async_trait]
impl Dialect for Builtin {
    async fn ready(&self) -> Result<(), Fault> {
        let answer = self.ask(LOAD, &Frame::of(self.load.clone())).await?;
        match answer.text("error") {
            "" => Ok(()),
            _ => Err(Fault::Start(in_words(&answer.payload))),
        }
    }

    async fn initialize(&self, request_id: &str) -> Result<(), Fault> {
        match &self.initializer {
            Some(_) => self.hook("initialize", request_id).await,
            None => Ok(()),
        }
    }

    async fn call(&self, call: Call) -> Result<Outcome, Fault> {
        let Request::Event(payload) = call.request else {
            let message = "this runtime takes events, and was sent a web request";
            return Err(Fault::Protocol(message.to_owned()));
        };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let asked = Frame {
            head: json!({
                "t": "invoke", "id": id, "request": call.request_id, "trace": call.trace, "retries": call.retries,
            }),
            payload,
        };
        let answer = self.ask(id, &asked).await?;
        let error = match answer.text("error") {
            "" => None,
            "handled" => Some(FunctionError::Handled),
            _ => Some(FunctionError::Unhandled),
        };
        Ok(Outcome::Answer {
            payload: answer.payload,
            error,
        })
    }

    async fn pre_stop(&self, request_id: &str) -> Result<(), Fault> {
        match &self.pre_stop {
            Some(_) => self.hook("pre-stop", request_id).await,
            None => Ok(()),
        }
    }
}
