//! How a stream takes messages out of its queue.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::Connection;

use super::model::{Batches, Flow, Step, Stream};
use super::{batch, message};
use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::model::{Event, Target};
use crate::bridge::pattern::Pattern;
use crate::bridge::service::Shared;
use crate::bridge::table::batch::{self as rows, Batch};
use crate::bridge::table::delivery;
use crate::identity::{random_hex, request_uuid};
use crate::mns::{Held, Hold, Ready};

/// Takes what is ready for streams, and makes deliveries of it.
pub(in crate::bridge) async fn flow(shared: &Arc<Shared>) -> Outcome<()> {
    if shared.sources.take_change()
        && let Err(error) = reload(shared).await
    {
        shared.sources.change();
        return Err(error);
    }
    let now = shared.now();
    for stream in shared.sources.due(now) {
        let looked = look(shared, &stream).await;
        let next = looked.as_ref().map_or(Some(now), |next| *next);
        if let Some(next) = next {
            shared.sources.look(stream.name(), next);
        }
        looked?;
    }
    Ok(())
}

/// Reads which streams run. Messages of batches of others go back into their queues, unless they are being delivered now.
async fn reload(shared: &Arc<Shared>) -> Outcome<()> {
    let room = Arc::clone(shared);
    let read = shared.store.read(move |db| {
        let streams = room.running(db)?;
        let names: HashSet<&str> = streams.iter().map(Stream::name).collect();
        let mut orphans = rows::all(db)?;
        orphans.retain(|batch| !names.contains(batch.stream.as_str()));
        Ok::<_, BridgeError>((streams, orphans))
    });
    let (streams, mut orphans) = read.await?;
    shared.sources.set(streams);
    let out = shared.out().clone();
    orphans.retain(|batch| !out.contains(&batch.delivery));
    if orphans.is_empty() {
        return Ok(());
    }
    let room = Arc::clone(shared);
    let write = shared.store.write(move |db| {
        let given = orphans.iter().map(|one| batch::give_back(&room, db, one));
        given.collect::<Outcome<Vec<String>>>()
    });
    for queue in write.await? {
        shared.mns.ring(&queue);
    }
    Ok(())
}

impl Shared {
    /// The streams that are on, and have not stopped after an error.
    pub(super) fn running(&self, db: &Connection) -> Outcome<Vec<Stream>> {
        let Some(watch) = self.watch.get() else {
            return Ok(Vec::new());
        };
        let stopped = rows::stopped(db)?;
        let mut streams = watch.streams(db)?;
        streams.retain(|stream| !stopped.contains(stream.name()));
        Ok(streams)
    }
}

/// Takes what is ready for a stream; when it is to be looked at again.
async fn look(shared: &Arc<Shared>, stream: &Arc<Stream>) -> Outcome<Option<i64>> {
    let (of, now) = (Arc::clone(stream), shared.now());
    let read = shared.store.read(move |db| {
        let ready = Ready::of(db, &of.queue, (now, of.most()))?;
        let under_way = rows::count(db, of.name())?;
        Ok::<_, BridgeError>(of.step(ready, under_way, now))
    });
    match read.await? {
        Step::Rest => Ok(None),
        Step::Look(at) => Ok(Some(at)),
        Step::Take => {
            let (room, of) = (Arc::clone(shared), Arc::clone(stream));
            let write = shared.store.write(move |db| take(&room, db, &of, now));
            if let Some(buried) = write.await? {
                shared.mns.ring(&buried);
            }
            // There may be more.
            Ok(Some(now))
        }
    }
}

/// One transaction: messages, and the deliveries of those that the stream wants. The queue that got dead letters.
fn take(shared: &Shared, db: &Connection, stream: &Stream, now_ms: i64) -> Outcome<Option<String>> {
    if rows::stopped(db)?.contains(stream.name()) {
        return Ok(None);
    }
    let held = shared.mns.hold(db, &stream.queue, (now_ms, stream.most()));
    let (held, buried) = held.map_err(|error| BridgeError::failed(error.message))?;
    // It was read when the trigger was made.
    let pattern = Pattern::read(&stream.to.pattern)?;
    let request_id = random_hex::<12>();
    let events = held.into_iter().map(|one| {
        let by = (stream, &shared.origin);
        let event = message::event(by, &one, &request_id, shared.clock.now());
        let is_wanted = pattern.fits(event.attributes());
        (one, Some(event).filter(|_| is_wanted))
    });
    match &stream.flow {
        Flow::Each(_) => each(shared, db, stream, events)?,
        Flow::Batched(batches) => gather(shared, db, (stream, batches), events)?,
    }
    Ok(buried)
}

/// Each event is kept as one of a bus is, and its message is done with.
fn each(
    shared: &Shared,
    db: &Connection,
    stream: &Stream,
    events: impl Iterator<Item = (Held, Option<Event>)>,
) -> Outcome<()> {
    let target = [target(stream)];
    let mut done = Vec::new();
    for (held, event) in events {
        if let Some(event) = event {
            let trace = request_uuid();
            delivery::add(db, (&trace, &event.text()), &target, shared.now())?;
        }
        done.push(held.hold);
    }
    Ok(Hold::finish(db, &done)?)
}

/// Events become a batch as large as a call may be; messages beyond that go back.
fn gather(
    shared: &Shared,
    db: &Connection,
    (stream, batches): (&Stream, &Batches),
    events: impl Iterator<Item = (Held, Option<Event>)>,
) -> Outcome<()> {
    let (mut items, mut size) = (Vec::<String>::new(), 0);
    let (mut holds, mut unwanted, mut beyond) = (Vec::<Hold>::new(), Vec::new(), Vec::new());
    for (held, event) in events {
        let Some(event) = event else {
            unwanted.push(held.hold);
            continue;
        };
        let item = message::item(&event, batches.raw);
        // In quotes, and a comma.
        let own = serde_json::json!(item).to_string().len() + 1;
        if !beyond.is_empty() || (!items.is_empty() && size + own > stream.largest()) {
            beyond.push(held.hold);
            continue;
        }
        size += own;
        items.push(item);
        holds.push(held.hold);
    }
    Hold::finish(db, &unwanted)?;
    shared.mns.unhold(db, &beyond)?;
    if items.is_empty() {
        return Ok(());
    }
    let trace = request_uuid();
    let document = serde_json::json!(items).to_string();
    let now = shared.now();
    delivery::add(db, (&trace, &document), &[target(stream)], now)?;
    let batch = Batch {
        delivery: db.last_insert_rowid(),
        stream: stream.name().to_owned(),
        queue: stream.queue.clone(),
        holds,
        terms: batches.terms.clone(),
        begun_ms: now,
    };
    Ok(rows::add(db, &batch)?)
}

fn target(stream: &Stream) -> Target {
    let to = &stream.to;
    Target::function(&to.name, (&to.function, &to.qualifier), to.waits)
}
