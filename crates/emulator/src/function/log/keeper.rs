//! Takes lines from instances without making them wait, and writes them on a thread of its own.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use runtime::{Line, LogSink, Pipe};
use tokio::sync::broadcast;

use super::file::{LogFile, Record, read};
use super::query::Query;
use crate::clock::Clock;

/// Lines that may wait for the writer. When it cannot keep up, lines are dropped and counted.
const WAITING: usize = 16 * 1024;
/// Lines that a follower may be behind before it misses some.
const BEHIND: usize = 4 * 1024;
/// How long the writer lets lines gather: to wake it for each one would cost whoever writes more than the line itself.
const GATHERING: Duration = Duration::from_millis(2);
/// Open files at most.
const OPEN: usize = 64;

/// The logs of all functions; clones share them.
#[derive(Clone)]
pub(crate) struct Logs(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    clock: Clock,
    sender: Mutex<Option<SyncSender<Message>>>,
    lost: AtomicU64,
    live: broadcast::Sender<Arc<Record>>,
}

enum Message {
    Record(Arc<Record>),
    /// Whoever waits until all that came before is written.
    Flush(SyncSender<()>),
}

impl Logs {
    /// Opens the folder and starts the writer.
    pub(crate) fn open(folder: PathBuf, clock: Clock) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let (sender, receiver) = sync_channel(WAITING);
        let (live, _) = broadcast::channel(BEHIND);
        let place = folder.clone();
        std::thread::Builder::new()
            .name("function-log".to_owned())
            .spawn(move || write(&receiver, &place))?;
        Ok(Self(Arc::new(Shared {
            folder,
            clock,
            sender: Mutex::new(Some(sender)),
            lost: AtomicU64::new(0),
            live,
        })))
    }

    /// The lines that a query asks for, oldest first, the last `most` of them. Blocks.
    pub(crate) fn find(&self, query: &Query, most: usize) -> io::Result<Vec<Record>> {
        self.flush();
        let mut found = std::collections::VecDeque::new();
        read(&self.0.folder.join(&query.function), |record| {
            if query.fits(&record) {
                found.push_back(record);
                if found.len() > most {
                    found.pop_front();
                }
            }
        })?;
        Ok(found.into())
    }

    /// Lines as they come from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<Record>> {
        self.0.live.subscribe()
    }

    /// Deletes the lines of all functions. Blocks.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.flush();
        for entry in std::fs::read_dir(&self.0.folder)? {
            std::fs::remove_dir_all(entry?.path())?;
        }
        Ok(())
    }

    fn flush(&self) {
        let (done, waiting) = sync_channel(1);
        if let Some(sender) = self.sender()
            && sender.send(Message::Flush(done)).is_ok()
        {
            let _ = waiting.recv();
        }
    }

    fn sender(&self) -> Option<SyncSender<Message>> {
        let sender = self.0.sender.lock();
        sender.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LogSink for Logs {
    fn line(&self, line: Line<'_>) {
        let shared = &self.0;
        let since = line.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let machine = i64::try_from(since.as_millis()).unwrap_or_default();
        let offset = i64::try_from(shared.clock.offset().as_millis()).unwrap_or_default();
        let record = |text: &str| Record {
            time: machine.saturating_add(offset),
            function: line.function.to_owned(),
            version: line.version.to_owned(),
            instance: line.instance.to_owned(),
            request: line.request.map(str::to_owned),
            pipe: match line.pipe {
                Pipe::Out => "out",
                Pipe::Err => "err",
            }
            .to_owned(),
            text: text.to_owned(),
        };
        let Some(sender) = self.sender() else { return };
        let lost = shared.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let words = format!("… {lost} lines came too fast and were not kept");
            let _ = sender.try_send(Message::Record(Arc::new(record(&words))));
        }
        let record = Arc::new(record(line.text));
        // Nobody may be following.
        let _ = shared.live.send(Arc::clone(&record));
        if let Err(TrySendError::Full(_)) = sender.try_send(Message::Record(record)) {
            shared.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
    }
}

/// Writes what comes, whole batches at a time. A disk that refuses costs lines and nothing else.
fn write(receiver: &Receiver<Message>, folder: &std::path::Path) {
    let mut files: HashMap<String, LogFile> = HashMap::new();
    while let Ok(first) = receiver.recv() {
        let mut batches: HashMap<String, Vec<u8>> = HashMap::new();
        let mut flushed = Vec::new();
        let rest = receiver.try_iter().take(WAITING);
        for message in std::iter::once(first).chain(rest) {
            match message {
                Message::Record(record) => {
                    let lines = batches.entry(record.function.clone()).or_default();
                    if serde_json::to_writer(&mut *lines, &*record).is_ok() {
                        lines.push(b'\n');
                    }
                }
                Message::Flush(done) => flushed.push(done),
            }
        }
        for (function, lines) in batches {
            if files.len() > OPEN {
                files.clear();
            }
            let place = folder.join(&function);
            if !place.exists() {
                files.remove(&function);
            }
            let file = match files.entry(function) {
                std::collections::hash_map::Entry::Occupied(file) => file.into_mut(),
                std::collections::hash_map::Entry::Vacant(vacant) => match LogFile::open(place) {
                    Ok(file) => vacant.insert(file),
                    Err(_) => continue,
                },
            };
            let _ = file.write(&lines);
        }
        let is_awaited = !flushed.is_empty();
        for done in flushed {
            let _ = done.send(());
        }
        if !is_awaited {
            std::thread::sleep(GATHERING);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn lines_are_kept_found_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::open(folder.path()).unwrap();
        let logs = Logs::open(folder.path().join("log"), clock).unwrap();
        let mut live = logs.follow();
        for (request, text) in [("r1", "one"), ("r1", "two"), ("r2", "three")] {
            logs.line(Line {
                function: "f",
                version: "LATEST",
                instance: "i",
                request: Some(request),
                at: SystemTime::now(),
                pipe: Pipe::Out,
                text,
            });
        }
        let query = Query {
            function: "f".to_owned(),
            request: Some("r1".to_owned()),
            ..Query::default()
        };
        let texts = |most: usize| {
            let found = logs.find(&query, most).unwrap();
            found
                .into_iter()
                .map(|record| record.text)
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(10), ["one", "two"]);
        assert_eq!(texts(1), ["two"]);
        assert!(texts(0).is_empty());
        assert_eq!(live.try_recv().unwrap().text, "one");
        logs.clear().unwrap();
        assert!(texts(10).is_empty());
    }
}
