//! One fetch for all who want the same thing at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::cache_key::Key;
use super::entry::Entry;
use super::origin::OriginError;

/// The fetches under way.
#[derive(Default)]
pub(super) struct Flights(Mutex<UnderWay>);

/// What those who wait listen to.
type UnderWay = HashMap<Ticket, watch::Receiver<Option<Landing>>>;

/// Who shares a fetch: those who want the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Ticket {
    pub(super) key: Key,
    /// A fetch from before a refresh is not shared with those who come after it.
    pub(super) epoch: u64,
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
}

/// The hope for another's fetch.
pub(super) struct Follow(watch::Receiver<Option<Landing>>);

impl Flights {
    /// Joins the fetch for a ticket, or begins it.
    pub(super) fn board(self: &Arc<Self>, ticket: Ticket) -> Role {
        let mut under_way = self.lock();
        if let Some(flight) = under_way.get(&ticket) {
            return Role::Follow(Follow(flight.clone()));
        }
        let (told, hears) = watch::channel(None);
        under_way.insert(ticket.clone(), hears);
        Role::Lead(Lead {
            flights: Arc::clone(self),
            ticket,
            told,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, UnderWay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Ends the fetch and tells everybody.
    pub(super) fn land(self, landing: Landing) {
        self.told.send_replace(Some(landing));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.ticket);
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

    fn ticket(epoch: u64) -> Ticket {
        Ticket {
            key: Key {
                domain: "d".into(),
                target: "/".into(),
            },
            epoch,
            passes: 0,
        }
    }

    #[tokio::test]
    async fn the_first_leads_and_the_others_follow_until_it_lands() {
        let flights = Arc::new(Flights::default());
        let Role::Lead(lead) = flights.board(ticket(0)) else {
            panic!("nobody leads");
        };
        let Role::Follow(follow) = flights.board(ticket(0)) else {
            panic!("two lead");
        };
        assert!(matches!(flights.board(ticket(1)), Role::Lead(_)));
        lead.land(Landing::Failed(OriginError::TimedOut));
        assert!(matches!(follow.landing().await, Landing::Failed(_)));
        assert!(matches!(flights.board(ticket(0)), Role::Lead(_)));
    }

    #[tokio::test]
    async fn a_leader_that_vanishes_sends_the_others_off_alone() {
        let flights = Arc::new(Flights::default());
        let lead = flights.board(ticket(0));
        let Role::Follow(follow) = flights.board(ticket(0)) else {
            panic!("two lead");
        };
        drop(lead);
        assert!(matches!(follow.landing().await, Landing::Alone));
    }
}
