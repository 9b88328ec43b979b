//! Which call goes to which instance, and when another one is started: decisions alone, without processes, locks or clocks.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::seat::{Action, Id, Moment, Room, Seat};
use crate::spec::{Scale, Spec};

/// How long a call waits for a busy instance before another one is started: starting takes longer than most calls.
const PATIENCE: Duration = Duration::from_millis(10);
/// How long nothing may be served before another instance of a function whose calls are short is started.
const STALL: Duration = Duration::from_millis(100);
/// Instances that are started at the same time.
const STARTS: u32 = 4;
/// The pause after the second failed start in a row; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause after a failed start.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Ticket {
    id: Id,
    since: Duration,
}

/// The instances of one version of a function, and the calls that wait.
#[derive(Debug)]
pub(super) struct Roster {
    concurrency: u32,
    idle: Duration,
    pub(super) scale: Scale,
    /// Whether only one instance can be: its program listens on a port of its own choice.
    is_lone: bool,
    /// Counts revisions, so that what was started for an earlier one is known when it comes.
    generation: u64,
    /// In use order: the last one was used last.
    seats: Vec<Seat>,
    waiting: VecDeque<Ticket>,
    pub(super) starting: u32,
    /// How long a call takes, as an average that forgets.
    typical: Option<Duration>,
    /// When a call was served last, or an instance came.
    stirred: Duration,
    /// Starts that failed in a row.
    failures: u32,
    /// Nothing is started before.
    closed_until: Duration,
    is_retired: bool,
}

impl Roster {
    pub(super) fn new() -> Self {
        Self {
            concurrency: 1,
            idle: Duration::ZERO,
            scale: Scale::default(),
            is_lone: false,
            generation: 0,
            seats: Vec::new(),
            waiting: VecDeque::new(),
            starting: 0,
            typical: None,
            stirred: Duration::ZERO,
            failures: 0,
            closed_until: Duration::ZERO,
            is_retired: false,
        }
    }

    /// Another revision: calls go to instances of it from now on.
    pub(super) fn renew(&mut self, spec: &Spec) {
        self.concurrency = spec.concurrency.max(1);
        self.idle = spec.idle;
        self.generation += 1;
        self.starting = 0;
        self.typical = None;
        self.failures = 0;
        self.closed_until = Duration::ZERO;
        self.is_lone = false;
        self.is_retired = false;
        for seat in &mut self.seats {
            seat.is_current = false;
        }
    }

    /// No calls any more; the instances end after what they do. Those that do nothing are taken out.
    pub(super) fn retire(&mut self) -> Vec<Id> {
        self.is_retired = true;
        self.generation += 1;
        self.starting = 0;
        self.scale = Scale::default();
        self.waiting.clear();
        for seat in &mut self.seats {
            seat.is_current = false;
        }
        self.leave()
    }

    /// Takes out what has finished and is of another revision.
    fn leave(&mut self) -> Vec<Id> {
        let mut gone = Vec::new();
        self.seats.retain(|seat| {
            let ends = !seat.is_current && seat.busy == 0;
            if ends {
                gone.push(seat.id);
            }
            !ends
        });
        gone
    }

    pub(super) fn is_retired(&self) -> bool {
        self.is_retired
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn seats(&self) -> &[Seat] {
        &self.seats
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is anything to look after.
    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
            && self.starting == 0
            && self.waiting.is_empty()
            && (self.scale.min == 0 || self.is_retired)
    }

    /// Instances that take calls.
    pub(super) fn live(&self) -> u32 {
        count(self.seats.iter().filter(|seat| seat.is_current).count())
    }

    /// Nothing runs and nothing is tried for a while, since what was tried failed.
    pub(super) fn is_broken(&self, now: Moment) -> bool {
        self.is_hopeless() && now.tick < self.closed_until
    }

    /// Nothing runs and nothing is on its way.
    pub(super) fn is_hopeless(&self) -> bool {
        self.live() == 0 && self.starting == 0
    }

    /// A call comes: its place at once, if there is one and nobody waits before it.
    pub(super) fn take(&mut self, now: Moment) -> Option<Id> {
        if self.waiting.is_empty() {
            self.seat(now)
        } else {
            None
        }
    }

    fn seat(&mut self, now: Moment) -> Option<Id> {
        let free = |seat: &Seat| seat.is_current && seat.busy < self.concurrency;
        let at = self.seats.iter().rposition(free)?;
        let seat = &mut self.seats[at];
        seat.busy += 1;
        seat.calls += 1;
        seat.used = now.clock;
        self.stirred = now.tick;
        Some(seat.id)
    }

    /// Whether a call that comes must be refused: all is busy, and no more may be started.
    pub(super) fn is_full(&self, room: Room) -> bool {
        let on_their_way = (self.starting as usize).saturating_mul(self.concurrency as usize);
        self.waiting.len() >= on_their_way && self.room(room.reserved) == 0
    }

    /// Instances that may still be started for calls.
    fn room(&self, most: u32) -> u32 {
        let here = self.live() + self.starting;
        let mut room = most;
        if self.is_lone {
            room = room.min(1_u32.saturating_sub(here));
        }
        if !self.scale.on_demand {
            room = room.min(self.scale.min.saturating_sub(here));
        }
        if let Some(max) = self.scale.max {
            room = room.min(max.saturating_sub(here));
        }
        room
    }

    /// A call waits.
    pub(super) fn wait(&mut self, ticket: Id, now: Moment) {
        let since = now.tick;
        self.waiting.push_back(Ticket { id: ticket, since });
    }

    /// A call waits no more.
    pub(super) fn forget(&mut self, ticket: Id) {
        self.waiting.retain(|waiting| waiting.id != ticket);
    }

    /// A started instance takes calls; whether it is of the newest revision, and so is in.
    pub(super) fn started(&mut self, id: Id, generation: u64, now: Moment) -> bool {
        if generation != self.generation || self.is_retired {
            return false;
        }
        self.starting = self.starting.saturating_sub(1);
        self.stirred = now.tick;
        self.seats.push(Seat {
            id,
            busy: 0,
            calls: 0,
            used: now.clock,
            started: now.clock,
            is_current: true,
        });
        true
    }

    /// There can be no other instance beside the one that is there.
    pub(super) fn be_lone(&mut self) {
        self.is_lone = true;
    }

    /// A start failed; whether that concerns the newest revision.
    pub(super) fn failed(&mut self, generation: u64, now: Moment) -> bool {
        if generation != self.generation || self.is_retired {
            return false;
        }
        self.starting = self.starting.saturating_sub(1);
        self.back_off(now);
        true
    }

    /// The start that was decided on could not be begun.
    pub(super) fn unstarted(&mut self) {
        self.starting = self.starting.saturating_sub(1);
    }

    fn back_off(&mut self, now: Moment) {
        self.failures += 1;
        if self.failures > 1 || self.live() > 0 {
            let doubled = 1_u32 << self.failures.saturating_sub(2).min(10);
            let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
            self.closed_until = now.tick + pause;
        }
    }

    /// The instance takes no calls from now on, and goes after those that it serves; how many those are.
    pub(super) fn dismiss(&mut self, id: Id) -> u32 {
        let Some(seat) = self.seats.iter_mut().find(|seat| seat.id == id) else {
            return 0;
        };
        seat.is_current = false;
        seat.busy
    }

    /// A call in the seat has ended and took so long; whether the seat is to be taken out now.
    pub(super) fn give(&mut self, id: Id, took: Duration, now: Moment) -> bool {
        let typical = self.typical.unwrap_or(took);
        self.typical = Some((typical * 7 + took) / 8);
        let Some(at) = self.seats.iter().position(|seat| seat.id == id) else {
            return false;
        };
        let mut seat = self.seats.remove(at);
        seat.busy = seat.busy.saturating_sub(1);
        if seat.is_current {
            self.failures = 0;
        }
        seat.used = now.clock;
        let leaves = !seat.is_current && seat.busy == 0;
        self.seats.push(seat);
        leaves
    }

    /// An instance has ended by itself or was killed. One that served nothing counts as a failed start.
    pub(super) fn gone(&mut self, id: Id, now: Moment) -> bool {
        let Some(at) = self.seats.iter().position(|seat| seat.id == id) else {
            return false;
        };
        let seat = self.seats.remove(at);
        if seat.calls == 0 && seat.is_current {
            self.back_off(now);
        }
        true
    }

    /// What follows from how things are.
    pub(super) fn decide(&mut self, now: Moment, room: Room) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some(first) = self.waiting.front() {
            let ticket = first.id;
            let Some(seat) = self.seat(now) else { break };
            self.waiting.pop_front();
            actions.push(Action::Serve { ticket, seat });
        }
        let starts = self.wanted(now, room);
        self.starting += starts;
        actions.extend((0..starts).map(|_| Action::Start));
        actions.extend(self.leave().into_iter().map(Action::End));
        actions
    }

    /// Instances to start now.
    fn wanted(&self, now: Moment, room: Room) -> u32 {
        if self.is_retired || now.tick < self.closed_until {
            return 0;
        }
        let kept = self.scale.min.saturating_sub(self.live() + self.starting);
        let here = (self.starting * self.concurrency) as usize;
        let short = count(self.waiting.len().saturating_sub(here)).div_ceil(self.concurrency);
        let called = if short > 0 && (self.live() == 0 || self.is_stalled(now)) {
            short.min(self.room(room.reserved))
        } else {
            0
        };
        let wanted = kept.min(room.reserved).max(called);
        let lone = if self.is_lone { self.room(1) } else { STARTS };
        wanted
            .min(room.machine)
            .min(STARTS.saturating_sub(self.starting))
            .min(lone)
    }

    /// Whether those who wait get nothing from the instances that are there. Short calls end soon: only when none does, or
    /// calls are long, another instance helps.
    fn is_stalled(&self, now: Moment) -> bool {
        let Some(first) = self.waiting.front() else {
            return false;
        };
        let is_short = self.typical.is_some_and(|typical| typical < PATIENCE);
        if is_short {
            return now.tick.saturating_sub(self.stirred.max(first.since)) >= STALL;
        }
        now.tick.saturating_sub(first.since) >= PATIENCE
    }

    /// Calls that have waited so long.
    pub(super) fn waited(&self, now: Moment, long: Duration) -> Vec<Id> {
        let is_late = |ticket: &&Ticket| now.tick.saturating_sub(ticket.since) >= long;
        let late = self.waiting.iter().take_while(is_late);
        late.map(|ticket| ticket.id).collect()
    }

    /// Lets up to so many go that are busy, or that are not, kept ones too; how many those are.
    pub(super) fn shed(&mut self, most: u32, busy: bool) -> u32 {
        let seats = self.seats.iter_mut();
        let fitting = seats.filter(|seat| seat.is_current && (seat.busy > 0) == busy);
        let gone = fitting.take(most as usize);
        count(gone.map(|seat| seat.is_current = false).count())
    }

    /// Takes out instances beyond those that are kept which nobody has used for so long as the configuration says.
    pub(super) fn sweep(&mut self, now: Moment) -> Vec<Id> {
        let idle = self.idle;
        self.spare(|seat| now.clock.duration_since(seat.used).unwrap_or_default() >= idle)
    }

    /// When the least used instance that nobody would miss was used.
    pub(super) fn oldest_spare(&self) -> Option<SystemTime> {
        let is_idle = |seat: &&Seat| seat.is_current && seat.busy == 0;
        if self.live() <= self.scale.min || !self.waiting.is_empty() {
            return None;
        }
        let idle = self.seats.iter().filter(is_idle);
        idle.map(|seat| seat.used).min()
    }

    /// Takes that one out.
    pub(super) fn end_spare(&mut self) -> Option<Id> {
        let used = self.oldest_spare()?;
        let mut is_first = true;
        let mut one = self.spare(|seat| seat.used == used && std::mem::take(&mut is_first));
        one.pop()
    }

    fn spare(&mut self, mut is_chosen: impl FnMut(&Seat) -> bool) -> Vec<Id> {
        let mut spare = self.live().saturating_sub(self.scale.min);
        let mut ended = Vec::new();
        self.seats.retain(|seat| {
            let ends = spare > 0 && seat.is_current && seat.busy == 0 && is_chosen(seat);
            if ends {
                spare -= 1;
                ended.push(seat.id);
            }
            !ends
        });
        ended
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
