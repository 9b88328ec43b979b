//! How many instances are kept: a number, or what rules by time and by use make of it. Pure.
//!
//! Of the rules by time, the one that came due last counts; of that and the rules by use that are in effect, the largest
//! number. Without a rule in effect it is the number.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value as Json;

use super::SettingKind;
use crate::function::error::{FcError, Outcome};
use crate::function::trigger::Schedule;

/// Instances at most.
const MOST: u32 = 10_000;
/// How often use is looked at, in milliseconds.
pub(crate) const MINUTE_MS: i64 = 60_000;
/// The metric that is measured here.
const MEASURED: &str = "ProvisionedConcurrencyUtilization";
/// All metrics that a rule may name.
const METRICS: [&str; 3] = [MEASURED, "CPUUtilization", "GPUMemUtilization"];

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

/// A rule by time as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenAction {
    name: String,
    schedule_expression: String,
    target: u32,
    #[serde(flatten)]
    span: WrittenSpan,
}

/// A rule by use as it is written; the two forms of the setting name its bounds differently.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPolicy {
    name: String,
    metric_type: String,
    metric_target: f64,
    #[serde(alias = "minInstances")]
    min_capacity: u32,
    #[serde(alias = "maxInstances")]
    max_capacity: u32,
    #[serde(flatten)]
    span: WrittenSpan,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSpan {
    start_time: Option<String>,
    end_time: Option<String>,
    time_zone: Option<String>,
}

impl Policies {
    /// Reads a document of a setting; `base` instances are kept without rules.
    ///
    /// # Errors
    /// A rule that cannot be carried out as it is written.
    pub(crate) fn read(kind: SettingKind, document: &Json, base: u32) -> Outcome<Self> {
        let (by_time, by_use) = kind.rules();
        let actions: Vec<WrittenAction> = list(document, by_time)?;
        let policies: Vec<WrittenPolicy> = list(document, by_use)?;
        let tracking = policies.iter().map(WrittenPolicy::read);
        Ok(Self {
            base,
            scheduled: actions
                .iter()
                .map(WrittenAction::read)
                .collect::<Outcome<_>>()?,
            tracking: tracking
                .filter_map(Outcome::transpose)
                .collect::<Outcome<_>>()?,
        })
    }

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
        let by_time = self.scheduled.iter().flat_map(|rule| {
            let due = rule.when.next(now.max(rule.window.start.saturating_sub(1)));
            let due = due.filter(|due| *due < rule.window.end);
            due.into_iter().chain(rule.window.edges())
        });
        let by_use = self.tracking.iter().flat_map(|rule| {
            let minute = (now.div_euclid(MINUTE_MS) + 1) * MINUTE_MS;
            let minute = rule.window.holds(now).then_some(minute);
            minute.into_iter().chain(rule.window.edges())
        });
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
    fn read(text: &str, zone: (&str, &TimeZone)) -> Outcome<Self> {
        let inside = |name: &str| text.strip_prefix(name)?.strip_suffix(')');
        if let Some(time) = inside("at(") {
            return Ok(Self::Once(milliseconds(time, zone.1)?));
        }
        let fields = inside("cron(")
            .ok_or_else(|| FcError::invalid(format!("{text:?} is neither cron(…) nor at(…)")))?;
        let text = format!("CRON_TZ={} {fields}", zone.0);
        Ok(Self::Again(
            Schedule::parse(&text).map_err(FcError::invalid)?,
        ))
    }

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

impl WrittenAction {
    fn read(&self) -> Outcome<Scheduled> {
        let named = |error: FcError| error.of(&self.name);
        if self.target > MOST {
            let message = format!("target must be at most {MOST}");
            return Err(named(FcError::invalid(message)));
        }
        let (name, zone) = self.span.zone().map_err(named)?;
        Ok(Scheduled {
            window: self.span.read(&zone).map_err(named)?,
            when: When::read(&self.schedule_expression, (&name, &zone)).map_err(named)?,
            target: self.target,
        })
    }
}

impl WrittenPolicy {
    /// The rule; nothing when its metric is not measured here.
    fn read(&self) -> Outcome<Option<Tracking>> {
        let refuse = |message: String| Err(FcError::invalid(message).of(&self.name));
        if !METRICS.contains(&self.metric_type.as_str()) {
            return refuse(format!("metricType must be one of {}", METRICS.join(", ")));
        }
        if !(0.001..=1.0).contains(&self.metric_target) {
            return refuse("metricTarget must be above 0 and at most 1".to_owned());
        }
        if self.min_capacity > self.max_capacity || self.max_capacity > MOST {
            return refuse(format!("the bounds must be in order and at most {MOST}"));
        }
        let (_, zone) = self.span.zone().map_err(|error| error.of(&self.name))?;
        let window = self.span.read(&zone);
        let window = window.map_err(|error| error.of(&self.name))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is from 1 to 1000"
        )]
        let permille = (self.metric_target * 1000.0).round() as u64;
        Ok((self.metric_type == MEASURED).then_some(Tracking {
            window,
            permille,
            least: self.min_capacity,
            most: self.max_capacity,
        }))
    }
}

impl WrittenSpan {
    fn zone(&self) -> Outcome<(String, TimeZone)> {
        let name = self.time_zone.as_deref().filter(|name| !name.is_empty());
        match name.unwrap_or("UTC") {
            "UTC" => Ok(("UTC".to_owned(), TimeZone::UTC)),
            name => match TimeZone::get(name) {
                Ok(zone) => Ok((name.to_owned(), zone)),
                Err(_) => Err(FcError::invalid(format!(
                    "{name:?} is no time zone known here"
                ))),
            },
        }
    }

    fn read(&self, zone: &TimeZone) -> Outcome<Window> {
        let time = |text: &Option<String>, otherwise| match text.as_deref() {
            None | Some("") => Ok(otherwise),
            Some(text) => milliseconds(text, zone),
        };
        Ok(Window {
            start: time(&self.start_time, i64::MIN)?,
            end: time(&self.end_time, i64::MAX)?,
        })
    }
}

/// A time with an offset of its own, else one in the zone.
fn milliseconds(text: &str, zone: &TimeZone) -> Outcome<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let time = text.parse::<DateTime>().ok();
    let time = time.and_then(|time| time.to_zoned(zone.clone()).ok());
    let time = time
        .ok_or_else(|| FcError::invalid(format!("{text:?} is no time like 2026-11-30T20:00:00")))?;
    Ok(time.timestamp().as_millisecond())
}

fn list<T: serde::de::DeserializeOwned>(document: &Json, name: &str) -> Outcome<Vec<T>> {
    let list = match &document[name] {
        Json::Null => return Ok(Vec::new()),
        list => list.clone(),
    };
    serde_json::from_value(list).map_err(|error| FcError::invalid(format!("{name}: {error}")))
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
