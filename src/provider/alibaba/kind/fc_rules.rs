//! What rules about kept instances do to what the service shows: the number that they want now stands where the written one was.

use crate::resource::Object;

/// Whether there are rules that may want another number of instances than the one that is written.
fn has_rules(shown: &Object) -> bool {
    let lists = [
        "scheduledActions",
        "targetTrackingPolicies",
        "scheduledPolicies",
        "horizontalScalingPolicies",
    ];
    lists
        .iter()
        .filter_map(|name| shown.get(*name)?.as_array())
        .any(|rules| !rules.is_empty())
}

/// How many instances rules want now.
pub(super) fn wanted_by_rules(shown: &Object) -> Option<i64> {
    let names = ["target", "targetInstances"];
    let wanted = names.iter().find_map(|name| shown.get(*name)?.as_i64());
    wanted.filter(|_| has_rules(shown))
}

/// What is shown, with `target` as it was written: where there are rules the service shows what they want now.
pub(super) fn as_written(mut shown: Object) -> Object {
    let written = shown.get("defaultTarget").filter(|_| has_rules(&shown));
    if let Some(written) = written.filter(|number| number.is_i64()).cloned() {
        shown.insert("target".into(), written);
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn object(value: &Json) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_rules_want_is_waited_for_and_is_no_change() {
        let rules = json!([{ "name": "rush" }]);
        let shown = json!({ "target": 5, "defaultTarget": 1, "scheduledActions": rules });
        assert_eq!(wanted_by_rules(&object(&shown)), Some(5));
        assert_eq!(as_written(object(&shown))["target"], 1);
        let newer = json!({ "minInstances": 1, "targetInstances": 3, "scheduledPolicies": rules });
        assert_eq!(wanted_by_rules(&object(&newer)), Some(3));
        let plain = json!({ "target": 5, "defaultTarget": 0, "scheduledActions": [] });
        assert_eq!(wanted_by_rules(&object(&plain)), None);
        assert_eq!(as_written(object(&plain))["target"], 5);
    }
}
