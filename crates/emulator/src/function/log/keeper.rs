//! Takes lines from instances without making them wait, and writes them on a thread of its own.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runtime::{Line, LogSink, Pipe};
use tokio::sync::broadcast;

use super::file::{Entry, Link, LogFile, Record, read};
use super::query::Query;
use super::waiting::{Taken, Waiting};
use crate::clock::Clock;
use crate::function::trace::Origin;

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
    waiting: Arc<Waiting>,
    live: broadcast::Sender<Arc<Entry>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.waiting.close();
    }
}

impl Logs {
    /// Opens the folder and starts the writer.
    pub(crate) fn open(folder: PathBuf, clock: Clock) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let waiting = Arc::new(Waiting::default());
        let (live, _) = broadcast::channel(BEHIND);
        let (place, source) = (folder.clone(), Arc::clone(&waiting));
        std::thread::Builder::new()
            .name("function-log".to_owned())
            .spawn(move || write(&source, &place))?;
        Ok(Self(Arc::new(Shared {
            folder,
            clock,
            waiting,
            live,
        })))
    }

    /// The lines that a query asks for, oldest first, the last `most` of them. The query learns which calls were made for which.
    /// Blocks.
    pub(crate) fn find(&self, query: &mut Query, most: usize) -> io::Result<Vec<Record<'static>>> {
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
        let link = Link {
            time: self.time(SystemTime::now()),
            function: function.to_owned(),
            request: request.to_owned(),
            trace: origin.trace.clone(),
            parent: origin.span.clone(),
        };
        self.0.waiting.add_link(&link);
        self.tell(|| Entry::Link(link));
    }

    /// Shows an entry to whoever follows.
    fn tell(&self, entry: impl FnOnce() -> Entry) {
        let live = &self.0.live;
        if live.receiver_count() > 0 {
            // The last of them may just have gone.
            let _ = live.send(Arc::new(entry()));
        }
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
        self.0.waiting.flush(done);
        let _ = waiting.recv();
    }
}

impl LogSink for Logs {
    fn line(&self, line: Line<'_>) {
        let pipe = match line.pipe {
            Pipe::Out => "out",
            Pipe::Err => "err",
        };
        let record = Record {
            time: self.time(line.at),
            function: line.function.into(),
            version: line.version.into(),
            instance: line.instance.into(),
            request: line.request.map(Into::into),
            pipe: pipe.into(),
            text: line.text.into(),
        };
        self.0.waiting.add_record(&record);
        self.tell(|| Entry::Record(record.into_owned()));
    }
}

/// Writes what comes, whole batches at a time. A disk that refuses costs lines and nothing else.
fn write(waiting: &Waiting, folder: &Path) {
    let mut files: HashMap<String, LogFile> = HashMap::new();
    while let Some(Taken { batches, flushed }) = waiting.take() {
        for (function, lines) in batches {
            if files.len() > OPEN {
                files.clear();
            }
            let place = folder.join(&function);
            if !place.exists() {
                files.remove(&function);
            }
            let file = match files.entry(function) {
                Slot::Occupied(file) => file.into_mut(),
                Slot::Vacant(vacant) => match LogFile::open(place) {
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
                .map(|record| record.text.into_owned())
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
            let owned = |record: Record<'_>| {
                (
                    record.text.into_owned(),
                    record.request.unwrap().into_owned(),
                )
            };
            found.into_iter().map(owned).collect::<Vec<_>>()
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
