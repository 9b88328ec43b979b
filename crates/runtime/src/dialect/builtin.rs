//! Handlers in Python, Node, PHP and Java: frames with a bootstrap that runs inside the interpreter.

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
use super::{Dialect, EVENTS_ONLY, GONE, Outcome, tracing};
use crate::call::{Call, Fault, FunctionError, Request};
use crate::spec::{Command, Hook, Language, Spec};

/// The number under which the answer to `load` is waited for; calls are counted from 1.
const LOAD: u64 = 0;

/// The bootstrap of Java, which is compiled where it runs: names of files and their texts.
pub(crate) const JAVA_SOURCES: [(&str, &str); 6] = [
    ("Bind.java", include_str!("java/Bind.java")),
    ("Bootstrap.java", include_str!("java/Bootstrap.java")),
    ("Code.java", include_str!("java/Code.java")),
    ("Failure.java", include_str!("java/Failure.java")),
    ("Json.java", include_str!("java/Json.java")),
    ("Told.java", include_str!("java/Told.java")),
];

/// The bootstrap of a language: the name of its file and its text.
pub(crate) fn bootstrap(language: Language) -> Option<(&'static str, &'static str)> {
    match language {
        Language::Python(..) => Some(("bootstrap.py", include_str!("python/bootstrap.py"))),
        Language::Node(_) => Some(("bootstrap.cjs", include_str!("node/bootstrap.cjs"))),
        Language::Php => Some(("bootstrap.php", include_str!("php/bootstrap.php"))),
        _ => None,
    }
}

/// The version that the function asks for, which decides what its context has; `python3` is an old one, as it is with the vendor.
fn runtime(language: Language) -> [u8; 2] {
    match language {
        Language::Python(major, minor) => [major, minor],
        Language::Node(major) => [major, 0],
        _ => [0, 0],
    }
}

/// A process with a bootstrap at the other end of a socket.
pub(crate) struct Builtin {
    writer: tokio::sync::Mutex<OwnedWriteHalf>,
    waiting: Arc<Mutex<Waiting>>,
    next: AtomicU64,
    load: Json,
    is_traced: bool,
    initializer: Option<String>,
    pre_stop: Option<String>,
}

/// Who waits for which answer; nothing once the other end is gone.
struct Waiting {
    answers: Option<HashMap<u64, oneshot::Sender<Frame>>>,
    /// Whether the process leaves after what it has answered.
    leaves: bool,
}

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
        let waiting = Arc::new(Mutex::new(Waiting {
            answers: Some(HashMap::new()),
            leaves: false,
        }));
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
                "runtime": runtime(spec.language),
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
                    "jaeger": spec.tracing.as_deref().unwrap_or_default(),
                    "initializerTimeout": spec.initializer.as_ref().map_or(0, |hook| hook.timeout.as_secs()),
                },
            }),
            is_traced: spec.tracing.is_some(),
            initializer,
            pre_stop,
        }
    }

    async fn ask(&self, id: u64, asked: &Frame) -> Result<Frame, Fault> {
        let (sender, receiver) = oneshot::channel();
        let gone = || Fault::Exited(GONE.to_owned());
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting
                .answers
                .as_mut()
                .ok_or_else(gone)?
                .insert(id, sender);
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
            _ => Err(Fault::code(answer.payload)),
        }
    }
}

/// Stops waiting when a call is given up.
struct Forget<'a> {
    waiting: &'a Mutex<Waiting>,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = &mut waiting.answers {
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
        waiting.leaves |= frame.head["last"] == true;
        if let Some(sender) = waiting.answers.as_mut().and_then(|map| map.remove(&id)) {
            let _ = sender.send(frame);
        }
    }
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.answers = None;
}

#[async_trait]
impl Dialect for Builtin {
    async fn ready(&self) -> Result<(), Fault> {
        let answer = self.ask(LOAD, &Frame::of(self.load.clone())).await?;
        match answer.text("error") {
            "" => Ok(()),
            _ => Err(Fault::code(answer.payload)),
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
            return Err(Fault::Protocol(EVENTS_ONLY.to_owned()));
        };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut head = json!({
            "t": "invoke", "id": id, "request": call.request_id, "retries": call.retries,
        });
        let trace = call.trace.as_deref().filter(|_| self.is_traced);
        if let Some(span) = trace.and_then(tracing::span) {
            head["span"] = span.into();
        }
        let asked = Frame { head, payload };
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

    fn is_over(&self) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.leaves || waiting.answers.is_none()
    }
}
