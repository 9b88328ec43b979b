//! What an instance writes: line by line to the log, and its last bytes to whoever asks.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::Notify;

use super::lock;
use crate::log::{Line, LogSink, Pipe};

/// Bytes of a line at most; a longer one comes in pieces. The vendor's limit.
const LONGEST_LINE: usize = 32 * 1024;
/// Bytes of the tail of a call.
const TAIL: usize = 4 * 1024;
/// How long the end of a call's lines is waited for after its answer.
const DRAIN: Duration = Duration::from_millis(100);
/// What the bootstraps write around a call.
const BEGIN: &str = "FC Invoke Start RequestId: ";
const END: &str = "FC Invoke End RequestId: ";

/// The output of one instance.
pub(super) struct Output {
    log: Arc<dyn LogSink>,
    function: String,
    version: String,
    instance: String,
    /// Whether the process itself writes marks around its calls.
    marks: bool,
    state: Mutex<State>,
    /// Rung at every end of a call.
    ended: Notify,
}

#[derive(Default)]
struct State {
    /// The call that lines belong to, while that is certain.
    request: Option<String>,
    /// Calls under way.
    calls: u32,
    tail: Vec<u8>,
    /// The last lines of all, for explaining an end.
    last: std::collections::VecDeque<String>,
    /// The call whose end was seen last.
    seen: String,
}

impl Output {
    pub(super) fn new(
        log: Arc<dyn LogSink>,
        (function, version, instance): (&str, &str, &str),
        marks: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            log,
            function: function.to_owned(),
            version: version.to_owned(),
            instance: instance.to_owned(),
            marks,
            state: Mutex::default(),
            ended: Notify::new(),
        })
    }

    /// Reads a pipe to its end.
    pub(super) async fn read(self: Arc<Self>, mut from: impl AsyncRead + Unpin, pipe: Pipe) {
        let mut buffer = Vec::with_capacity(8 * 1024);
        while let Ok(read) = from.read_buf(&mut buffer).await {
            if read == 0 {
                break;
            }
            let mut begin = 0;
            while let Some(length) = buffer[begin..].iter().position(|byte| *byte == b'\n') {
                self.line(&buffer[begin..begin + length], pipe);
                begin += length + 1;
            }
            buffer.drain(..begin);
            if buffer.len() >= LONGEST_LINE {
                self.line(&buffer, pipe);
                buffer.clear();
            }
        }
        if !buffer.is_empty() {
            self.line(&buffer, pipe);
        }
    }

    fn line(&self, bytes: &[u8], pipe: Pipe) {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end_matches('\r');
        if let Some(id) = text.strip_prefix(BEGIN).filter(|_| self.marks) {
            self.enter(id);
        }
        self.write(text, pipe);
        if let Some(id) = text.strip_prefix(END).filter(|_| self.marks) {
            self.leave(id);
        }
    }

    fn write(&self, text: &str, pipe: Pipe) {
        let mut state = lock(&self.state);
        if state.calls > 0 || state.request.is_some() {
            state.tail.extend_from_slice(text.as_bytes());
            state.tail.push(b'\n');
            let over = state.tail.len().saturating_sub(TAIL);
            state.tail.drain(..over);
        }
        state.last.push_back(text.to_owned());
        if state.last.len() > 20 {
            state.last.pop_front();
        }
        let request = state.request.clone();
        drop(state);
        self.log.line(Line {
            function: &self.function,
            version: &self.version,
            instance: &self.instance,
            request: request.as_deref(),
            at: SystemTime::now(),
            pipe,
            text,
        });
    }

    /// A call begins: until it ends, lines are its own if it is alone.
    fn enter(&self, id: &str) {
        let mut state = lock(&self.state);
        state.calls += 1;
        state.request = (state.calls == 1).then(|| id.to_owned());
        if state.calls == 1 {
            state.tail.clear();
        }
    }

    fn leave(&self, id: &str) {
        let mut state = lock(&self.state);
        state.calls = state.calls.saturating_sub(1);
        if state.calls == 0 {
            state.request = None;
        }
        id.clone_into(&mut state.seen);
        drop(state);
        self.ended.notify_waiters();
    }

    /// To be called when a call is handed over.
    pub(super) fn begin(&self, id: &str) {
        if !self.marks {
            self.enter(id);
            self.write(&format!("{BEGIN}{id}"), Pipe::Out);
        }
    }

    /// To be called when a call is answered: its last lines.
    pub(super) async fn end(&self, id: &str) -> Bytes {
        if self.marks {
            let _ = tokio::time::timeout(DRAIN, self.drained(id)).await;
        } else {
            self.write(&format!("{END}{id}"), Pipe::Out);
            self.leave(id);
        }
        Bytes::copy_from_slice(&lock(&self.state).tail)
    }

    /// Waits until the end of a call was read from the pipe.
    async fn drained(&self, id: &str) {
        loop {
            let ended = self.ended.notified();
            if lock(&self.state).seen == id {
                return;
            }
            ended.await;
        }
    }

    /// The last lines that were written, for explaining why a process ended.
    pub(super) fn last(&self) -> String {
        let state = lock(&self.state);
        let lines: Vec<&str> = state.last.iter().map(String::as_str).collect();
        lines.join("\n")
    }
}
