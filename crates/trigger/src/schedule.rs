//! When a trigger fires: six fields (second, minute, hour, day of the month, month, day of the week) or `@every 5m`; in UTC
//! unless `CRON_TZ=` names another zone.

use jiff::tz::TimeZone;

use crate::cron::Cron;
use crate::duration;

/// In a sentence, what says when.
pub const FORMS: &str = "six cron fields (second, minute, hour, day of the month, month, day of the week), with \
`CRON_TZ=ZONE ` before them if wanted, or `@every` and a duration such as 5m";

/// Milliseconds of the shortest interval of `@every`: below it a laptop would do nothing else.
const SHORTEST_MS: i64 = 1000;

/// A text that does not say when.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part:?} {why}")]
pub struct NoSchedule {
    /// The offset in bytes of what is wrong.
    pub at: usize,
    /// What is wrong.
    pub part: String,
    /// Why, as the rest of a sentence.
    pub why: String,
}

impl NoSchedule {
    pub(crate) fn new((at, part): (usize, &str), why: impl Into<String>) -> Self {
        Self {
            at,
            part: part.to_owned(),
            why: why.into(),
        }
    }
}

/// When a trigger fires. Moments are milliseconds since 1970.
#[derive(Debug, Clone)]
pub struct Schedule(When);

#[derive(Debug, Clone)]
enum When {
    /// Again after so many milliseconds, counted from when the trigger was made.
    Every(i64),
    /// At the times that fit.
    Cron(Box<Cron>, TimeZone),
}

impl Schedule {
    /// Reads what says when: see [`FORMS`].
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, NoSchedule> {
        let start = text.len() - text.trim_start().len();
        let text = text.trim();
        if let Some(interval) = text.strip_prefix("@every ") {
            let start = start + text.len() - interval.trim_start().len();
            return every(interval.trim(), start).map(Self);
        }
        let (zone, fields) = match text.strip_prefix("CRON_TZ=") {
            Some(rest) => rest.split_once(' ').unwrap_or((rest, "")),
            None => ("UTC", text),
        };
        let zone = match zone {
            "UTC" => TimeZone::UTC,
            name => TimeZone::get(name).map_err(|_| {
                NoSchedule::new(
                    (start + "CRON_TZ=".len(), name),
                    "is no time zone known here",
                )
            })?,
        };
        let cron = Cron::parse(fields, start + text.len() - fields.len())?;
        Ok(Self(When::Cron(Box::new(cron), zone)))
    }

    /// All times after `last` up to `now`, and the first one after that. When a clock was moved over more than `most` times,
    /// the first of them.
    pub fn between(
        &self,
        (last, now): (i64, i64),
        made_ms: i64,
        most: usize,
    ) -> (Vec<i64>, Option<i64>) {
        let mut times = Vec::new();
        let mut at = self.next(last.max(made_ms), made_ms);
        while let Some(due) = at.filter(|due| *due <= now) {
            if times.len() == most {
                at = self.next(now, made_ms);
                break;
            }
            times.push(due);
            at = self.next(due, made_ms);
        }
        (times, at)
    }

    /// The first time after `after_ms`; `made_ms` is when the trigger was made. Nothing: never.
    pub fn next(&self, after_ms: i64, made_ms: i64) -> Option<i64> {
        match &self.0 {
            When::Every(interval) => {
                let passed = (after_ms - made_ms).max(0) / interval;
                Some(made_ms + (passed + 1) * interval)
            }
            When::Cron(cron, zone) => Some(cron.next(after_ms.div_euclid(1000), zone)? * 1000),
        }
    }

    /// The last time up to `until_ms`. Nothing: never, or it counts from when a trigger was made.
    pub fn last(&self, until_ms: i64) -> Option<i64> {
        match &self.0 {
            When::Every(_) => None,
            When::Cron(cron, zone) => Some(cron.last(until_ms.div_euclid(1000), zone)? * 1000),
        }
    }
}

fn every(interval: &str, start: usize) -> Result<When, NoSchedule> {
    let no = |at: usize, why: &str| NoSchedule::new((start + at, &interval[at..]), why);
    match duration::milliseconds(interval) {
        Ok(interval) if interval >= SHORTEST_MS => Ok(When::Every(interval)),
        Ok(_) => Err(no(0, "is shorter than a second")),
        Err(at) => Err(no(at, "is no duration such as 5m or 1h30m")),
    }
}
