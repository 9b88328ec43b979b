//! What the roster decides, situation by situation.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// What runs, as far as a roster asks.
fn world(concurrency: u32) -> Roster {
    let mut roster = Roster::new();
    roster.concurrency = concurrency;
    roster.idle = Duration::from_mins(3);
    roster
}

fn at(millis: u64) -> Moment {
    let tick = Duration::from_millis(millis);
    Moment {
        tick,
        clock: SystemTime::UNIX_EPOCH + tick,
    }
}

const WIDE: Room = Room {
    reserved: 100,
    machine: 100,
};

/// Starts all that is decided on and lets it arrive at once.
fn run(roster: &mut Roster, next: &mut Id, now: Moment) {
    for action in roster.decide(now, WIDE) {
        if action == Action::Start {
            *next += 1;
            assert!(roster.started(*next, roster.generation(), now));
        }
    }
}

#[test]
fn the_first_call_starts_an_instance_at_once() {
    let mut roster = world(1);
    roster.wait(1, at(0));
    assert_eq!(roster.decide(at(0), WIDE), [Action::Start]);
    assert_eq!(roster.decide(at(500), WIDE), []);
    assert!(roster.started(7, roster.generation(), at(500)));
    let serve = Action::Serve { ticket: 1, seat: 7 };
    assert_eq!(roster.decide(at(500), WIDE), [serve]);
}

#[test]
fn short_calls_wait_and_long_ones_get_instances() {
    for (took, starts) in [(1, 0), (1500, 3)] {
        let (mut roster, mut next) = (world(1), 0);
        roster.scale.min = 1;
        run(&mut roster, &mut next, at(0));
        let seat = roster.take(at(0)).unwrap();
        roster.give(seat, Duration::from_millis(took), at(took));
        roster.take(at(2000)).unwrap();
        for ticket in 1..=3 {
            roster.wait(ticket, at(2000));
        }
        assert_eq!(roster.decide(at(2005), WIDE), []);
        assert_eq!(roster.decide(at(2020), WIDE).len(), starts, "{took} ms");
    }
}

#[test]
fn an_instance_is_not_started_for_what_those_on_their_way_will_serve() {
    let mut roster = world(10);
    for ticket in 0..25 {
        roster.wait(ticket, at(0));
    }
    assert_eq!(roster.decide(at(0), WIDE).len(), 3);
    assert_eq!(roster.decide(at(100), WIDE).len(), 0);
}

#[test]
fn beyond_the_limit_calls_are_refused_and_not_started() {
    let none = Room {
        reserved: 0,
        machine: 100,
    };
    let mut roster = world(1);
    assert!(roster.is_full(none));
    assert!(!roster.is_full(WIDE));
    roster.scale.on_demand = false;
    assert!(roster.is_full(WIDE));
}

#[test]
fn another_revision_takes_calls_and_the_old_instances_finish() {
    let (mut roster, mut next) = (world(1), 0);
    roster.scale.min = 2;
    run(&mut roster, &mut next, at(0));
    let busy = roster.take(at(1)).unwrap();
    let generation = roster.generation();
    roster.scale.min = 0;
    roster.generation += 1;
    for seat in &mut roster.seats {
        seat.is_current = false;
    }
    assert_eq!(roster.take(at(2)), None);
    let idle = if busy == 1 { 2 } else { 1 };
    assert_eq!(roster.decide(at(2), WIDE), [Action::End(idle)]);
    roster.give(busy, Duration::from_millis(5), at(6));
    assert_eq!(roster.decide(at(6), WIDE), [Action::End(busy)]);
    assert!(!roster.started(9, generation, at(7)), "it came too late");
}

#[test]
fn starts_that_fail_again_and_again_are_tried_less_and_less() {
    let mut roster = world(1);
    let (mut now, mut pauses) = (0, Vec::new());
    for _ in 0..12 {
        let failed = now;
        roster.wait(now, at(now));
        while roster.decide(at(now), WIDE).is_empty() {
            assert!(roster.is_broken(at(now)));
            now += 10;
        }
        pauses.push(now - failed);
        assert!(roster.failed(roster.generation(), at(now)));
        roster.waiting.clear();
    }
    assert_eq!(pauses[..4], [0, 0, 200, 400]);
    assert_eq!(pauses.last(), Some(&30_000));
}

#[test]
fn idle_instances_go_but_those_that_are_kept() {
    let (mut roster, mut next) = (world(1), 0);
    roster.scale.min = 3;
    run(&mut roster, &mut next, at(0));
    roster.scale.min = 1;
    assert!(roster.sweep(at(179_000)).is_empty());
    assert_eq!(roster.sweep(at(180_000)).len(), 2);
    assert_eq!(roster.live(), 1);
    assert_eq!(roster.oldest_spare(), None);
}

#[test]
fn a_kept_instance_that_dies_is_replaced_but_not_in_a_rush() {
    let (mut roster, mut next) = (world(1), 0);
    roster.scale.min = 1;
    run(&mut roster, &mut next, at(0));
    let mut starts = 0;
    for tick in 1..=1000 {
        for seat in roster
            .seats()
            .iter()
            .map(|seat| seat.id)
            .collect::<Vec<_>>()
        {
            roster.gone(seat, at(tick));
        }
        let before = next;
        run(&mut roster, &mut next, at(tick));
        starts += next - before;
    }
    assert!((1..50).contains(&starts), "{starts}");
}

/// Something that happens to a group.
#[derive(Debug, Clone)]
enum Event {
    Call,
    Arrive,
    Fail,
    End(usize),
    Die(usize),
    GiveUp(usize),
    Pass(u64),
    Renew,
    Sweep,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Call),
        4 => Just(Event::Arrive),
        1 => Just(Event::Fail),
        6 => any::<usize>().prop_map(Event::End),
        1 => any::<usize>().prop_map(Event::Die),
        1 => any::<usize>().prop_map(Event::GiveUp),
        4 => (0..300_u64).prop_map(Event::Pass),
        1 => Just(Event::Renew),
        1 => Just(Event::Sweep),
    ]
}

/// A roster with the calls and instances that it decides about.
struct Play {
    roster: Roster,
    most: u32,
    now: u64,
    next: Id,
    /// Generations of what is being started.
    starting: Vec<u64>,
    waiting: BTreeSet<Id>,
    /// The seats of calls that are served.
    served: BTreeMap<Id, Id>,
    last: Id,
}

impl Play {
    fn moment(&self) -> Moment {
        at(self.now)
    }

    fn room(&self) -> Room {
        let current = self.roster.live() + self.roster.starting;
        Room {
            reserved: self.most.saturating_sub(current),
            machine: 100,
        }
    }

    fn settle(&mut self) {
        for action in self.roster.decide(self.moment(), self.room()) {
            match action {
                Action::Serve { ticket, seat } => {
                    assert!(self.waiting.remove(&ticket), "served twice, or never asked");
                    assert!(ticket > self.last, "{ticket} after {}", self.last);
                    self.last = ticket;
                    self.served.insert(ticket, seat);
                }
                Action::Start => self.starting.push(self.roster.generation()),
                Action::End(seat) => assert!(!self.served.values().any(|at| *at == seat)),
            }
        }
        assert!(self.roster.live() + self.roster.starting <= self.most);
        assert_eq!(self.waiting.len(), self.roster.waiting());
        for seat in self.roster.seats() {
            let calls = self.served.values().filter(|at| **at == seat.id).count();
            assert_eq!(calls, seat.busy as usize);
            assert!(seat.busy <= self.roster.concurrency);
        }
    }

    fn happen(&mut self, event: &Event) {
        let now = self.moment();
        self.next += 1;
        match event {
            Event::Call => {
                if let Some(seat) = self.roster.take(now) {
                    self.last = self.next;
                    self.served.insert(self.next, seat);
                } else {
                    self.waiting.insert(self.next);
                    self.roster.wait(self.next, now);
                }
            }
            Event::Arrive => {
                if let Some(generation) = self.starting.pop() {
                    self.roster.started(self.next, generation, now);
                }
            }
            Event::Fail => {
                if let Some(generation) = self.starting.pop() {
                    self.roster.failed(generation, now);
                }
            }
            Event::End(which) => {
                let all = self.served.len().max(1);
                if let Some((&call, &seat)) = self.served.iter().nth(which % all) {
                    self.served.remove(&call);
                    self.roster
                        .give(seat, Duration::from_millis(*which as u64 % 50), now);
                }
            }
            Event::Die(which) => {
                let all = self.roster.seats().len().max(1);
                if let Some(id) = self.roster.seats().get(which % all).map(|seat| seat.id) {
                    self.roster.gone(id, now);
                    self.served.retain(|_, seat| *seat != id);
                }
            }
            Event::GiveUp(which) => {
                let all = self.waiting.len().max(1);
                if let Some(&ticket) = self.waiting.iter().nth(which % all) {
                    self.waiting.remove(&ticket);
                    self.roster.forget(ticket);
                }
            }
            Event::Pass(millis) => self.now += millis,
            Event::Renew => {
                self.roster.generation += 1;
                self.roster.starting = 0;
                for seat in &mut self.roster.seats {
                    seat.is_current = false;
                }
            }
            Event::Sweep => {
                for seat in self.roster.sweep(now) {
                    assert!(!self.served.values().any(|at| *at == seat));
                }
            }
        }
        self.settle();
    }

    /// Everything that waits is served once nothing fails any more.
    fn finish(&mut self) {
        for _ in 0..10_000 {
            if self.waiting.is_empty() {
                return;
            }
            self.happen(&Event::Pass(500));
            self.happen(&Event::Arrive);
            self.happen(&Event::End(0));
        }
        panic!("calls are lost: {:?}", self.roster);
    }
}

proptest! {
    #[test]
    fn no_limit_is_passed_no_call_is_lost_and_the_first_is_first(
        events in proptest::collection::vec(event(), 1..200),
        concurrency in 1_u32..5,
        most in 1_u32..6,
        min in 0_u32..2,
    ) {
        let mut play = Play {
            roster: world(concurrency),
            most,
            now: 0,
            next: 0,
            starting: Vec::new(),
            waiting: BTreeSet::new(),
            served: BTreeMap::new(),
            last: 0,
        };
        play.roster.scale.min = min;
        for event in &events {
            play.happen(event);
        }
        play.finish();
    }
}

#[test]
fn an_instance_in_which_a_call_was_stopped_finishes_the_others_and_goes() {
    let mut roster = world(2);
    roster.wait(1, at(0));
    roster.wait(2, at(0));
    assert_eq!(roster.decide(at(0), WIDE), [Action::Start]);
    assert!(roster.started(7, roster.generation(), at(1)));
    assert_eq!(roster.decide(at(1), WIDE).len(), 2);
    assert_eq!(roster.dismiss(7), 2);
    assert!(!roster.give(7, Duration::ZERO, at(2)));
    assert_eq!(roster.take(at(2)), None);
    roster.wait(3, at(2));
    assert_eq!(roster.decide(at(2), WIDE), [Action::Start]);
    assert!(roster.give(7, Duration::ZERO, at(3)));
    assert_eq!(roster.decide(at(3), WIDE), [Action::End(7)]);
    assert_eq!(roster.dismiss(7), 0);
}
