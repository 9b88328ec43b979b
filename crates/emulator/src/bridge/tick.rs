//! What time brings: messages for streams, and deliveries that are due.

use std::sync::Arc;
use std::time::Duration;

use super::error::{BridgeError, Outcome};
use super::service::Shared;
use super::stream;
use super::table::delivery::{self, Delivery};
use crate::agenda::Agenda;
use crate::store::StoreError;

/// Deliveries that are made side by side.
const SIDE_BY_SIDE: usize = 64;
/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait without looking.
const LONGEST: Duration = Duration::from_hours(1);

/// Makes deliveries until the room closes.
pub(super) async fn work(shared: Arc<Shared>) {
    let mut moved = shared.clock.moved();
    loop {
        let wait = turn(&shared).await.unwrap_or(PAUSE);
        tokio::select! {
            () = shared.closing.cancelled() => return,
            () = shared.bell.notified() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Takes what is ready for streams and begins what is due; how long until something else is.
async fn turn(shared: &Arc<Shared>) -> Outcome<Duration> {
    stream::flow(shared).await?;
    let now = shared.now();
    // Before the rows are read: a delivery that ends in between must not be taken for one that waits.
    let out = shared.out().clone();
    let read = shared.store.read(move |db| {
        // Those that are being made are still rows.
        let due = delivery::due(db, now, 2 * SIDE_BY_SIDE)?;
        Ok::<_, BridgeError>((due, delivery::next_due(db, now)?))
    });
    let (due, next) = read.await?;
    let free = SIDE_BY_SIDE.saturating_sub(out.len());
    let waiting = due.into_iter().filter(|one| !out.contains(&one.id));
    for delivery in waiting.take(free) {
        shared.out().insert(delivery.id);
        tokio::spawn(make(Arc::clone(shared), delivery));
    }
    let next = next.into_iter().chain(shared.sources.next()).min();
    let wait = next.map_or(LONGEST, |next| {
        Duration::from_millis(u64::try_from(next.saturating_sub(now)).unwrap_or_default())
    });
    Ok(wait.min(LONGEST))
}

/// What is delivered, and what is due next.
pub(super) async fn agenda(shared: &Shared) -> Result<Agenda, StoreError> {
    let now = shared.now();
    let read = shared.store.read(move |db| {
        let agenda = Agenda::default()
            .busy(!delivery::due(db, now, 1)?.is_empty())
            .with(now, delivery::next_due(db, now)?);
        Ok::<_, StoreError>(agenda)
    });
    let agenda = read.await?.with(now, shared.sources.next());
    Ok(agenda.busy(!shared.out().is_empty()))
}

/// Makes a delivery and records what came of it.
async fn make(shared: Arc<Shared>, delivery: Delivery) {
    let (id, to) = (delivery.id, delivery.target.id.clone());
    let made = tokio::select! {
        () = shared.closing.cancelled() => Ok(()),
        made = shared.deliver(delivery) => made,
    };
    if made.is_err() {
        tokio::time::sleep(PAUSE).await;
    }
    shared.out().remove(&id);
    shared.sources.ended(&to);
    shared.bell.notify_one();
}
