//! The contract with a place for small objects that several machines reach, and the patience to ask it again.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::StateError;

/// An object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Its key.
    pub key: String,
    /// How long ago it was written, by the place's own clock.
    pub age: Duration,
}

/// Why a place did not do as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub struct ShelfError {
    /// What it said.
    pub said: String,
    /// What to do about it, if known.
    pub hint: Option<String>,
    /// Whether asking again may help. What was asked may have been done nevertheless.
    pub passing: bool,
}

/// A place for small objects. What was written is seen by every later reading, whoever reads.
#[async_trait]
pub trait Shelf: Send + Sync {
    /// Where it is, for people.
    fn name(&self) -> String;

    /// Makes sure that it can be written to; if something had to be made for that, what. A place that is not there is empty.
    async fn prepare(&self) -> Result<Option<String>, ShelfError>;

    /// The objects whose keys begin with `under` and come after `after`, in the order of their keys.
    async fn list(&self, under: &str, after: &str) -> Result<Vec<Shelved>, ShelfError>;

    /// An object's content; `None`: there is none of this key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ShelfError>;

    /// Writes an object, whether there is one or not.
    async fn put(&self, key: &str, content: &[u8]) -> Result<(), ShelfError>;

    /// Writes an object where there is none; `false`: there is one, which stays as it is. Of several at once one succeeds.
    async fn put_new(&self, key: &str, content: &[u8]) -> Result<bool, ShelfError>;

    /// Deletes objects; missing already is success.
    async fn delete(&self, keys: &[String]) -> Result<(), ShelfError>;
}

/// How long a place that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A shelf that is asked again for a while when it does not answer.
#[derive(Clone)]
pub(super) struct Patient {
    shelf: Arc<dyn Shelf>,
    patience: Duration,
    first_pause: Duration,
}

impl fmt::Debug for Patient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shelf.name())
    }
}

impl Patient {
    pub(super) fn new(shelf: Arc<dyn Shelf>) -> Self {
        Self {
            shelf,
            patience: PATIENCE,
            first_pause: FIRST_PAUSE,
        }
    }

    /// The same, in a hurry.
    #[cfg(test)]
    pub(super) fn hasty(shelf: Arc<dyn Shelf>) -> Self {
        Self {
            shelf,
            patience: Duration::from_millis(40),
            first_pause: Duration::from_millis(1),
        }
    }

    pub(super) fn name(&self) -> String {
        self.shelf.name()
    }

    pub(super) async fn prepare(&self) -> Result<Option<String>, StateError> {
        self.ask(|| self.shelf.prepare()).await
    }

    pub(super) async fn list(&self, under: &str, after: &str) -> Result<Vec<Shelved>, StateError> {
        self.ask(|| self.shelf.list(under, after)).await
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        self.ask(|| self.shelf.get(key)).await
    }

    pub(super) async fn put(&self, key: &str, content: &[u8]) -> Result<(), StateError> {
        self.ask(|| self.shelf.put(key, content)).await
    }

    /// `false` may also mean that an earlier try succeeded and its answer was lost.
    pub(super) async fn put_new(&self, key: &str, content: &[u8]) -> Result<bool, StateError> {
        self.ask(|| self.shelf.put_new(key, content)).await
    }

    pub(super) async fn delete(&self, keys: &[String]) -> Result<(), StateError> {
        self.ask(|| self.shelf.delete(keys)).await
    }

    async fn ask<T, F>(&self, question: impl Fn() -> F + Send) -> Result<T, StateError>
    where
        F: Future<Output = Result<T, ShelfError>> + Send,
    {
        let (begun, mut pause) = (Instant::now(), self.first_pause);
        loop {
            match question().await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.passing && begun.elapsed() + pause <= self.patience => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(error) => {
                    return Err(StateError::Shelf {
                        place: self.name(),
                        error,
                    });
                }
            }
        }
    }
}
