//! What is set of a function beside its configuration, by the vendor's rules.

use serde_json::{Map, Value as Json, json};

use super::policy::Policies;
use super::rules::check_destination;
use crate::function::error::{FcError, Outcome};

/// One kind of setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingKind {
    /// How asynchronous calls are treated.
    Async,
    /// How many instances a function may have.
    Concurrency,
    /// How many instances are kept, in the older form.
    Provision,
    /// How many instances are kept.
    Scaling,
}

impl SettingKind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [
        Self::Async,
        Self::Concurrency,
        Self::Provision,
        Self::Scaling,
    ];

    /// Its name in paths of the API.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Async => "async-invoke-config",
            Self::Concurrency => "concurrency",
            Self::Provision => "provision-config",
            Self::Scaling => "scaling-config",
        }
    }

    /// The path of the list of all, and the name of the list in its reply.
    pub(crate) fn list(self) -> (&'static str, &'static str) {
        match self {
            Self::Async => ("async-invoke-configs", "configs"),
            Self::Concurrency => ("concurrency-configs", "configs"),
            Self::Provision => ("provision-configs", "provisionConfigs"),
            Self::Scaling => ("scaling-configs", "scalingConfigs"),
        }
    }

    /// Whether it is of an alias or `LATEST`, and of no version: the rule of `PutProvisionConfig` and `PutScalingConfig`.
    pub(crate) fn is_of_alias(self) -> bool {
        matches!(self, Self::Provision | Self::Scaling)
    }

    /// The code of the answer that there is none.
    pub(crate) fn missing(self) -> &'static str {
        match self {
            Self::Async => "AsyncConfigNotExists",
            Self::Concurrency => "ConcurrencyConfigNotExists",
            Self::Provision => "ProvisionConfigNotFound",
            Self::Scaling => "ScalingConfigNotFound",
        }
    }

    /// The document that a call makes, checked and with the vendor's defaults.
    pub(crate) fn checked(self, body: Map<String, Json>) -> Outcome<Json> {
        let mut document = Json::Object(body);
        match self {
            Self::Async => {
                number(&mut document, "maxAsyncRetryAttempts", (0, 8), Some(3))?;
                let age = "maxAsyncEventAgeInSeconds";
                number(&mut document, age, (1, 604_800), Some(86_400))?;
                match &document["asyncTask"] {
                    Json::Bool(_) => {}
                    Json::Null => document["asyncTask"] = false.into(),
                    other => {
                        let message = format!("asyncTask must be true or false, and is {other}");
                        return Err(FcError::invalid(message));
                    }
                }
                check_destination(&document["destinationConfig"])?;
                if document["destinationConfig"].is_null() {
                    document["destinationConfig"] = json!({});
                }
            }
            Self::Concurrency => {
                number(&mut document, "reservedConcurrency", (0, 10_000), None)?;
                if document["reservedConcurrency"].is_null() {
                    return Err(FcError::invalid("reservedConcurrency must be set"));
                }
            }
            Self::Provision => {
                number(&mut document, "target", (0, 10_000), None)?;
                number(&mut document, "defaultTarget", (0, 10_000), None)?;
            }
            Self::Scaling => number(&mut document, "minInstances", (0, 10_000), Some(0))?,
        }
        Policies::read(self, &document, 0)?;
        Ok(document)
    }

    /// The names of its lists of rules: those by time, and those by use.
    pub(super) fn rules(self) -> (&'static str, &'static str) {
        match self {
            Self::Provision => ("scheduledActions", "targetTrackingPolicies"),
            Self::Scaling => ("scheduledPolicies", "horizontalScalingPolicies"),
            Self::Async | Self::Concurrency => ("", ""),
        }
    }

    /// What a document says of kept instances.
    pub(crate) fn policies(self, document: &Json) -> Policies {
        let base = self.base(document);
        // Rules are checked when they are put; what an older version let pass has no effect.
        Policies::read(self, document, base).unwrap_or_else(|_| Policies::fixed(base))
    }

    /// How many instances a document wants to be kept when no rule is in effect.
    fn base(self, document: &Json) -> u32 {
        let names: &[&str] = match self {
            Self::Provision => &["defaultTarget", "target"],
            Self::Scaling => &["minInstances"],
            Self::Async | Self::Concurrency => &[],
        };
        let mut numbers = names.iter().filter_map(|name| document[*name].as_u64());
        let base = numbers.next().unwrap_or_default();
        u32::try_from(base).unwrap_or(u32::MAX)
    }

    /// The document as a reply shows it; `target` instances are wanted and `current` are there.
    pub(crate) fn show(self, document: &Json, arn: &str, (target, current): (u32, u32)) -> Json {
        let mut shown = document.clone();
        shown["functionArn"] = arn.into();
        match self {
            Self::Provision => {
                shown["target"] = target.into();
                shown["defaultTarget"] = self.base(document).into();
                shown["current"] = current.into();
                shown["currentError"] = "".into();
            }
            Self::Scaling => {
                shown["targetInstances"] = target.into();
                shown["currentInstances"] = current.into();
                shown["currentError"] = "".into();
            }
            Self::Async | Self::Concurrency => {}
        }
        shown
    }
}

/// Checks that a number is within bounds; sets it when it is absent and there is a default.
fn number(
    document: &mut Json,
    name: &str,
    (least, most): (u64, u64),
    default: Option<u64>,
) -> Outcome<()> {
    match (&document[name], default) {
        (Json::Null, Some(default)) => document[name] = default.into(),
        (Json::Null, None) => {}
        (value, _) => {
            let fits = value
                .as_u64()
                .is_some_and(|number| (least..=most).contains(&number));
            if !fits {
                return Err(FcError::invalid(format!(
                    "{name} must be a whole number from {least} to {most}"
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(kind: SettingKind, body: &Json) -> Outcome<Json> {
        kind.checked(body.as_object().unwrap().clone())
    }

    #[test]
    fn defaults_are_filled_in_and_bounds_kept() {
        let async_config = checked(SettingKind::Async, &json!({})).unwrap();
        assert_eq!(async_config["maxAsyncRetryAttempts"], 3);
        assert_eq!(async_config["maxAsyncEventAgeInSeconds"], 86_400);
        for (kind, body) in [
            (SettingKind::Async, json!({"maxAsyncRetryAttempts": 9})),
            (SettingKind::Async, json!({"maxAsyncEventAgeInSeconds": 0})),
            (SettingKind::Async, json!({"asyncTask": "yes"})),
            (
                SettingKind::Async,
                json!({"destinationConfig": {"onSuccess": {"destination": "banana"}}}),
            ),
            (SettingKind::Concurrency, json!({})),
            (SettingKind::Concurrency, json!({"reservedConcurrency": -1})),
            (SettingKind::Scaling, json!({"minInstances": "2"})),
            (
                SettingKind::Scaling,
                json!({"scheduledPolicies": [{"name": "a"}]}),
            ),
        ] {
            assert!(checked(kind, &body).is_err(), "{body}");
        }
    }

    #[test]
    fn either_form_says_how_many_instances_are_kept() {
        let provision = SettingKind::Provision;
        assert_eq!(provision.base(&json!({"target": 2})), 2);
        assert_eq!(provision.base(&json!({"defaultTarget": 3, "target": 5})), 3);
        let shown = provision.show(&json!({"target": 2}), "arn", (4, 1));
        for (name, number) in [("target", 4), ("defaultTarget", 2), ("current", 1)] {
            assert_eq!(shown[name], number, "{name}");
        }
        assert_eq!(SettingKind::Scaling.base(&json!({"minInstances": 4})), 4);
    }
}
