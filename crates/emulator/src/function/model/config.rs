//! A function's configuration as the API takes and shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::layer::AttachedLayer;
use crate::function::error::Outcome;

/// What can be configured of a function. What is absent is not set; the vendor's defaults are filled in by
/// [`Config::with_defaults`].
#[expect(clippy::struct_field_names, reason = "the API's own names")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handler: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_concurrency: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idle_timeout: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) internet_access: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disable_ondemand: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disable_inject_credentials: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment_variables: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_runtime_config: Option<CustomRuntime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_container_config: Option<CustomContainer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_lifecycle_config: Option<Lifecycle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_config: Option<Json>,
    /// What is kept and shown, and mostly has no effect here.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, Json>,
}

/// How a custom runtime is started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CustomRuntime {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) args: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_check_config: Option<HealthCheck>,
}

/// How a container is started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CustomContainer {
    pub(crate) image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_check_config: Option<HealthCheck>,
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, Json>,
}

/// When an instance counts as well; seconds and counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HealthCheck {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_get_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) initial_delay_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) period_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure_threshold: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) success_threshold: Option<u32>,
}

/// What runs at the begin and end of an instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Lifecycle {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) initializer: Option<LifecycleHook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pre_stop: Option<LifecycleHook>,
}

/// One of them: a handler or a command, and its seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LifecycleHook {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handler: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<u32>,
}

/// Where a call says that code is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Code {
    /// A zip archive in base64.
    pub(crate) zip_file: Option<String>,
    pub(crate) oss_bucket_name: Option<String>,
    pub(crate) oss_object_name: Option<String>,
    /// CRC-64 of the archive, decimal.
    pub(crate) checksum: Option<String>,
}

/// The body of `CreateFunction` and, without its name, of `UpdateFunction`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewFunction {
    pub(crate) function_name: Option<String>,
    pub(crate) code: Option<Code>,
    pub(crate) tags: Option<Vec<Tag>>,
    #[serde(flatten)]
    pub(crate) config: Config,
}

/// A tag as `CreateFunction` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Tag {
    #[serde(rename = "Key", alias = "key")]
    pub(crate) key: String,
    #[serde(rename = "Value", alias = "value", default)]
    pub(crate) value: String,
}

impl Tag {
    /// Key and value.
    pub(crate) fn pair(&self) -> (String, String) {
        (self.key.clone(), self.value.clone())
    }
}

/// A function, or a version of it, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// A UUID.
    pub(crate) id: String,
    pub(crate) config: Config,
    /// What the package is kept under; nothing for containers.
    pub(crate) code: Option<Package>,
    /// The layers that the configuration names, in its order.
    #[serde(default)]
    pub(crate) layers: Vec<AttachedLayer>,
    /// Grows with every change.
    pub(crate) revision: u64,
    /// The number of the version published last; 0 before the first.
    #[serde(default)]
    pub(crate) published: u64,
    /// Milliseconds of the cloud's time.
    pub(crate) created_ms: i64,
    /// Milliseconds of the cloud's time.
    pub(crate) modified_ms: i64,
    /// Whether calls are refused.
    #[serde(default)]
    pub(crate) disabled: bool,
    /// When calls were last let in or refused, and why.
    #[serde(default)]
    pub(crate) switched: Option<Switched>,
    /// By key.
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

/// The last change of whether calls are let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Switched {
    /// Milliseconds of the cloud's time.
    pub(crate) at_ms: i64,
    /// What its caller gave as the reason.
    pub(crate) reason: Option<String>,
}

/// A code package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    /// Lower-case hex SHA-256 of the archive.
    pub(crate) sha256: String,
    /// CRC-64 of the archive.
    pub(crate) crc64: u64,
    /// Bytes of the archive.
    pub(crate) size: u64,
}

impl Config {
    /// The configuration with the vendor's defaults, but for `cpu`: whether somebody chose it is kept.
    pub(crate) fn with_defaults(mut self) -> Self {
        self.description.get_or_insert_default();
        self.timeout.get_or_insert(3);
        self.memory_size.get_or_insert(512);
        self.disk_size.get_or_insert(512);
        self.instance_concurrency.get_or_insert(1);
        self.internet_access.get_or_insert(true);
        self.environment_variables.get_or_insert_default();
        self
    }

    /// The virtual CPUs that replies show: those that were chosen, or what goes with the memory.
    ///
    /// The default is 0.35 for 512 MB. What others get is not documented; half a processor for a GB is amid the allowed
    /// ratios of 1:1 to 1:4, and stays there when it is rounded up to a step of 0.05.
    fn shown_cpu(&self) -> f64 {
        let memory = self.memory_size.unwrap_or(512);
        self.cpu.unwrap_or(match memory {
            512 => 0.35,
            _ => (f64::from(memory) / 2048.0 * 20.0).ceil() / 20.0,
        })
    }

    /// The virtual CPUs that instances are held to; nothing where nobody chose. 0.35 with 512 MB is no choice: the service gives
    /// that anyway, and the vendor's tool (devsapp/fc3) writes it for whoever writes nothing.
    pub(crate) fn chosen_cpu(&self) -> Option<f64> {
        let is_usual = |cpu: f64| self.memory_size == Some(512) && (cpu - 0.35).abs() < 1e-6;
        self.cpu.filter(|cpu| !is_usual(*cpu))
    }

    /// Where the function's spans are to be sent; nothing when its calls are not traced. The API names it in `params`, earlier
    /// tools in `jaegerConfig`.
    pub(crate) fn traced_to(&self) -> Option<&str> {
        let tracing = self.other.get("tracingConfig")?;
        let named = ["params", "jaegerConfig"].map(|place| tracing[place]["endpoint"].as_str());
        named.into_iter().flatten().find(|text| !text.is_empty())
    }

    /// What an update changes: what it names.
    pub(crate) fn updated(&self, by: &Self) -> Outcome<Self> {
        let text = |config: &Self| serde_json::to_value(config).unwrap_or_default();
        let mut merged = text(self);
        if let (Some(merged), Json::Object(changes)) = (merged.as_object_mut(), text(by)) {
            merged.extend(changes);
        }
        serde_json::from_value(merged)
            .map_err(|error| crate::function::error::FcError::invalid(error.to_string()))
    }
}

impl Function {
    /// The reply of `GetFunction`; layers are objects there.
    pub(crate) fn show(&self, arn: &str) -> Json {
        let mut shown = serde_json::to_value(&self.config).unwrap_or_default();
        let layers: Vec<Json> = self.layers.iter().map(AttachedLayer::show).collect();
        let tags = self.tags.iter();
        let tags: Vec<Json> = tags.map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
        let package = self.code.as_ref();
        let checksum = package.map_or_else(String::new, |package| package.crc64.to_string());
        let more = json!({
            "cpu": self.config.shown_cpu(),
            "functionName": self.name,
            "functionId": self.id,
            "functionArn": arn,
            "codeChecksum": checksum,
            "codeSize": package.map_or(0, |package| package.size),
            "createdTime": shown_time(self.created_ms),
            "lastModifiedTime": shown_time(self.modified_ms),
            "layers": layers,
            "tags": tags,
            "state": "Active",
            "lastUpdateStatus": "Successful",
            "invocationRestriction": self.restriction(),
        });
        if let (Some(shown), Json::Object(more)) = (shown.as_object_mut(), more) {
            shown.extend(more);
        }
        shown
    }

    fn restriction(&self) -> Json {
        let mut shown = json!({ "disable": self.disabled });
        if let Some(switched) = &self.switched {
            shown["lastModifiedTime"] = shown_time(switched.at_ms).into();
            if let Some(reason) = &switched.reason {
                shown["reason"] = reason.as_str().into();
            }
        }
        shown
    }
}

/// A time as the API shows it: seconds and `Z`.
pub(crate) fn shown_time(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: Json) -> Config {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn an_update_changes_what_it_names_and_keeps_the_rest() {
        let before =
            config(json!({"runtime": "python3.10", "timeout": 3, "nasConfig": {"userId": 1}}));
        let by = config(json!({"timeout": 60, "environmentVariables": {"A": "1"}}));
        let after = before.updated(&by).unwrap();
        let expected = json!({
            "runtime": "python3.10", "timeout": 60, "environmentVariables": {"A": "1"}, "nasConfig": {"userId": 1},
        });
        assert_eq!(serde_json::to_value(&after).unwrap(), expected);
    }

    #[test]
    fn the_processor_goes_with_the_memory() {
        let sized = |memory: u32| {
            config(json!({ "runtime": "custom", "memorySize": memory })).with_defaults()
        };
        for memory in (128..=32_768).step_by(64) {
            let mut chosen = sized(memory);
            chosen.cpu = Some(chosen.shown_cpu());
            assert_eq!(chosen.check(), Ok(()), "{memory}");
        }
        for (memory, cpu) in [(128, "0.1"), (512, "0.35"), (1024, "0.5"), (3072, "1.5")] {
            assert_eq!(sized(memory).shown_cpu().to_string(), cpu, "{memory}");
        }
    }

    #[test]
    fn a_processor_that_nobody_chose_goes_with_the_memory_also_when_that_changes() {
        let before = config(json!({ "runtime": "custom", "memorySize": 512 })).with_defaults();
        let larger = before
            .updated(&config(json!({ "memorySize": 4096 })))
            .unwrap();
        assert_eq!((larger.check(), larger.cpu), (Ok(()), None));
        let chosen = before.updated(&config(json!({ "cpu": 0.5 }))).unwrap();
        let kept = chosen.updated(&config(json!({ "timeout": 9 }))).unwrap();
        assert_eq!(kept.cpu, Some(0.5));
    }

    #[test]
    fn what_tools_write_for_nothing_is_no_choice() {
        let chosen = |given: Json| config(given).with_defaults().chosen_cpu();
        assert_eq!(chosen(json!({})), None);
        assert_eq!(chosen(json!({ "cpu": 0.35, "memorySize": 512 })), None);
        assert_eq!(chosen(json!({ "cpu": 0.3, "memorySize": 512 })), Some(0.3));
        let larger = json!({ "cpu": 0.35, "memorySize": 1024 });
        assert_eq!(chosen(larger), Some(0.35));
    }
}
