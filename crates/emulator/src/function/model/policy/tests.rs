//! Rules about kept instances, at times and under loads.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::*;
use crate::function::model::SettingKind;

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn provision(document: &Json) -> Policies {
    Policies::read(SettingKind::Provision, document, 1).unwrap()
}

/// The vendor's own example: up at 20:00 and down at 22:00 of Shanghai, for a month.
fn month() -> Policies {
    let action = |name: &str, target: u32, hour: u32| {
        json!({
            "name": name, "target": target, "scheduleExpression": format!("cron(0 0 {hour} * * *)"),
            "startTime": "2024-08-01T10:00:00", "endTime": "2024-08-30T10:00:00", "timeZone": "Asia/Shanghai",
        })
    };
    provision(&json!({ "scheduledActions": [action("up", 50, 20), action("down", 10, 22)] }))
}

#[test]
fn the_rule_that_came_due_last_counts_while_it_is_in_effect() {
    let policies = month();
    for (at, wanted) in [
        ("2024-08-01T01:59:59Z", 1),
        // In effect, but nothing came due since.
        ("2024-08-01T02:00:00Z", 1),
        ("2024-08-01T11:59:59Z", 1),
        ("2024-08-01T12:00:00Z", 50),
        ("2024-08-01T13:59:59Z", 50),
        ("2024-08-01T14:00:00Z", 10),
        ("2024-08-02T11:00:00Z", 10),
        ("2024-08-02T12:00:01Z", 50),
        ("2024-08-30T01:59:59Z", 10),
        ("2024-08-30T02:00:00Z", 1),
    ] {
        assert_eq!(policies.wanted(ms(at), &Load::default()), wanted, "{at}");
    }
}

#[test]
fn the_next_look_is_when_a_rule_comes_due_or_begins_or_ends() {
    let policies = month();
    for (at, next) in [
        ("2024-07-01T00:00:00Z", Some("2024-08-01T02:00:00Z")),
        ("2024-08-01T02:00:00Z", Some("2024-08-01T12:00:00Z")),
        ("2024-08-01T12:00:00Z", Some("2024-08-01T14:00:00Z")),
        ("2024-08-29T14:00:00Z", Some("2024-08-30T02:00:00Z")),
    ] {
        assert_eq!(policies.next(ms(at)), next.map(ms), "{at}");
    }
    assert_eq!(Policies::fixed(3).next(0), None);
    assert_eq!(Policies::fixed(3).wanted(0, &Load::default()), 3);
}

#[test]
fn once_is_once_and_stays() {
    let policies = provision(&json!({ "scheduledActions": [
        { "name": "a", "target": 4, "scheduleExpression": "at(2026-11-27T08:00:00)", "timeZone": "Europe/Berlin" },
        { "name": "b", "target": 2, "scheduleExpression": "at(2026-11-27T09:00:00Z)", "startTime": "", "endTime": "" },
    ] }));
    let wanted = |at: &str| policies.wanted(ms(at), &Load::default());
    assert_eq!(wanted("2026-11-27T06:59:59Z"), 1);
    assert_eq!(wanted("2026-11-27T07:00:00Z"), 4);
    assert_eq!(wanted("2026-11-27T09:00:00Z"), 2);
    assert_eq!(wanted("2030-01-01T00:00:00Z"), 2);
    let next = |at: &str| policies.next(ms(at));
    assert_eq!(
        next("2026-11-27T08:00:00Z"),
        Some(ms("2026-11-27T09:00:00Z"))
    );
}

fn tracking(least: u32, most: u32) -> Json {
    json!({
        "name": "use", "metricType": "ProvisionedConcurrencyUtilization", "metricTarget": 0.6,
        "minCapacity": least, "maxCapacity": most,
        "startTime": "2026-11-27T08:00:00Z", "endTime": "2026-11-27T09:00:00Z",
    })
}

#[test]
fn use_brings_more_at_once_and_fewer_step_by_step() {
    let policies = provision(&json!({ "targetTrackingPolicies": [tracking(2, 40)] }));
    let at = ms("2026-11-27T08:30:20Z");
    let wanted = |kept, busy, concurrency| {
        let load = Load {
            kept,
            busy,
            concurrency,
        };
        policies.wanted(at, &load)
    };
    assert_eq!(wanted(0, 0, 1), 2);
    assert_eq!(wanted(2, 6, 1), 10);
    assert_eq!(wanted(2, 6, 10), 2);
    assert_eq!(wanted(2, 1000, 1), 40);
    assert_eq!(wanted(10, 6, 1), 10);
    assert_eq!(wanted(10, 0, 1), 9);
    assert_eq!(wanted(40, 0, 1), 36);
    assert_eq!(wanted(2, 0, 1), 2);
    assert_eq!(policies.next(at), Some(ms("2026-11-27T08:31:00Z")));
    assert!(policies.tracks(at));
    let late = ms("2026-11-27T09:00:00Z");
    assert_eq!(policies.wanted(late, &Load::default()), 1);
    assert_eq!((policies.next(late), policies.tracks(late)), (None, false));
}

#[test]
fn the_larger_of_time_and_use_is_wanted_in_either_form() {
    let action = json!({ "name": "t", "target": 3, "scheduleExpression": "cron(0 0 8 * * *)" });
    let mut policy = tracking(2, 40);
    policy["minInstances"] = 2.into();
    policy["maxInstances"] = 40.into();
    for name in ["minCapacity", "maxCapacity"] {
        policy.as_object_mut().unwrap().remove(name);
    }
    let document = json!({ "scheduledPolicies": [action], "horizontalScalingPolicies": [policy] });
    let policies = Policies::read(SettingKind::Scaling, &document, 9).unwrap();
    let at = ms("2026-11-27T08:30:00Z");
    let load = |busy| Load {
        kept: 2,
        busy,
        concurrency: 1,
    };
    assert_eq!(policies.wanted(at, &load(0)), 3);
    assert_eq!(policies.wanted(at, &load(6)), 10);
}

#[test]
fn a_metric_that_is_not_measured_has_no_effect() {
    let mut policy = tracking(5, 9);
    policy["metricType"] = "CPUUtilization".into();
    let policies = provision(&json!({ "targetTrackingPolicies": [policy] }));
    let at = ms("2026-11-27T08:30:00Z");
    assert_eq!(policies.wanted(at, &Load::default()), 1);
    assert_eq!(policies.next(at), None);
}

#[test]
fn what_cannot_be_carried_out_is_refused_by_name() {
    let action = |change: (&str, Json)| {
        let mut action =
            json!({ "name": "night", "target": 1, "scheduleExpression": "cron(0 0 8 * * *)" });
        action[change.0] = change.1;
        json!({ "scheduledActions": [action] })
    };
    let policy = |change: (&str, Json)| {
        let mut policy = tracking(1, 2);
        policy["name"] = "night".into();
        policy[change.0] = change.1;
        json!({ "targetTrackingPolicies": [policy] })
    };
    for document in [
        action(("scheduleExpression", "0 0 8 * * *".into())),
        action(("scheduleExpression", "cron(0 8 * * *)".into())),
        action(("scheduleExpression", "at(soon)".into())),
        action(("startTime", "soon".into())),
        action(("timeZone", "Nowhere/Land".into())),
        action(("target", 10_001.into())),
        policy(("metricType", "Mood".into())),
        policy(("metricTarget", 0.into())),
        policy(("metricTarget", 1.5.into())),
        policy(("minCapacity", 3.into())),
        policy(("endTime", "late".into())),
    ] {
        let error = Policies::read(SettingKind::Provision, &document, 0).unwrap_err();
        assert_eq!(error.code, "InvalidArgument");
        assert!(error.message.contains("night"), "{error}");
    }
    for document in [
        json!({ "scheduledActions": "none" }),
        json!({ "scheduledActions": [{ "name": "a" }] }),
        action(("target", (-1).into())),
    ] {
        assert!(Policies::read(SettingKind::Provision, &document, 0).is_err());
    }
}
