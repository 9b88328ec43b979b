//! When triggers fire, by cases.

use jiff::Timestamp;

use crate::Schedule;

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

/// Expressions, a moment, and the first one after it at which they fire.
const TIMES: &[(&str, &str, &str)] = &[
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
    (
        "0 0 0 * * 5-7",
        "2026-11-28T12:00:00Z",
        "2026-11-29T00:00:00Z",
    ),
    (
        "0 50/5 * ? * *",
        "2026-11-28T12:51:00Z",
        "2026-11-28T12:55:00Z",
    ),
    (
        "1,59 59 23 31 12 ?",
        "2026-12-31T23:59:01Z",
        "2026-12-31T23:59:59Z",
    ),
    // A leap day after a century that has none.
    (
        "0 0 0 29 2 *",
        "2096-03-01T00:00:00Z",
        "2104-02-29T00:00:00Z",
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
];

#[test]
fn expressions_fire_when_the_vendor_says() {
    for (expression, after, next) in TIMES {
        let schedule = Schedule::parse(expression).unwrap();
        assert_eq!(
            schedule.next(ms(after), 0),
            Some(ms(next)),
            "{expression} after {after}"
        );
    }
}

/// Fields in New York's time on the days on which its clock is set, a moment, and the next time.
const NEW_YORK: &[(&str, &str, &str)] = &[
    (
        "0 30 2 * * *",
        "2012-03-11T06:00:00Z",
        "2012-03-12T06:30:00Z",
    ),
    (
        "0 30 2 11 3 *",
        "2012-03-01T06:00:00Z",
        "2013-03-11T06:30:00Z",
    ),
    (
        "0 0 * * * *",
        "2012-03-11T06:00:00Z",
        "2012-03-11T07:00:00Z",
    ),
    (
        "0 0 3 * * *",
        "2012-03-11T06:00:00Z",
        "2012-03-11T07:00:00Z",
    ),
    (
        "0 30 1 * * *",
        "2012-11-04T05:00:00Z",
        "2012-11-04T05:30:00Z",
    ),
    (
        "0 30 1 * * *",
        "2012-11-04T05:30:00Z",
        "2012-11-04T06:30:00Z",
    ),
    (
        "0 30 1 * * *",
        "2012-11-04T06:30:00Z",
        "2012-11-05T06:30:00Z",
    ),
    (
        "0 0 9 * * *",
        "2012-11-04T05:00:00Z",
        "2012-11-04T14:00:00Z",
    ),
];

/// A clock that is set: what it leaps over does not come, what it repeats comes twice.
#[test]
fn a_local_time_fires_whenever_the_clock_shows_it() {
    for (fields, after, next) in NEW_YORK {
        let text = format!("CRON_TZ=America/New_York {fields}");
        let schedule = Schedule::parse(&text).unwrap();
        assert_eq!(
            schedule.next(ms(after), 0),
            Some(ms(next)),
            "{text} after {after}"
        );
        assert_eq!(schedule.last(ms(next)), Some(ms(next)), "{text}");
        assert!(schedule.last(ms(next) - 1) <= Some(ms(after)), "{text}");
    }
    // Midnight is leapt over there, and the day is not.
    let schedule = Schedule::parse("CRON_TZ=America/Sao_Paulo 0 0 6 4 11 *").unwrap();
    let next = schedule.next(ms("2018-11-01T00:00:00Z"), 0);
    assert_eq!(next, Some(ms("2018-11-04T08:00:00Z")));
    // By half an hour, twice a year.
    let schedule = Schedule::parse("CRON_TZ=Australia/Lord_Howe 0 45 1 * * *").unwrap();
    let first = schedule.next(ms("2024-04-06T12:00:00Z"), 0);
    assert_eq!(first, Some(ms("2024-04-06T14:45:00Z")));
    assert_eq!(
        schedule.next(first.unwrap(), 0),
        Some(ms("2024-04-06T15:15:00Z"))
    );
}

#[test]
fn what_never_comes_ends_the_search() {
    let never = Schedule::parse("0 0 0 31 2,4 *").unwrap();
    assert_eq!(never.next(0, 0), None);
    assert_eq!(never.last(4_000_000_000_000), None);
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
    for (text, at, part) in [
        ("", 0, ""),
        ("* * * * *", 0, "* * * * *"),
        ("0 0 8 * * * *", 0, "0 0 8 * * * *"),
        ("60 * * * * *", 0, "60"),
        (" 0 0  24 * * *", 6, "24"),
        ("0 0 8 0 * *", 6, "0"),
        ("0 0 8 1,32 * *", 8, "32"),
        ("0 0 8 * 13 *", 8, "13"),
        ("0 0 8 * * 8", 10, "8"),
        ("0 */0 8 * * *", 2, "*/0"),
        ("0 5-2 8 * * *", 2, "5-2"),
        ("0 0 8 +1 * *", 6, "+1"),
        ("0 0 8 1, * *", 8, ""),
        ("0 0 8 * JANUARY *", 8, "JANUARY"),
        ("a b c d e f", 0, "a"),
        // What other clocks know and the vendor's documents do not.
        ("0 0 0 L * *", 6, "L"),
        ("0 0 0 15W * *", 6, "15W"),
        ("0 0 0 * * 5#3", 10, "5#3"),
        ("@daily", 0, "@daily"),
        ("@every", 0, "@every"),
        ("@every 5", 7, "5"),
        ("@every  1h5x", 10, "5x"),
        ("@every 0s", 7, "0s"),
        ("@every 999ms", 7, "999ms"),
        ("@every 9999999999h", 7, "9999999999h"),
        ("CRON_TZ=Nowhere/Land 0 0 4 1 * *", 8, "Nowhere/Land"),
        ("CRON_TZ=UTC", 11, ""),
        ("CRON_TZ=Asia/Shanghai 0 0 4 1 * 9", 32, "9"),
    ] {
        let no = Schedule::parse(text).unwrap_err();
        assert_eq!((no.at, no.part.as_str()), (at, part), "{text}: {no}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_no_time_goes_back(text in "[0-9*/,@A-Za-z ?=-]{0,24}", after in 0_i64..4_000_000_000_000) {
        if let Ok(schedule) = Schedule::parse(&text) {
            proptest::prop_assert!(schedule.next(after, 0).is_none_or(|next| next > after));
        }
    }

    #[test]
    fn the_next_time_is_the_first_that_fits(
        minute in 0_i64..60, hours in 1_i64..24, day in 1_i64..29, after in 0_i64..2_000_000_000,
    ) {
        let text = format!("CRON_TZ=Europe/Berlin */7 {minute} */{hours} {day} * ?");
        let schedule = Schedule::parse(&text).unwrap();
        let next = schedule.next(after * 1000, 0).unwrap();
        proptest::prop_assert_eq!(schedule.last(next), Some(next));
        proptest::prop_assert_eq!(schedule.next(next - 1, 0), Some(next));
        proptest::prop_assert!(schedule.last(next - 1).is_none_or(|last| last <= after * 1000));
    }
}
