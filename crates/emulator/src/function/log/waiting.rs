//! Lines that wait for the writer, in the form that they have in the files.
//!
//! A line is brought into that form where it comes from: what would be handed to another thread piece by piece costs more to make and
//! to give back than the line costs to write.

use std::collections::HashMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::file::{Link, Record};

/// Lines that may wait. When the writer cannot keep up, lines are dropped and counted.
const MOST: usize = 16 * 1024;

/// What one writer takes from many.
#[derive(Default)]
pub(super) struct Waiting {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    taken: Taken,
    lines: usize,
    lost: u64,
    is_closed: bool,
}

/// What the writer has to do.
#[derive(Default)]
pub(super) struct Taken {
    /// Whole lines by functions.
    pub(super) batches: HashMap<String, Vec<u8>>,
    /// Who waits until it is done.
    pub(super) flushed: Vec<SyncSender<()>>,
}

impl Waiting {
    /// Adds a line, with one before it that tells of those that were lost, if any were.
    pub(super) fn add_record(&self, record: &Record<'_>) {
        self.add(&record.function, record, |state, lost| {
            let text = format!("… {lost} lines came too fast and were not kept");
            let told = Record {
                text: text.into(),
                ..record.clone()
            };
            state.append(&record.function, &told);
        });
    }

    /// Adds that a call was made for another.
    pub(super) fn add_link(&self, link: &Link) {
        self.add(&link.function, link, |state, lost| state.lost = lost);
    }

    fn add(&self, function: &str, line: &impl Serialize, tell_lost: impl FnOnce(&mut State, u64)) {
        let mut state = self.lock();
        if state.lines >= MOST {
            state.lost += 1;
            return;
        }
        let is_first = state.lines == 0;
        let lost = std::mem::take(&mut state.lost);
        if lost > 0 {
            tell_lost(&mut state, lost);
        }
        state.append(function, line);
        drop(state);
        if is_first {
            self.came.notify_one();
        }
    }

    /// Whoever waits at `done` is told when all that came before is written.
    pub(super) fn flush(&self, done: SyncSender<()>) {
        self.lock().taken.flushed.push(done);
        self.came.notify_one();
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.came.notify_one();
    }

    /// Waits for something to do; `None` when nothing will come any more.
    pub(super) fn take(&self) -> Option<Taken> {
        let idle = |state: &mut State| {
            !state.is_closed && state.lines == 0 && state.taken.flushed.is_empty()
        };
        let woken = self.came.wait_while(self.lock(), idle);
        let mut state = woken.unwrap_or_else(PoisonError::into_inner);
        let is_over = state.lines == 0 && state.taken.flushed.is_empty();
        state.lines = 0;
        (!is_over).then(|| std::mem::take(&mut state.taken))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, function: &str, line: &impl Serialize) {
        let batches = &mut self.taken.batches;
        let batch = match batches.get_mut(function) {
            Some(batch) => batch,
            None => batches.entry(function.to_owned()).or_default(),
        };
        let end = batch.len();
        if serde_json::to_writer(&mut *batch, line).is_ok() {
            batch.push(b'\n');
        } else {
            batch.truncate(end);
        }
        self.lines += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(waiting: &Waiting, function: &str, line: &str) {
        waiting.add_record(&Record {
            time: 1,
            function: function.into(),
            version: "LATEST".into(),
            instance: "i".into(),
            request: None,
            pipe: "out".into(),
            text: line.into(),
        });
    }

    fn texts(taken: &Taken, function: &str) -> Vec<String> {
        let lines = taken.batches[function].split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        let records = lines.map(|line| serde_json::from_slice::<Record<'static>>(line).unwrap());
        records.map(|record| record.text.into_owned()).collect()
    }

    #[test]
    fn lines_wait_by_functions_until_they_are_taken() {
        let waiting = Waiting::default();
        for (function, line) in [("f", "one"), ("g", "two"), ("f", "three")] {
            add(&waiting, function, line);
        }
        let taken = waiting.take().unwrap();
        assert_eq!(texts(&taken, "f"), ["one", "three"]);
        assert_eq!(texts(&taken, "g"), ["two"]);
        let (done, told) = std::sync::mpsc::sync_channel(1);
        waiting.flush(done);
        let taken = waiting.take().unwrap();
        assert!(taken.batches.is_empty());
        taken.flushed[0].send(()).unwrap();
        told.recv().unwrap();
        add(&waiting, "f", "last");
        waiting.close();
        assert_eq!(texts(&waiting.take().unwrap(), "f"), ["last"]);
        assert!(waiting.take().is_none());
    }

    #[test]
    fn what_is_too_much_is_counted_and_told_with_the_next_line() {
        let waiting = Waiting::default();
        for _ in 0..MOST + 3 {
            add(&waiting, "f", "word");
        }
        assert_eq!(texts(&waiting.take().unwrap(), "f").len(), MOST);
        waiting.add_link(&Link {
            time: 1,
            function: "f".to_owned(),
            request: "r".to_owned(),
            trace: "t".to_owned(),
            parent: "p".to_owned(),
        });
        waiting.take().unwrap();
        add(&waiting, "f", "next");
        let told = ["… 3 lines came too fast and were not kept", "next"];
        assert_eq!(texts(&waiting.take().unwrap(), "f"), told);
    }
}
