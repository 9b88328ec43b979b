//! Takes lines from instances without making them wait, and writes them on a thread of its own.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runtime::{Line, LogSink, Pipe};
use tokio::sync::broadcast;

use super::file::{Entry, Link, LogFile, Record, read};
use super::query::Query;
use crate::clock::Clock;
use crate::function::trace::Origin;

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
    live: broadcast::Sender<Arc<Entry>>,
}

enum Message {
    Entry(Arc<Entry>),
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

    /// The lines that a query asks for, oldest first, the last `most` of them. The query learns which calls were made for which.
    /// Blocks.
    pub(crate) fn find(&self, query: &mut Query, most: usize) -> io::Result<Vec<Record>> {
        self.flush();
        if query.is_of_a_request() {
            self.learn(query)?;
        }
        let mut found = Vec::new();
        for function in query.functions() {
            let mut own = VecDeque::new();
            read(&self.0.folder.join(function), |entry| match entry {
                Entry::Record(record) if query.fits(&record) => {
                    own.push_back(record);
                    if own.len() > most {
                        own.pop_front();
                    }
                }
                _ => {}
            })?;
            found.extend(own);
        }
        found.sort_by_key(|record| record.time);
        found.drain(..found.len().saturating_sub(most));
        Ok(found)
    }

    fn learn(&self, query: &mut Query) -> io::Result<()> {
        let mut links = Vec::new();
        for function in query.functions() {
            read(&self.0.folder.join(function), |entry| {
                if let Entry::Link(link) = entry {
                    links.push(link);
                }
            })?;
        }
        // A call is told before those that are made for it.
        links.sort_by_key(|link| link.time);
        for link in &links {
            query.learn(link);
        }
        Ok(())
    }

    /// Keeps that a call of a function was made for another.
    pub(crate) fn link(&self, function: &str, request: &str, origin: &Origin) {
        let Some(sender) = self.sender() else { return };
        let link = Arc::new(Entry::Link(Link {
            time: self.time(SystemTime::now()),
            function: function.to_owned(),
            request: request.to_owned(),
            trace: origin.trace.clone(),
            parent: origin.span.clone(),
        }));
        let _ = self.0.live.send(Arc::clone(&link));
        // As with lines, nobody waits for the disk.
        let _ = sender.try_send(Message::Entry(link));
    }

    /// A time of the machine as milliseconds of the cloud's.
    fn time(&self, at: SystemTime) -> i64 {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let machine = i64::try_from(since.as_millis()).unwrap_or_default();
        let offset = i64::try_from(self.0.clock.offset().as_millis()).unwrap_or_default();
        machine.saturating_add(offset)
    }

    /// Entries as they come from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<Entry>> {
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
        let time = self.time(line.at);
        let record = |text: &str| Record {
            time,
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
            let _ = sender.try_send(Message::Entry(Arc::new(Entry::Record(record(&words)))));
        }
        let record = Arc::new(Entry::Record(record(line.text)));
        // Nobody may be following.
        let _ = shared.live.send(Arc::clone(&record));
        if let Err(TrySendError::Full(_)) = sender.try_send(Message::Entry(record)) {
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
                Message::Entry(entry) => {
                    let lines = batches.entry(entry.function().to_owned()).or_default();
                    if serde_json::to_writer(&mut *lines, &*entry).is_ok() {
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
        let mut query = asked(&[("function", "f"), ("request", "r1")]);
        let mut texts = |most: usize| {
            let found = logs.find(&mut query, most).unwrap();
            found
                .into_iter()
                .map(|record| record.text)
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(10), ["one", "two"]);
        assert_eq!(texts(1), ["two"]);
        assert!(texts(0).is_empty());
        assert!(
            matches!(&*live.try_recv().unwrap(), Entry::Record(record) if record.text == "one")
        );
        logs.clear().unwrap();
        assert!(texts(10).is_empty());
    }

    fn asked(params: &[(&str, &str)]) -> Query {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Query::parse(&params.iter().map(owned).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn an_id_leads_to_the_calls_that_were_made_under_it_and_to_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::open(folder.path()).unwrap();
        let logs = Logs::open(folder.path().join("log"), clock).unwrap();
        let ids = ["a", "b", "c", "d", "e"].map(|digit| digit.repeat(32));
        let [page, stock, depot, other, retried] = ids.each_ref().map(String::as_str);
        let called = |function: &str, id: &str, origin: Option<Origin>| {
            if let Some(origin) = origin {
                logs.link(function, id, &origin);
            }
            logs.line(Line {
                function,
                version: "LATEST",
                instance: "i",
                request: Some(id),
                at: SystemTime::now(),
                pipe: Pipe::Out,
                text: function,
            });
        };
        let from = |trace: &str, span: &str| {
            Some(Origin {
                trace: trace.to_owned(),
                span: span[..16].to_owned(),
            })
        };
        called("page", page, None);
        called("stock", stock, from(page, page));
        called("depot", depot, from(page, stock));
        // Another program's spans lie between a call and those made for it.
        called("depot", retried, from(page, &"9".repeat(16)));
        called("stock", other, None);
        let found = |id: &str| {
            let all = ["page", "stock", "depot"].map(|name| ("function", name));
            let mut query = asked(&[&all[..], &[("request", id)]].concat());
            let found = logs.find(&mut query, 10).unwrap();
            let pair = |record: Record| (record.text, record.request.unwrap());
            found.into_iter().map(pair).collect::<Vec<_>>()
        };
        let pairs = |wanted: &[(&str, &str)]| {
            let owned = |(name, id): &(&str, &str)| ((*name).to_owned(), (*id).to_owned());
            wanted.iter().map(owned).collect::<Vec<_>>()
        };
        let below = [("stock", stock), ("depot", depot)];
        let whole = [&[("page", page)], &below[..], &[("depot", retried)]].concat();
        assert_eq!(found(page), pairs(&whole));
        assert_eq!(found(stock), pairs(&below));
        assert_eq!(found(depot), pairs(&below[1..]));
        assert_eq!(found(other), pairs(&[("stock", other)]));
    }
}
