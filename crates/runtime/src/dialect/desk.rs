//! Where calls lie until a program fetches them, and where its answers are handed in.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::{Notify, oneshot, watch};

use crate::call::Fault;

/// What a program hands in for a call.
pub(super) type Handed = Result<Bytes, Failed>;

/// Why there is no result.
pub(super) enum Failed {
    /// The code failed: the vendor's JSON of the error.
    Code(Bytes),
    /// What was handed in is no answer.
    Protocol(String),
}

/// A call for the program.
pub(super) struct Sheet {
    /// Its request's id.
    pub(super) id: String,
    /// What it is told with the event.
    pub(super) headers: HeaderMap,
    /// The event.
    pub(super) event: Bytes,
    /// Tells this from another with the same id.
    number: u64,
}

/// How far the program is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stage {
    /// It has not asked for calls.
    Starting,
    /// It has.
    Ready,
    /// It has said that it cannot: the vendor's JSON of the error.
    Failed(Bytes),
}

/// See the module.
pub(super) struct Desk {
    state: Mutex<State>,
    /// Rung when a call is laid out.
    laid: Notify,
    stage: watch::Sender<Stage>,
}

#[derive(Default)]
struct State {
    /// Calls that nobody has fetched.
    laid: VecDeque<Sheet>,
    /// Calls that wait for their answer: request's id, number, who waits.
    waiting: Vec<(String, u64, oneshot::Sender<Handed>)>,
    next: u64,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            laid: Notify::new(),
            stage: watch::Sender::new(Stage::Starting),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lays a call out and waits until its answer is handed in. Given up, it is taken away.
    pub(super) async fn ask(&self, id: &str, headers: HeaderMap, event: Bytes) -> Handed {
        let (sender, receiver) = oneshot::channel();
        let number = {
            let mut state = self.lock();
            state.next += 1;
            let number = state.next;
            state.waiting.push((id.to_owned(), number, sender));
            state.laid.push_back(Sheet {
                id: id.to_owned(),
                headers,
                event,
                number,
            });
            number
        };
        let _taken_away = TakenAway { desk: self, number };
        self.laid.notify_one();
        let lost = |_| Err(Failed::Protocol("the call was taken away".to_owned()));
        receiver.await.unwrap_or_else(lost)
    }

    /// The next call, as soon as there is one.
    pub(super) async fn fetch(&self) -> Sheet {
        self.stage.send_if_modified(|stage| {
            let is_first = *stage == Stage::Starting;
            if is_first {
                *stage = Stage::Ready;
            }
            is_first
        });
        loop {
            let laid = self.laid.notified();
            let sheet = {
                let mut state = self.lock();
                let sheet = state.laid.pop_front();
                if !state.laid.is_empty() {
                    self.laid.notify_one();
                }
                sheet
            };
            if let Some(sheet) = sheet {
                return sheet;
            }
            laid.await;
        }
    }

    /// Takes an answer; whether anybody waits for it.
    pub(super) fn hand_in(&self, id: &str, handed: Handed) -> bool {
        let mut state = self.lock();
        let Some(place) = state.waiting.iter().position(|(waits, ..)| waits == id) else {
            return false;
        };
        let (.., sender) = state.waiting.remove(place);
        sender.send(handed).is_ok()
    }

    /// The program says that it cannot begin.
    pub(super) fn fail(&self, error: Bytes) {
        self.stage.send_replace(Stage::Failed(error));
    }

    /// Waits until the program asks for calls.
    ///
    /// # Errors
    /// It said that it cannot.
    pub(super) async fn ready(&self) -> Result<(), Fault> {
        let mut stage = self.stage.subscribe();
        let reached = stage.wait_for(|stage| *stage != Stage::Starting).await;
        match reached.as_deref() {
            Ok(Stage::Failed(error)) => Err(Fault::code(error.clone())),
            Ok(_) => Ok(()),
            Err(_) => Err(Fault::Exited(super::GONE.to_owned())),
        }
    }
}

/// Takes a call off the desk when nobody waits for it any more.
struct TakenAway<'a> {
    desk: &'a Desk,
    number: u64,
}

impl Drop for TakenAway<'_> {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.laid.retain(|sheet| sheet.number != self.number);
        state
            .waiting
            .retain(|(_, number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn calls_are_fetched_in_order_and_answers_find_who_waits() {
        let desk = Arc::new(Desk::new());
        let ask = |id: &'static str| {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move {
                let handed = desk.ask(id, HeaderMap::new(), id.into()).await;
                handed.ok()
            })
        };
        let (one, two) = (ask("one"), ask("two"));
        let fetched = [desk.fetch().await.id, desk.fetch().await.id];
        assert_eq!(fetched, ["one", "two"]);
        assert!(desk.hand_in("two", Ok("2".into())));
        assert!(desk.hand_in("one", Ok("1".into())));
        assert!(!desk.hand_in("one", Ok("again".into())));
        assert_eq!(one.await.unwrap(), Some("1".into()));
        assert_eq!(two.await.unwrap(), Some("2".into()));
    }

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_is_not_fetched() {
        let desk = Desk::new();
        let given_up = desk.ask("one", HeaderMap::new(), Bytes::new());
        let soon = tokio::time::timeout(std::time::Duration::ZERO, given_up);
        assert!(soon.await.is_err());
        let (fetched, _) = tokio::join!(desk.fetch(), async {
            let second = desk.ask("two", HeaderMap::new(), Bytes::new());
            tokio::time::timeout(std::time::Duration::ZERO, second).await
        });
        assert_eq!(fetched.id, "two");
        assert!(!desk.hand_in("two", Ok(Bytes::new())), "it was given up");
    }

    #[tokio::test]
    async fn a_program_is_ready_when_it_asks_and_never_when_it_cannot() {
        let desk = Desk::new();
        tokio::select! {
            _ = desk.fetch() => panic!("there is no call"),
            ready = desk.ready() => ready.unwrap(),
        }
        desk.fail("{}".into());
        assert!(matches!(desk.ready().await, Err(Fault::Code { .. })));
    }
}
