//! Destinations of asynchronous calls.

use serde_json::Value as Json;

use super::text;
use crate::bridge::bus_of_arn;
use crate::function::error::{FcError, Outcome};
use crate::mns::Address;

/// Checks a `destinationConfig`. Destinations of products that the local cloud does not have may be any ARN.
pub(in crate::function::model) fn check(config: &Json) -> Outcome<()> {
    object("destinationConfig", config)?;
    for side in ["onSuccess", "onFailure"] {
        let field = format!("destinationConfig.{side}");
        object(&field, &config[side])?;
        let field = format!("{field}.destination");
        let arn = text(&field, &config[side]["destination"])?.unwrap_or_default();
        if !arn.is_empty() {
            form(arn)
                .map_err(|form| FcError::invalid(format!("{field} {arn:?} must be {form}")))?;
        }
    }
    Ok(())
}

fn object(field: &str, value: &Json) -> Outcome<()> {
    match value {
        Json::Null | Json::Object(_) => Ok(()),
        other => Err(FcError::invalid(format!(
            "{field} must be an object, and is {other}"
        ))),
    }
}

/// Whether a destination has the form that its product demands; that form.
fn form(arn: &str) -> Result<(), &'static str> {
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    let ["acs", product, _, _, resource] = parts[..] else {
        return Err("acs:PRODUCT:REGION:ACCOUNT:RESOURCE");
    };
    let (fits, form) = match product {
        // Those of the older edition lead through a service.
        "fc" => (
            ["functions/", "services/"].iter().any(|kind| {
                resource
                    .strip_prefix(kind)
                    .is_some_and(|name| !name.is_empty())
            }),
            "acs:fc:REGION:ACCOUNT:functions/NAME",
        ),
        "mns" => (
            Address::of_arn(arn).is_some(),
            "acs:mns:REGION:ACCOUNT:/queues/NAME/messages or acs:mns:REGION:ACCOUNT:/topics/NAME/messages",
        ),
        "eventbridge" => (
            bus_of_arn(arn).is_some(),
            "acs:eventbridge:REGION:ACCOUNT:eventbus/NAME",
        ),
        _ => (
            !product.is_empty() && !resource.is_empty(),
            "acs:PRODUCT:REGION:ACCOUNT:RESOURCE",
        ),
    };
    fits.then_some(()).ok_or(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn destinations_are_names_of_things_that_there_may_be() {
        for (arn, fits) in [
            ("acs:fc:r:1:functions/f", true),
            ("acs:fc:::functions/f/prod", true),
            ("acs:mns:r:1:/queues/q/messages", true),
            ("acs:mns:r:1:/topics/t/messages", true),
            ("acs:eventbridge:r:1:eventbus/b", true),
            ("acs:mq:r:1:/instances/i/topic/t", true),
            ("", true),
            ("banana", false),
            ("acs:fc:r:1:functions/", false),
            ("acs:fc:r:1:f", false),
            ("acs:mns:r:1:/boxes/q", false),
            ("acs:eventbridge:r:1:b", false),
            ("acs:mq:r:1", false),
        ] {
            let checked = check(&json!({"onFailure": {"destination": arn}}));
            assert_eq!(checked.is_ok(), fits, "{arn}");
            if let Err(error) = checked {
                assert!(
                    error
                        .message
                        .starts_with("destinationConfig.onFailure.destination")
                );
            }
        }
        assert!(check(&json!({"onSuccess": "acs:fc:r:1:functions/f"})).is_err());
        assert!(check(&json!({"onSuccess": {"destination": 1}})).is_err());
    }
}
