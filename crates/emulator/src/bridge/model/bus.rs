//! Buses.

use serde_json::{Value, json};

use super::event::Origin;
use crate::bridge::error::{BridgeError, Outcome};

/// The bus that is always there.
pub(in crate::bridge) const DEFAULT: &str = "default";
/// Characters of the name of a bus, a rule or a target at most.
const NAME: usize = 127;

/// A bus of the user's own, or the default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bridge) struct Bus {
    pub(in crate::bridge) name: String,
    pub(in crate::bridge) description: String,
    pub(in crate::bridge) created_ms: i64,
}

impl Bus {
    /// As the API shows it.
    pub(in crate::bridge) fn show(&self, origin: &Origin) -> Value {
        json!({
            "EventBusName": self.name,
            "EventBusARN": arn(origin, &self.name),
            "Description": self.description,
            "CreateTimestamp": self.created_ms,
        })
    }
}

/// A bus's resource name.
pub(super) fn arn(origin: &Origin, name: &str) -> String {
    let (region, account) = (&origin.region, &origin.account);
    format!("acs:eventbridge:{region}:{account}:eventbus/{name}")
}

/// The bus that `acs:eventbridge:REGION:ACCOUNT:eventbus/NAME` names. Every region and account is here.
pub(crate) fn bus_of_arn(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(5, ':');
    if (parts.next(), parts.next()) != (Some("acs"), Some("eventbridge")) {
        return None;
    }
    let name = parts.nth(2)?.strip_prefix("eventbus/")?;
    check_name("", name).ok().map(|()| name.to_owned())
}

/// Whether something may be called so: letters, digits, `-`, `_` and `.`.
pub(in crate::bridge) fn check_name(parameter: &str, name: &str) -> Outcome<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=NAME).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(BridgeError::invalid(format!(
        "{parameter} {name:?} must be letters, digits, -, _ and ., {NAME} at most."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_name_names_a_bus() {
        for (arn, bus) in [
            (
                "acs:eventbridge:cn-hangzhou:1:eventbus/default",
                Some("default"),
            ),
            ("acs:eventbridge:::eventbus/my-bus", Some("my-bus")),
            ("acs:eventbridge:::eventbus/my bus", None),
            ("acs:eventbridge:::eventbus/", None),
            ("acs:eventbridge:::bus/x", None),
            ("acs:mns:::eventbus/x", None),
        ] {
            assert_eq!(bus_of_arn(arn).as_deref(), bus, "{arn}");
        }
    }
}
