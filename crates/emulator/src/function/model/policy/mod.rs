//! How many instances are kept: a number, or what rules by time and by use make of it. Pure.
//!
//! Of the rules by time, the one that came due last counts; of that and the rules by use that are in effect, the largest
//! number. Without a rule in effect it is the number.

mod written;

use trigger::Schedule;

/// How often use is looked at, in milliseconds.
pub(crate) const MINUTE_MS: i64 = 60_000;

/// How busy a version was at the last full minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Instances that were wanted.
    pub(crate) kept: u32,
    /// Calls that were served.
    pub(crate) busy: u32,
    /// Calls that one instance serves at once.
    pub(crate) concurrency: u32,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            kept: 0,
            busy: 0,
            concurrency: 1,
        }
    }
}

/// What a setting says of kept instances.
#[derive(Debug)]
pub(crate) struct Policies {
    /// How many are kept when no rule is in effect.
    base: u32,
    scheduled: Vec<Scheduled>,
    tracking: Vec<Tracking>,
}

/// A rule by time.
#[derive(Debug)]
struct Scheduled {
    window: Window,
    when: When,
    target: u32,
}

/// When a rule by time comes due.
#[derive(Debug)]
enum When {
    Once(i64),
    Again(Schedule),
}

/// A rule by use.
#[derive(Debug)]
struct Tracking {
    window: Window,
    /// Thousandths of the room in kept instances that calls should take.
    permille: u64,
    least: u32,
    most: u32,
}

/// When a rule is in effect, in milliseconds: from `start` until before `end`.
#[derive(Debug)]
struct Window {
    start: i64,
    end: i64,
}

impl Policies {
    /// A number without rules.
    pub(crate) fn fixed(base: u32) -> Self {
        Self {
            base,
            scheduled: Vec::new(),
            tracking: Vec::new(),
        }
    }

    /// How many instances are wanted at a time, in milliseconds.
    pub(crate) fn wanted(&self, now: i64, load: &Load) -> u32 {
        let due = self
            .scheduled
            .iter()
            .filter_map(|rule| Some((rule.due(now)?, rule.target)));
        let by_time = due.max().map(|(_, target)| target);
        let tracking = self.tracking.iter();
        let by_use = tracking
            .filter(|rule| rule.window.holds(now))
            .map(|rule| rule.wanted(load));
        by_time.into_iter().chain(by_use).max().unwrap_or(self.base)
    }

    /// The first time after `now` at which something else may be wanted; nothing when there are no rules any more.
    pub(crate) fn next(&self, now: i64) -> Option<i64> {
        let minute = (now.div_euclid(MINUTE_MS) + 1) * MINUTE_MS;
        let by_use = self.tracks(now).then_some(minute);
        by_use.into_iter().chain(self.next_turn(now)).min()
    }

    /// The first time after `now` at which a rule comes due, begins or ends.
    pub(crate) fn next_turn(&self, now: i64) -> Option<i64> {
        let by_time = self.scheduled.iter().flat_map(|rule| {
            let due = rule.when.next(now.max(rule.window.start.saturating_sub(1)));
            let due = due.filter(|due| *due < rule.window.end);
            due.into_iter().chain(rule.window.edges())
        });
        let by_use = self.tracking.iter().flat_map(|rule| rule.window.edges());
        let times = by_time.chain(by_use);
        times.filter(|time| *time > now && *time < i64::MAX).min()
    }

    /// Whether there are no rules.
    pub(crate) fn is_fixed(&self) -> bool {
        self.scheduled.is_empty() && self.tracking.is_empty()
    }

    /// Whether use has a say now.
    pub(crate) fn tracks(&self, now: i64) -> bool {
        self.tracking.iter().any(|rule| rule.window.holds(now))
    }
}

impl Scheduled {
    /// When it came due last, if it is in effect.
    fn due(&self, now: i64) -> Option<i64> {
        let last = self.when.last(now).filter(|_| self.window.holds(now))?;
        (last >= self.window.start).then_some(last)
    }
}

impl Tracking {
    /// As many as bring the use back to what it should be, at once when more are needed. When fewer are: a tenth of them less
    /// at most, but one.
    fn wanted(&self, load: &Load) -> u32 {
        let room = u64::from(load.concurrency.max(1)) * self.permille;
        let ideal = (u64::from(load.busy) * 1000).div_ceil(room);
        let ideal = u32::try_from(ideal).unwrap_or(u32::MAX);
        let least = load.kept.saturating_sub((load.kept / 10).max(1));
        ideal.max(least).clamp(self.least, self.most)
    }
}

impl Window {
    fn holds(&self, now: i64) -> bool {
        (self.start..self.end).contains(&now)
    }

    fn edges(&self) -> [i64; 2] {
        [self.start, self.end]
    }
}

impl When {
    fn last(&self, now: i64) -> Option<i64> {
        match self {
            Self::Once(time) => Some(*time).filter(|time| *time <= now),
            Self::Again(schedule) => schedule.last(now),
        }
    }

    fn next(&self, now: i64) -> Option<i64> {
        match self {
            Self::Once(time) => Some(*time),
            Self::Again(schedule) => schedule.next(now, 0),
        }
    }
}

#[cfg(test)]
mod tests;
