//! When a timer fires: six fields (second, minute, hour, day of the month, month, day of the week) or `@every 5m`; in UTC
//! unless `CRON_TZ=` names another zone. Pure.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Milliseconds of the shortest interval of `@every`: below it a laptop would do nothing else.
const SHORTEST_MS: i64 = 1000;

/// When a timer fires.
#[derive(Debug, Clone)]
pub(crate) enum Schedule {
    /// Again after so many milliseconds, counted from when the trigger was made.
    Every(i64),
    /// At the times that fit.
    Cron(Box<Cron>, TimeZone),
}

impl Schedule {
    /// Reads a cron expression; the error is for people.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(interval) = text.strip_prefix("@every ") {
            let interval = milliseconds(interval.trim());
            let interval = interval.filter(|interval| *interval >= SHORTEST_MS);
            return interval.map(Self::Every).ok_or_else(|| {
                format!(
                    "{text:?} is not @every and a duration such as 5m or 1h30m, a second at least"
                )
            });
        }
        let (zone, fields) = match text.strip_prefix("CRON_TZ=") {
            Some(rest) => rest.split_once(' ').unwrap_or((rest, "")),
            None => ("UTC", text),
        };
        let zone = match zone {
            "UTC" => TimeZone::UTC,
            name => {
                TimeZone::get(name).map_err(|_| format!("{name:?} is no time zone known here"))?
            }
        };
        let fields = fields.trim();
        if fields.split_whitespace().count() != 6 {
            return Err(format!(
                "{text:?} must have six fields: second, minute, hour, day of the month, month, day of the week"
            ));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Disallowed)
            .sloppy_ranges(true)
            .build();
        let cron = parser.parse(&fields.replace('?', "*"));
        let cron = cron.map_err(|error| format!("{text:?} is no cron expression: {error}"))?;
        Ok(Self::Cron(Box::new(cron), zone))
    }

    /// All times after `last` up to `now`, and the first one after that. When a clock was moved over more than `most` times,
    /// the first of them.
    pub(crate) fn between(
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
    pub(crate) fn next(&self, after_ms: i64, made_ms: i64) -> Option<i64> {
        match self {
            Self::Every(interval) => {
                let passed = (after_ms - made_ms).max(0) / interval;
                Some(made_ms + (passed + 1) * interval)
            }
            Self::Cron(cron, zone) => {
                let after = Timestamp::from_millisecond(after_ms).ok()?;
                let next = cron.find_next_occurrence(&after.to_zoned(zone.clone()), false);
                Some(next.ok()?.timestamp().as_millisecond())
            }
        }
    }
}

impl Schedule {
    /// The last time up to `until_ms`. Nothing: never, or it counts from when a trigger was made.
    pub(crate) fn last(&self, until_ms: i64) -> Option<i64> {
        match self {
            Self::Every(_) => None,
            Self::Cron(cron, zone) => {
                let until = Timestamp::from_millisecond(until_ms).ok()?;
                let last = cron.find_previous_occurrence(&until.to_zoned(zone.clone()), true);
                Some(last.ok()?.timestamp().as_millisecond())
            }
        }
    }
}

/// A duration such as `90s`, `5m`, `1h30m` in milliseconds.
fn milliseconds(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let factor = match unit {
            's' => 1000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    (total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn times_between_two_moments_are_bounded_and_lead_to_the_next() {
        let minutes = Schedule::parse("@every 1m").unwrap();
        let between = |last, now, most| minutes.between((last, now), 0, most);
        assert_eq!(
            between(0, 150_000, 9),
            (vec![60_000, 120_000], Some(180_000))
        );
        assert_eq!(between(60_000, 60_000, 9), (Vec::new(), Some(120_000)));
        assert_eq!(
            between(0, 600_000, 2),
            (vec![60_000, 120_000], Some(660_000))
        );
    }

    #[test]
    fn expressions_fire_when_the_vendor_says() {
        for (expression, after, next) in [
            (
                "0 0 8 * * *",
                "2026-11-26T07:59:59Z",
                "2026-11-26T08:00:00Z",
            ),
            (
                "0 0 8 * * *",
                "2026-11-26T08:00:00Z",
                "2026-11-27T08:00:00Z",
            ),
            (
                "*/15 * * * * *",
                "2026-11-26T08:00:16Z",
                "2026-11-26T08:00:30Z",
            ),
            (
                "0 30 9 1 * ?",
                "2026-11-26T00:00:00Z",
                "2026-12-01T09:30:00Z",
            ),
            (
                "0 0 0 29 2 *",
                "2026-11-26T00:00:00Z",
                "2028-02-29T00:00:00Z",
            ),
            (
                "0 0 12 * * MON-FRI",
                "2026-11-27T12:00:00Z",
                "2026-11-30T12:00:00Z",
            ),
            (
                "0 0 12 * JAN,Jul SUN",
                "2026-11-26T00:00:00Z",
                "2027-01-03T12:00:00Z",
            ),
            // A day of the month or a day of the week: either is enough when both are restricted.
            (
                "0 0 0 13 * FRI",
                "2026-11-26T00:00:00Z",
                "2026-11-27T00:00:00Z",
            ),
            (
                "CRON_TZ=Asia/Shanghai 0 0 4 1 * *",
                "2026-11-26T00:00:00Z",
                "2026-11-30T20:00:00Z",
            ),
            (
                "0 5-10/2 * * * *",
                "2026-11-26T08:06:00Z",
                "2026-11-26T08:07:00Z",
            ),
        ] {
            let schedule = Schedule::parse(expression).unwrap();
            assert_eq!(
                schedule.next(ms(after), 0),
                Some(ms(next)),
                "{expression} after {after}"
            );
        }
    }

    #[test]
    fn the_last_time_is_the_one_after_which_nothing_came() {
        let schedule = Schedule::parse("CRON_TZ=Asia/Shanghai 0 0 4 * * *").unwrap();
        for (until, last) in [
            ("2026-11-26T19:59:59.999Z", "2026-11-25T20:00:00Z"),
            ("2026-11-26T20:00:00Z", "2026-11-26T20:00:00Z"),
            ("2026-11-26T20:00:00.500Z", "2026-11-26T20:00:00Z"),
        ] {
            assert_eq!(schedule.last(ms(until)), Some(ms(last)), "{until}");
        }
    }

    #[test]
    fn intervals_count_from_when_the_trigger_was_made() {
        for (text, after, next) in [
            ("@every 4m", 0, 240_000),
            ("@every 4m", 240_000, 480_000),
            ("@every 1h30m", 1, 5_400_000),
            ("@every 90s", 100_000, 180_000),
        ] {
            let schedule = Schedule::parse(text).unwrap();
            assert_eq!(schedule.next(7 + after, 7), Some(7 + next), "{text}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_words() {
        for text in [
            "",
            "* * * * *",
            "0 0 8 * * * *",
            "61 * * * * *",
            "0 0 25 * * *",
            "a b c d e f",
            "@every",
            "@every 5",
            "@every 0s",
            "@every 10x",
            "@daily",
            "CRON_TZ=Nowhere/Land 0 0 4 1 * *",
            "CRON_TZ=UTC",
        ] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_no_time_goes_back(text in "[0-9*/,@A-Za-z ?=-]{0,24}", after in 0_i64..4_000_000_000_000) {
            if let Ok(schedule) = Schedule::parse(&text) {
                proptest::prop_assert!(schedule.next(after, 0).is_none_or(|next| next > after));
            }
        }
    }
}
