//! What an instance writes: line by line to the log, and its last bytes to whoever asks.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::Notify;

use super::lock;
use crate::log::{Line, LogSink, Pipe};

/// Bytes of a line at most; a longer one comes in pieces. The vendor's limit.
const LONGEST_LINE: usize = 32 * 1024;
/// Lines and bytes that are kept of a second; more is counted and left out, so that endless output fills no disk.
const LINES: u32 = 10_000;
const BYTES: usize = 4 * 1024 * 1024;
const SECOND: Duration = Duration::from_secs(1);
/// Lines that explain an end, and bytes of each.
const LAST: usize = 20;
const LAST_BYTES: usize = 1024;
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
    /// Pipes that are read.
    open: u32,
    rate: Rate,
}

/// What was written in the current second.
#[derive(Default)]
struct Rate {
    since: Option<Instant>,
    lines: u32,
    bytes: usize,
    dropped: u64,
}

impl Rate {
    /// Whether a line is kept; and how many were not in the second before, when that is over.
    fn allows(&mut self, bytes: usize, now: Instant) -> (bool, Option<u64>) {
        let mut dropped = None;
        if self.since.is_none_or(|since| now - since >= SECOND) {
            dropped = Some(self.dropped).filter(|dropped| *dropped > 0);
            *self = Self {
                since: Some(now),
                ..Self::default()
            };
        }
        self.lines += 1;
        self.bytes += bytes;
        let allowed = self.lines <= LINES && self.bytes <= BYTES;
        if !allowed {
            self.dropped += 1;
        }
        (allowed, dropped)
    }
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

    /// Reads a pipe to its end, in the background.
    pub(super) fn follow(
        self: &Arc<Self>,
        from: impl AsyncRead + Unpin + Send + 'static,
        pipe: Pipe,
    ) {
        lock(&self.state).open += 1;
        let output = Arc::clone(self);
        tokio::spawn(async move {
            output.read(from, pipe).await;
            lock(&output.state).open -= 1;
            output.ended.notify_waiters();
        });
    }

    async fn read(&self, mut from: impl AsyncRead + Unpin, pipe: Pipe) {
        let mut buffer = Vec::with_capacity(8 * 1024);
        loop {
            let read = if lock(&self.state).rate.dropped > 0 {
                // The count is written although nothing follows.
                let read = tokio::time::timeout(SECOND, from.read_buf(&mut buffer));
                let Ok(read) = read.await else {
                    self.settle();
                    continue;
                };
                read
            } else {
                from.read_buf(&mut buffer).await
            };
            if !read.is_ok_and(|read| read > 0) {
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
        self.settle();
    }

    fn line(&self, bytes: &[u8], pipe: Pipe) {
        if bytes.len() > LONGEST_LINE {
            for piece in bytes.chunks(LONGEST_LINE) {
                self.line(piece, pipe);
            }
            return;
        }
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

    /// A line of ours, for whoever reads the log.
    pub(super) fn remark(&self, text: &str) {
        self.hand(text, Pipe::Err, None);
    }

    /// Writes how many lines were left out, if any were.
    fn settle(&self) {
        let dropped = std::mem::take(&mut lock(&self.state).rate.dropped);
        self.left_out(Some(dropped).filter(|dropped| *dropped > 0));
    }

    fn left_out(&self, dropped: Option<u64>) {
        if let Some(dropped) = dropped {
            self.remark(&format!(
                "{dropped} lines are left out: the instance wrote more than {LINES} lines or {} MB in a second",
                BYTES / 1024 / 1024
            ));
        }
    }

    fn write(&self, text: &str, pipe: Pipe) {
        let mut state = lock(&self.state);
        if state.calls > 0 || state.request.is_some() {
            state.tail.extend_from_slice(text.as_bytes());
            state.tail.push(b'\n');
            if state.tail.len() > 2 * TAIL {
                let over = state.tail.len() - TAIL;
                state.tail.drain(..over);
            }
        }
        let (allowed, dropped) = state.rate.allows(text.len(), Instant::now());
        if allowed && (self.marks || !text.starts_with("FC Invoke ")) {
            if state.last.len() >= LAST {
                state.last.pop_front();
            }
            let end = text.floor_char_boundary(LAST_BYTES);
            state.last.push_back(text[..end].to_owned());
        }
        let request = state.request.clone();
        drop(state);
        self.left_out(dropped);
        if allowed {
            self.hand(text, pipe, request.as_deref());
        }
    }

    fn hand(&self, text: &str, pipe: Pipe, request: Option<&str>) {
        self.log.line(Line {
            function: &self.function,
            version: &self.version,
            instance: &self.instance,
            request,
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
        }
        self.finish(id);
        let state = lock(&self.state);
        Bytes::copy_from_slice(&state.tail[state.tail.len().saturating_sub(TAIL)..])
    }

    /// The same without waiting for lines that are on their way.
    pub(super) fn finish(&self, id: &str) {
        if !self.marks {
            self.write(&format!("{END}{id}"), Pipe::Out);
            self.leave(id);
        }
    }

    /// Waits a moment for the last lines of a process that has ended.
    pub(super) async fn drain(&self) {
        let closed = async {
            loop {
                let ended = self.ended.notified();
                if lock(&self.state).open == 0 {
                    return;
                }
                ended.await;
            }
        };
        let _ = tokio::time::timeout(DRAIN, closed).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl LogSink for Lines {
        fn line(&self, line: Line<'_>) {
            lock(&self.0).push(line.text.to_owned());
        }
    }

    async fn written(text: Vec<u8>) -> Vec<String> {
        let lines = Arc::new(Lines::default());
        let output = Output::new(Arc::clone(&lines) as _, ("f", "LATEST", "i"), false);
        output.read(&text[..], Pipe::Out).await;
        std::mem::take(&mut lock(&lines.0))
    }

    #[tokio::test]
    async fn a_line_without_end_comes_in_pieces() {
        let lines = written([vec![b'x'; 3 * LONGEST_LINE], b"\nend".to_vec()].concat()).await;
        assert!(lines.iter().all(|line| line.len() <= 2 * LONGEST_LINE));
        let all: usize = lines.iter().map(String::len).sum();
        assert_eq!(all, 3 * LONGEST_LINE + 3);
        assert_eq!(lines.last().map(String::as_str), Some("end"));
    }

    #[tokio::test]
    async fn endless_output_is_counted_and_left_out() {
        let lines = written(b"word\n".repeat(50_000)).await;
        let left_out: u64 = lines
            .iter()
            .filter_map(|line| {
                line.split_once(" lines are left out")?
                    .0
                    .parse::<u64>()
                    .ok()
            })
            .sum();
        let kept = lines.iter().filter(|line| *line == "word").count() as u64;
        assert_eq!(kept + left_out, 50_000);
        assert!(left_out > 0);
    }
}
