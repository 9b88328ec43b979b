//! When something begins by itself: whether a text says so, as timers and schedules take it.

use jiff::tz::TimeZone;

/// In a sentence, what such a text is.
pub(super) const WORDS: &str = "six cron fields (second, minute, hour, day of the month, month, day of the week), with \
`CRON_TZ=ZONE ` before them if wanted, or `@every` and a duration such as 5m";

/// The least and the most of each field, and the names that may stand for numbers (the vendor's "Time triggers").
const FIELDS: [(u32, u32, &[&str]); 6] = [
    (0, 59, &[]),
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (
        1,
        12,
        &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    ),
    (0, 7, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
];

/// Whether a text says when.
pub(super) fn is_time(text: &str) -> bool {
    let text = text.trim();
    if let Some(every) = text.strip_prefix("@every ") {
        return is_duration(every.trim());
    }
    let fields = match text.strip_prefix("CRON_TZ=") {
        Some(zoned) => {
            let (zone, fields) = zoned.split_once(' ').unwrap_or((zoned, ""));
            if TimeZone::get(zone).is_err() {
                return false;
            }
            fields
        }
        None => text,
    };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    fields.len() == FIELDS.len()
        && fields
            .iter()
            .zip(FIELDS)
            .all(|(field, of)| field.split(',').all(|part| is_part(part, of)))
}

/// Numbers with units, such as `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = ["ms", "h", "m", "s"]
            .iter()
            .find_map(|unit| digits.strip_prefix(unit));
        match unit {
            Some(after) if digits.len() < rest.len() => rest = after,
            _ => return false,
        }
    }
    !text.is_empty()
}

/// One of the parts between commas: all, a value, or a range, each with a step if wanted.
fn is_part(part: &str, of: (u32, u32, &[&str])) -> bool {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, step.parse().is_ok_and(|step: u32| step > 0)),
        None => (part, true),
    };
    let bounds = || match range.split_once('-') {
        Some((first, last)) => is_value(first, of) && is_value(last, of),
        None => is_value(range, of),
    };
    step && (matches!(range, "*" | "?") || bounds())
}

/// A number of the field, a name for one, or a last or nearest day (`L`, `15W`, `5#3`).
fn is_value(text: &str, (least, most, names): (u32, u32, &[&str])) -> bool {
    let upper = text.to_ascii_uppercase();
    let is_day = most == 31 || most == 7;
    if names.contains(&upper.as_str()) || is_day && matches!(upper.as_str(), "L" | "LW") {
        return true;
    }
    let number = match upper.split_once('#') {
        Some((day, nth)) if most == 7 => {
            if !matches!(nth, "1" | "2" | "3" | "4" | "5") {
                return false;
            }
            day
        }
        _ if is_day => upper.trim_end_matches(['L', 'W']),
        _ => &upper,
    };
    let within = |number: u32| (least..=most).contains(&number);
    names.contains(&number) || number.parse().is_ok_and(within)
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn times_have_one_of_three_forms() {
        for time in [
            "0 0 8 * * *",
            "@every 2m",
            "@every 1h30m",
            "CRON_TZ=Asia/Shanghai 0 0 4 1 * *",
            "0 */5 8-18 ? JAN-mar MON,fri",
            "59 59 23 L 12 5#3",
            "0 0 0 15W * 7",
        ] {
            assert!(is_time(time), "{time}");
        }
        for other in [
            "0 8 * * *",
            "0 0 8 * * * 2030",
            "60 0 8 * * *",
            "0 0 24 * * *",
            "0 0 8 0 * *",
            "0 0 8 * 13 *",
            "0 0 8 * * 8",
            "0 */0 8 * * *",
            "0 a 8 * * *",
            "@every",
            "@every m",
            "@every 5",
            "@every 5 minutes",
            "CRON_TZ=Asia/Shanghai",
            "CRON_TZ=Asia/Shangha 0 0 8 * * *",
            "",
        ] {
            assert!(!is_time(other), "{other}");
        }
    }
}
