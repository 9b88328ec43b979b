//! Triggers by time.

use serde_json::Value as Json;
use trigger::Schedule;

use super::{flag, text};
use crate::function::error::{FcError, Outcome};

/// Bytes of a payload at most. The vendor's limit.
const LARGEST: usize = 128 * 1024;

/// Checks what a timer says (`TimeTriggerConfig` of the vendor's docs).
pub(super) fn check(config: &Json) -> Outcome<()> {
    let expression = text("cronExpression", &config["cronExpression"])?.unwrap_or_default();
    let read = Schedule::parse(expression);
    read.map_err(|why| FcError::invalid(format!("cronExpression: {why}")))?;
    flag("enable", &config["enable"])?;
    let payload = text("payload", &config["payload"])?.unwrap_or_default();
    if payload.len() > LARGEST {
        return Err(FcError::invalid("payload is larger than 128 KB"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_names_its_field() {
        let daily = "0 0 8 * * *";
        for (config, field) in [
            (json!({"cronExpression": "0 8 * * *"}), "cronExpression"),
            (json!({"cronExpression": 5}), "cronExpression"),
            (json!({"cronExpression": daily, "enable": "yes"}), "enable"),
            (json!({"cronExpression": daily, "payload": {}}), "payload"),
        ] {
            let error = check(&config).unwrap_err();
            assert_eq!(error.code, "InvalidArgument");
            assert!(error.message.starts_with(field), "{config} {error}");
        }
        let full = json!({"cronExpression": daily, "enable": false, "payload": "tea"});
        assert_eq!(check(&full), Ok(()));
    }
}
