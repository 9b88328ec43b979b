//! What an instance writes: line by line to the log, and its last bytes to whoever asks.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::sync::Notify;

use super::lock;
use super::source::{LONGEST_LINE, Left, Source};
use crate::log::{Line, LogSink, Pipe};

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

/// Who writes the marks around calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// The process: one of our bootstraps.
    Process,
    /// We do: a web server writes what it likes.
    Ours,
    /// We do, unless the process does: the vendor's Go library writes them since some version.
    Either,
}

/// The output of one instance.
pub(super) struct Output {
    log: Arc<dyn LogSink>,
    function: String,
    version: String,
    instance: String,
    marks: Marks,
    sources: OnceLock<[Source; 2]>,
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
    /// With [`Marks::Either`], the calls whose end is not written yet, and whether the process was seen to write marks.
    begun: Vec<String>,
    is_marked: bool,
    /// Pipes that are read.
    open: usize,
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
        marks: Marks,
    ) -> Arc<Self> {
        Arc::new(Self {
            log,
            function: function.to_owned(),
            version: version.to_owned(),
            instance: instance.to_owned(),
            marks,
            sources: OnceLock::new(),
            state: Mutex::default(),
            ended: Notify::new(),
        })
    }

    /// Reads both pipes to their ends, in the background.
    ///
    /// # Errors
    /// The runtime cannot watch them.
    pub(super) fn follow(self: &Arc<Self>, (out, err): (OwnedFd, OwnedFd)) -> io::Result<()> {
        let out = Source::new(out, Pipe::Out)?;
        let err = Source::new(err, Pipe::Err)?;
        let sources = self.sources.get_or_init(|| [out, err]);
        lock(&self.state).open = sources.len();
        for number in 0..sources.len() {
            let output = Arc::clone(self);
            tokio::spawn(async move {
                if let Some(sources) = output.sources.get() {
                    output.read(&sources[number]).await;
                }
                lock(&output.state).open -= 1;
                output.ended.notify_waiters();
            });
        }
        Ok(())
    }

    async fn read(&self, source: &Source) {
        loop {
            let wait = source.wait(|line| self.line(line, source.pipe));
            let left = if lock(&self.state).rate.dropped > 0 {
                // The count is written although nothing follows.
                let Ok(left) = tokio::time::timeout(SECOND, wait).await else {
                    self.settle();
                    continue;
                };
                left
            } else {
                wait.await
            };
            if left == Left::End {
                break;
            }
            tokio::task::consume_budget().await;
        }
        self.settle();
    }

    /// Reads what was written by now.
    fn catch_up(&self) {
        for source in self.sources.get().into_iter().flatten() {
            let _ = source.take(|line| self.line(line, source.pipe));
        }
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
        let begin = text.strip_prefix(BEGIN);
        // `ID, Error: Unhandled function error`
        let end = text.strip_prefix(END);
        let end = end.map(|rest| rest.split_once(',').map_or(rest, |(id, _)| id));
        match self.marks {
            Marks::Process => {
                begin.inspect(|id| self.enter(id));
                self.write(text, pipe);
                end.inspect(|id| self.leave(id));
            }
            Marks::Ours => self.write(text, pipe),
            Marks::Either => {
                if begin.is_some_and(|id| self.is_begun(id)) {
                    return;
                }
                self.write(text, pipe);
                if let Some(id) = end.filter(|id| self.take_begun(id)) {
                    self.leave(id);
                }
            }
        }
    }

    /// Whether a call's begin is written already; the process, which wrote it now, is known to write marks.
    fn is_begun(&self, id: &str) -> bool {
        let mut state = lock(&self.state);
        let is_begun = state.begun.iter().any(|begun| begun == id);
        state.is_marked |= is_begun;
        is_begun
    }

    /// Takes a call off those whose end is not written; whether it was there.
    fn take_begun(&self, id: &str) -> bool {
        let begun = &mut lock(&self.state).begun;
        let place = begun.iter().position(|begun| begun == id);
        place.map(|place| begun.remove(place)).is_some()
    }

    /// A line of ours, for whoever reads the log.
    pub(super) fn remark(&self, text: &str) {
        self.hand(text, Pipe::Err, None);
    }

    /// The same of one call: who asks for its lines, or for its tail, finds this too.
    pub(super) fn remark_on(&self, request: &str, text: &str) {
        let tail = &mut lock(&self.state).tail;
        tail.extend_from_slice(text.as_bytes());
        tail.push(b'\n');
        self.hand(text, Pipe::Err, Some(request));
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
        if allowed && (self.marks == Marks::Process || !text.starts_with("FC Invoke ")) {
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
        if self.marks == Marks::Process {
            return;
        }
        self.enter(id);
        if self.marks == Marks::Either {
            lock(&self.state).begun.push(id.to_owned());
        }
        self.write(&format!("{BEGIN}{id}"), Pipe::Out);
    }

    /// To be called when a call is answered: its last lines.
    pub(super) async fn end(&self, id: &str) -> Bytes {
        let is_marked = match self.marks {
            Marks::Process => true,
            Marks::Ours => false,
            Marks::Either => lock(&self.state).is_marked,
        };
        if is_marked {
            let _ = tokio::time::timeout(DRAIN, self.drained(id)).await;
        }
        self.finish(id);
        let state = lock(&self.state);
        Bytes::copy_from_slice(&state.tail[state.tail.len().saturating_sub(TAIL)..])
    }

    /// The same without waiting for lines that are on their way.
    pub(super) fn finish(&self, id: &str) {
        let is_open = match self.marks {
            Marks::Process => false,
            Marks::Ours => true,
            Marks::Either => self.take_begun(id),
        };
        if is_open {
            // What the server wrote before it answered is the call's.
            self.catch_up();
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
            if self.is_over(id) {
                return;
            }
            ended.await;
        }
    }

    fn is_over(&self, id: &str) -> bool {
        let state = lock(&self.state);
        match self.marks {
            Marks::Either => state.begun.iter().all(|begun| begun != id),
            _ => state.seen == id,
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
    use std::io::Write as _;

    use super::*;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>, Mutex<Vec<Option<String>>>);

    impl LogSink for Lines {
        fn line(&self, line: Line<'_>) {
            lock(&self.0).push(line.text.to_owned());
            lock(&self.1).push(line.request.map(str::to_owned));
        }
    }

    fn output(lines: &Arc<Lines>, marks: Marks) -> Arc<Output> {
        Output::new(Arc::clone(lines) as _, ("f", "LATEST", "i"), marks)
    }

    /// Pipes that `output` follows, of which one is written to.
    fn pipe(output: &Arc<Output>) -> io::PipeWriter {
        let [(out, to), (err, _)] = [io::pipe().unwrap(), io::pipe().unwrap()];
        output.follow((out.into(), err.into())).unwrap();
        to
    }

    async fn written(text: Vec<u8>) -> Vec<String> {
        let lines = Arc::new(Lines::default());
        let output = output(&lines, Marks::Ours);
        let mut to = pipe(&output);
        let writing = std::thread::spawn(move || to.write_all(&text).unwrap());
        while lock(&output.state).open > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        writing.join().unwrap();
        std::mem::take(&mut lock(&lines.0))
    }

    #[tokio::test]
    async fn what_a_server_wrote_before_it_answered_belongs_to_the_call() {
        let lines = Arc::new(Lines::default());
        let output = output(&lines, Marks::Ours);
        let mut to = pipe(&output);
        for id in ["1", "2"] {
            output.begin(id);
            // The background has had no turn when the answer is there.
            to.write_all(format!("of {id}\n").as_bytes()).unwrap();
            output.finish(id);
        }
        to.write_all(b"of none\n").unwrap();
        drop(to);
        output.drain().await;
        let requests = std::mem::take(&mut *lock(&lines.1));
        let found: Vec<_> = lock(&lines.0).drain(..).zip(requests).collect();
        let of = |text: &str| {
            let found = found.iter().find(|(line, _)| line == text);
            found.and_then(|(_, request)| request.clone())
        };
        assert_eq!(of("of 1").as_deref(), Some("1"));
        assert_eq!(of("of 2").as_deref(), Some("2"));
        assert!(found.contains(&("of none".to_owned(), None)), "{found:?}");
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
    async fn marks_that_the_process_writes_too_are_there_once() {
        for (written, ends) in [
            (
                "FC Invoke Start RequestId: 1\nword\nFC Invoke End RequestId: 1, Error: Unhandled function error\n",
                ", Error: Unhandled function error",
            ),
            ("word\n", ""),
        ] {
            let lines = Arc::new(Lines::default());
            let output = output(&lines, Marks::Either);
            output.begin("1");
            pipe(&output).write_all(written.as_bytes()).unwrap();
            output.drain().await;
            let tail = output.end("1").await;
            let expected =
                format!("FC Invoke Start RequestId: 1\nword\nFC Invoke End RequestId: 1{ends}\n");
            assert_eq!(String::from_utf8_lossy(&tail), expected);
            let lines = std::mem::take(&mut *lock(&lines.0));
            assert_eq!(lines.join("\n") + "\n", expected);
            assert_eq!(lock(&output.state).calls, 0);
        }
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
