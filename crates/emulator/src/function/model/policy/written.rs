//! Rules about kept instances as they are written: read, and refused when they cannot be carried out.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value as Json;
use trigger::Schedule;

use super::{Policies, Scheduled, Tracking, When, Window};
use crate::function::error::{FcError, Outcome};
use crate::function::model::SettingKind;

/// Instances at most.
const MOST: u32 = 10_000;
/// The metric that is measured here.
const MEASURED: &str = "ProvisionedConcurrencyUtilization";
/// All metrics that a rule may name.
const METRICS: [&str; 3] = [MEASURED, "CPUUtilization", "GPUMemUtilization"];

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
            Schedule::parse(&text).map_err(|why| FcError::invalid(why.to_string()))?,
        ))
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
