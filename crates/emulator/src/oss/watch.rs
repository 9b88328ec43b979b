//! Who hears of changed objects, inside the transaction that changes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::call::Call;
use super::error::Outcome;
use super::service::Shared;
use super::table::object;
use crate::identity::random_hex;

/// One change of an object.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    /// As the vendor calls it, such as `ObjectCreated:PutObject`.
    pub(crate) name: &'static str,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    /// Of a removed object: what it was.
    pub(crate) size: u64,
    /// Bytes that the bucket holds more than before.
    pub(crate) delta: i64,
    /// Upper-case hex, without quotes.
    pub(crate) etag: &'a str,
    pub(crate) request_id: &'a str,
    /// Milliseconds of the cloud's time.
    pub(crate) now_ms: i64,
}

/// Somebody who hears of changes.
pub(crate) trait Watch: Send + Sync {
    /// Takes note in the same transaction: both are durable, or neither is. Says whether there was anything to note.
    fn changed(&self, db: &Connection, change: &Change<'_>) -> rusqlite::Result<bool>;

    /// A change that it took note of is durable.
    fn committed(&self);
}

/// What one call tells of its changes.
pub(super) struct Herald {
    watch: Option<Arc<dyn Watch>>,
    request_id: String,
    now_ms: i64,
    told: Arc<AtomicBool>,
}

impl Herald {
    pub(super) fn new(oss: &Shared, call: &Call) -> Self {
        Self {
            watch: oss.watch.get().cloned(),
            request_id: call.request_id.clone(),
            now_ms: oss.now(),
            told: Arc::clone(&call.told),
        }
    }

    /// For what another room of this cloud changes.
    pub(super) fn of_room(oss: &Shared) -> Self {
        Self {
            watch: oss.watch.get().cloned(),
            request_id: random_hex::<12>(),
            now_ms: oss.now(),
            told: Arc::default(),
        }
    }

    /// Says, once the change is durable, whether anybody took note of it.
    pub(super) fn told(&self) -> impl Fn() -> bool + use<> {
        let told = Arc::clone(&self.told);
        move || told.load(Ordering::Acquire)
    }

    /// Size and tag of what is about to be replaced or removed; not looked for when nobody wants to know.
    pub(super) fn former(
        &self,
        db: &Connection,
        bucket: &str,
        key: &str,
    ) -> Outcome<Option<(u64, String)>> {
        if self.watch.is_none() {
            return Ok(None);
        }
        let found = object::find(db, bucket, key)?;
        Ok(found.map(|object| (object.size, object.etag)))
    }

    /// Tells of an object that is new or has new content.
    pub(super) fn created(
        &self,
        db: &Connection,
        (name, bucket, key): (&'static str, &str, &str),
        (size, etag): (u64, &str),
        former: Option<&(u64, String)>,
    ) -> Outcome<()> {
        let before = former.map_or(0, |(size, _)| *size);
        let delta = size.cast_signed() - before.cast_signed();
        self.tell(db, (name, bucket, key), (size, delta, etag))
    }

    /// Tells of an object that is gone.
    pub(super) fn removed(
        &self,
        db: &Connection,
        what: (&'static str, &str, &str),
        former: Option<&(u64, String)>,
    ) -> Outcome<()> {
        match former {
            Some((size, etag)) => self.tell(db, what, (*size, -size.cast_signed(), etag)),
            None => Ok(()),
        }
    }

    fn tell(
        &self,
        db: &Connection,
        (name, bucket, key): (&'static str, &str, &str),
        (size, delta, etag): (u64, i64, &str),
    ) -> Outcome<()> {
        let Some(watch) = &self.watch else {
            return Ok(());
        };
        let change = Change {
            name,
            bucket,
            key,
            size,
            delta,
            etag,
            request_id: &self.request_id,
            now_ms: self.now_ms,
        };
        if watch.changed(db, &change)? {
            self.told.store(true, Ordering::Release);
        }
        Ok(())
    }
}
