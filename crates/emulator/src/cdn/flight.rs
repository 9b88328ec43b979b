//! One fetch for all who want the same thing at the same time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::cache_key::{Key, KeyRef};
use super::entry::Entry;
use super::origin::OriginError;

/// The fetches under way.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Ticket, Flight>>);

/// Who shares a fetch: those who want the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Ticket {
    pub(super) key: Key,
    /// A request that an origin sent back here must not wait for the fetch that it is part of.
    pub(super) passes: usize,
}

/// How a fetch ended for those who waited.
#[derive(Clone)]
pub(super) enum Landing {
    /// They share the answer.
    Kept(Arc<Entry>),
    /// The answer is for its visitor alone: each fetches for himself.
    Alone,
    /// They share the failure.
    Failed(OriginError),
}

/// What a visitor who misses is to do.
pub(super) enum Role {
    /// Fetch and then land; the others wait for it.
    Lead(Lead),
    /// Wait.
    Follow(Follow),
}

/// The duty to fetch; dropped without landing it sends the others off alone.
pub(super) struct Lead {
    flights: Arc<Flights>,
    ticket: Ticket,
    told: watch::Sender<Option<Landing>>,
    outdated: Arc<AtomicBool>,
}

/// The hope for another's fetch.
pub(super) struct Follow(watch::Receiver<Option<Landing>>);

struct Flight {
    hears: watch::Receiver<Option<Landing>>,
    outdated: Arc<AtomicBool>,
}

impl Flights {
    /// Joins the fetch for a ticket, or begins it.
    pub(super) fn board(self: &Arc<Self>, ticket: Ticket) -> Role {
        let mut under_way = self.lock();
        if let Some(flight) = under_way.get(&ticket) {
            return Role::Follow(Follow(flight.hears.clone()));
        }
        let (told, hears) = watch::channel(None);
        let outdated = Arc::new(AtomicBool::new(false));
        let flight = Flight {
            hears,
            outdated: Arc::clone(&outdated),
        };
        under_way.insert(ticket.clone(), flight);
        Role::Lead(Lead {
            flights: Arc::clone(self),
            ticket,
            told,
            outdated,
        })
    }

    /// Lets nobody else join the fetches of some keys: what they bring may be from before a refresh.
    pub(super) fn outdate(&self, means: impl Fn(KeyRef<'_>) -> bool) {
        self.lock().retain(|ticket, flight| {
            let is_meant = means(ticket.key.as_ref());
            if is_meant {
                flight.outdated.store(true, Ordering::Release);
            }
            !is_meant
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Ticket, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Whether a refresh came since the fetch began.
    pub(super) fn is_outdated(&self) -> bool {
        self.outdated.load(Ordering::Acquire)
    }

    /// Ends the fetch and tells everybody.
    pub(super) fn land(self, landing: Landing) {
        self.told.send_replace(Some(landing));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut under_way = self.flights.lock();
        let known = under_way.get(&self.ticket);
        // After a refresh another fetch may have taken the place.
        if known.is_some_and(|flight| Arc::ptr_eq(&flight.outdated, &self.outdated)) {
            under_way.remove(&self.ticket);
        }
    }
}

impl Follow {
    /// Waits for the end of the fetch.
    pub(super) async fn landing(mut self) -> Landing {
        match self.0.wait_for(Option::is_some).await {
            Ok(landing) => landing.clone().unwrap_or(Landing::Alone),
            Err(_) => Landing::Alone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(target: &str) -> Ticket {
        Ticket {
            key: Key {
                domain: "d".into(),
                target: target.into(),
            },
            passes: 0,
        }
    }

    fn lead(flights: &Arc<Flights>, target: &str) -> Lead {
        match flights.board(ticket(target)) {
            Role::Lead(lead) => lead,
            Role::Follow(_) => panic!("somebody leads already"),
        }
    }

    fn follow(flights: &Arc<Flights>, target: &str) -> Follow {
        match flights.board(ticket(target)) {
            Role::Lead(_) => panic!("nobody leads"),
            Role::Follow(follow) => follow,
        }
    }

    #[tokio::test]
    async fn the_first_leads_and_the_others_follow_until_it_lands() {
        let flights = Arc::new(Flights::default());
        let first = lead(&flights, "/a");
        let second = follow(&flights, "/a");
        drop(lead(&flights, "/b"));
        first.land(Landing::Failed(OriginError::TimedOut));
        assert!(matches!(second.landing().await, Landing::Failed(_)));
        drop(lead(&flights, "/a"));
    }

    #[tokio::test]
    async fn a_leader_that_vanishes_sends_the_others_off_alone() {
        let flights = Arc::new(Flights::default());
        let first = lead(&flights, "/a");
        let second = follow(&flights, "/a");
        drop(first);
        assert!(matches!(second.landing().await, Landing::Alone));
    }

    #[test]
    fn nobody_joins_an_outdated_fetch_and_its_end_does_not_end_the_next() {
        let flights = Arc::new(Flights::default());
        let (old, other) = (lead(&flights, "/a"), lead(&flights, "/b"));
        flights.outdate(|key| key.target == "/a");
        assert!(old.is_outdated() && !other.is_outdated());
        let new = lead(&flights, "/a");
        drop(old);
        follow(&flights, "/a");
        assert!(!new.is_outdated());
    }
}
