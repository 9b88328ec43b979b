//! Six cron fields as sets of numbers, and the moments that fit them.
//!
//! The forms are those of the vendor's "Time triggers": all (`*`, `?`), numbers, names, ranges, steps, lists. Last and nearest
//! days (`L`, `W`, `#`) are none of them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::schedule::NoSchedule;

/// Seconds that are searched: the longest pause is that of a 29th of February, 8 years around 2100.
const FARTHEST: i64 = 9 * 366 * 24 * 3600;

const HOUR: i64 = 3600;
const MINUTE: i64 = 60;

/// What a field may hold.
struct Field {
    /// In a sentence, what it is.
    name: &'static str,
    least: u8,
    /// The last number of `*`.
    top: u8,
    /// The last number that may be written.
    most: u8,
    /// What may stand for the numbers from `least` on.
    names: &'static [&'static str],
}

const fn field(name: &'static str, (least, top, most): (u8, u8, u8)) -> Field {
    Field {
        name,
        least,
        top,
        most,
        names: &[],
    }
}

const FIELDS: [Field; 6] = [
    field("a second", (0, 59, 59)),
    field("a minute", (0, 59, 59)),
    field("an hour", (0, 23, 23)),
    field("a day of the month", (1, 31, 31)),
    Field {
        names: &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
        ..field("a month", (1, 12, 12))
    },
    // Sunday is 0 and may be called 7.
    Field {
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        ..field("a day of the week", (0, 6, 7))
    },
];

/// Numbers below 64.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Set {
    bits: u64,
    /// Whether it was written as all.
    is_all: bool,
}

impl Set {
    fn has(self, number: i8) -> bool {
        u8::try_from(number).is_ok_and(|number| self.bits >> number & 1 == 1)
    }

    /// The first that is not below `number`.
    fn from(self, number: i8) -> Option<i8> {
        (number..60).find(|number| self.has(*number))
    }

    /// The last that is not above `number`.
    fn up_to(self, number: i8) -> Option<i8> {
        (0..=number).rev().find(|number| self.has(*number))
    }
}

/// Six fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    seconds: Set,
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
}

impl Cron {
    /// Reads six fields; `start` is where they begin in the whole text.
    pub(super) fn parse(fields: &str, start: usize) -> Result<Self, NoSchedule> {
        let parts: Vec<&str> = fields.split_whitespace().collect();
        if parts.len() != FIELDS.len() {
            return Err(NoSchedule::new(
                (start, fields),
                "must have six fields: second, minute, hour, day of the month, month, day of the week",
            ));
        }
        let mut sets = [Set::default(); 6];
        for ((set, part), field) in sets.iter_mut().zip(parts).zip(&FIELDS) {
            // What is split off lies in the text that it was split off from.
            let at = start + (part.as_ptr().addr() - fields.as_ptr().addr());
            *set = field.read(part, at)?;
        }
        let [seconds, minutes, hours, days, months, mut weekdays] = sets;
        weekdays.bits |= weekdays.bits >> 7;
        Ok(Self {
            seconds,
            minutes,
            hours,
            days,
            months,
            weekdays,
        })
    }

    /// Whether it fires on a day: on one that fits both fields of days, or either when both are restricted.
    fn is_day(&self, date: Date) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(date.weekday().to_sunday_zero_offset());
        let fits = if self.days.is_all || self.weekdays.is_all {
            day && weekday
        } else {
            day || weekday
        };
        fits && self.months.has(date.month())
    }

    /// The first second after `after` whose local time fits. A local time that a clock leaps over does not come; one that comes
    /// twice fits twice.
    pub(super) fn next(&self, after: i64, zone: &TimeZone) -> Option<i64> {
        let mut at = after + 1;
        while at - after <= FARTHEST {
            let local = local(at, zone)?;
            let second = i64::from(local.second());
            at = if !self.is_day(local.date()) {
                let tomorrow = local.tomorrow().and_then(|next| next.start_of_day());
                tomorrow.ok()?.timestamp().as_second()
            } else if !self.hours.has(local.hour()) {
                let next = at + HOUR - i64::from(local.minute()) * MINUTE - second;
                unless_leapt(next, at + MINUTE - second, &local)?
            } else if !self.minutes.has(local.minute()) {
                at + MINUTE - second
            } else {
                match self.seconds.from(local.second()) {
                    Some(found) => return Some(at + i64::from(found) - second),
                    None => at + MINUTE - second,
                }
            };
        }
        None
    }

    /// The last second up to `until` whose local time fits.
    pub(super) fn last(&self, until: i64, zone: &TimeZone) -> Option<i64> {
        let mut at = until;
        while until - at <= FARTHEST {
            let local = local(at, zone)?;
            let second = i64::from(local.second());
            at = if !self.is_day(local.date()) {
                local.start_of_day().ok()?.timestamp().as_second() - 1
            } else if !self.hours.has(local.hour()) {
                let before = at - i64::from(local.minute()) * MINUTE - second - 1;
                unless_leapt(before, at - second - 1, &local)?
            } else if !self.minutes.has(local.minute()) {
                at - second - 1
            } else {
                match self.seconds.up_to(local.second()) {
                    Some(found) => return Some(at - second + i64::from(found)),
                    None => at - second - 1,
                }
            };
        }
        None
    }
}

fn local(second: i64, zone: &TimeZone) -> Option<Zoned> {
    let at = Timestamp::from_second(second).ok()?;
    Some(at.to_zoned(zone.clone()))
}

/// The second `far`, or `near` when the local clock is set on the way to it.
fn unless_leapt(far: i64, near: i64, from: &Zoned) -> Option<i64> {
    let there = local(far, from.time_zone())?;
    Some(if there.offset() == from.offset() {
        far
    } else {
        near
    })
}

impl Field {
    /// Reads a list of parts.
    fn read(&self, text: &str, at: usize) -> Result<Set, NoSchedule> {
        let mut set = Set::default();
        let mut start = at;
        for part in text.split(',') {
            let read = self.part(part);
            let read = read.map_err(|why| NoSchedule::new((start, part), why))?;
            set.bits |= read.bits;
            set.is_all |= read.is_all;
            start += part.len() + 1;
        }
        Ok(set)
    }

    /// Reads all, a number or a range, each with a step if wanted.
    fn part(&self, part: &str) -> Result<Set, String> {
        let (range, step) = match part.split_once('/') {
            None => (part, None),
            Some((range, step)) => {
                let step = step.parse().ok().filter(|step| *step > 0);
                let step = step.ok_or("has a step that is no number above 0")?;
                (range, Some(step))
            }
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (self.least, self.top),
            (_, Some((first, last))) => (self.number(first)?, self.number(last)?),
            (_, None) => {
                let number = self.number(range)?;
                // With a step and no end it goes on to the last.
                let last = step.map_or(number, |_| number.max(self.top));
                (number, last)
            }
        };
        if first > last {
            return Err("ends before it begins".to_owned());
        }
        let step = step.unwrap_or(1);
        Ok(Set {
            bits: (first..=last)
                .step_by(step)
                .fold(0, |bits, n| bits | 1 << n),
            is_all: matches!(range, "*" | "?") && step == 1,
        })
    }

    fn number(&self, text: &str) -> Result<u8, String> {
        let is_name = |name: &&str| name.eq_ignore_ascii_case(text);
        let named = self.names.iter().zip(self.least..);
        if let Some((_, number)) = named.into_iter().find(|(name, _)| is_name(name)) {
            return Ok(number);
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        let within = number.filter(|number| (self.least..=self.most).contains(number));
        within.ok_or_else(|| format!("is not {}, from {} to {}", self.name, self.least, self.most))
    }
}
