//! Flows, their versions, aliases and schedules as they are kept, and how replies show them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflow::engine::Mode;

/// A flow.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Flow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) definition: String,
    pub(super) description: String,
    /// `FDL`, or `DEFAULT` as some write it.
    pub(super) kind: String,
    pub(super) role: String,
    pub(super) mode: Mode,
    /// `{"Variables": […]}`, as it was given.
    pub(super) environment: Value,
    pub(super) group: String,
    pub(super) created: i64,
    pub(super) modified: i64,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) flow: String,
    pub(super) number: i64,
    pub(super) definition: String,
    pub(super) description: String,
    pub(super) created: i64,
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) flow: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) routes: Vec<Route>,
    pub(super) created: i64,
}

/// Where an alias leads, and how often of a hundred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Route {
    pub(super) version: String,
    #[serde(default)]
    pub(super) weight: u32,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) id: String,
    pub(super) flow: String,
    pub(super) name: String,
    pub(super) cron: String,
    pub(super) payload: String,
    pub(super) description: String,
    pub(super) is_enabled: bool,
    pub(super) created: i64,
    pub(super) modified: i64,
}

/// An execution's row: what is asked without its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) flow: String,
    pub(super) name: String,
    /// The digest of the definition that it runs by.
    pub(super) digest: String,
    pub(super) status: String,
    pub(super) started: i64,
    pub(super) stopped: Option<i64>,
    /// The version or alias that was asked for.
    pub(super) qualifier: String,
    /// The map run that it is an item of.
    pub(super) map_run: String,
}

impl Flow {
    /// As replies show it.
    pub(super) fn shown(&self) -> Value {
        json!({
            "Id": self.id,
            "Name": self.name,
            "Definition": self.definition,
            "Description": self.description,
            "Type": self.kind,
            "RoleArn": self.role,
            "ExecutionMode": mode_name(self.mode),
            "Environment": self.environment,
            "ResourceGroupId": self.group,
            "CreatedTime": moment(self.created),
            "LastModifiedTime": moment(self.modified),
        })
    }
}

impl Version {
    pub(super) fn shown(&self) -> Value {
        json!({
            "Version": self.number.to_string(),
            "Description": self.description,
            "CreatedTime": moment(self.created),
        })
    }
}

impl Alias {
    pub(super) fn shown(&self) -> Value {
        json!({
            "Name": self.name,
            "Description": self.description,
            "RoutingConfigurations": self.routes,
            "CreatedTime": moment(self.created),
        })
    }
}

impl Schedule {
    pub(super) fn shown(&self) -> Value {
        json!({
            "ScheduleId": self.id,
            "ScheduleName": self.name,
            "CronExpression": self.cron,
            "Payload": self.payload,
            "Description": self.description,
            "Enable": self.is_enabled,
            "CreatedTime": moment(self.created),
            "LastModifiedTime": moment(self.modified),
        })
    }
}

/// A mode as the API names it.
pub(super) const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Standard => "Standard",
        Mode::Express => "Express",
    }
}

/// A moment as replies show it: `2020-09-22T23:43:40.073Z`.
pub(super) fn moment(millis: i64) -> String {
    let moment = Timestamp::from_millisecond(millis).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
