//! Choices: which values the operators accept, and where they lead.

use serde_json::{Value, json};

use super::{check_all, machine};

/// Whether a rule on `$.v` holds for that data.
fn check(rule: &str, data: &Value, wanted: bool) {
    let states = format!(
        "
  A: {{Type: Choice, Choices: [{{{rule}, Next: Yes}}], Default: No}}
  Yes: {{Type: Pass, Result: true, End: true}}
  No: {{Type: Pass, Result: false, End: true}}"
    );
    let text = format!("StartAt: A\nStates:{states}");
    let output = crate::stage::Stage::new(&text, crate::stage::echo)
        .start(data.clone())
        .output();
    assert_eq!(output, json!(wanted), "{rule} of {data}");
}

fn v(value: &Value) -> Value {
    json!({"v": value})
}

#[test]
fn kinds_of_values() {
    let moment = json!("2012-10-09T19:00:55Z");
    let values = [
        json!(null),
        json!(0),
        json!(1.1),
        json!(""),
        json!("2012-10-09T19:00:55"),
        json!("2023-02-24"),
        moment.clone(),
        json!([]),
        json!([""]),
        json!({}),
        json!({"A": 0}),
        json!(true),
        json!(false),
    ];
    for value in values {
        let kinds = [
            ("IsNull", value.is_null()),
            ("IsBoolean", value.is_boolean()),
            ("IsNumeric", value.is_number()),
            ("IsString", value.is_string()),
            ("IsTimestamp", value == moment),
            ("IsPresent", true),
        ];
        for (operator, wanted) in kinds {
            check(
                &format!("Variable: $.v, {operator}: true"),
                &v(&value),
                wanted,
            );
            check(
                &format!("Variable: $.v, {operator}: false"),
                &v(&value),
                !wanted,
            );
        }
    }
    check("Variable: $.w, IsPresent: true", &json!({}), false);
    check("Variable: $.w.x, IsPresent: false", &json!({}), true);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn comparisons() {
    let all = [
        ("StringEquals: Hello", json!("Hello"), true),
        ("StringEquals: '     '", json!(" "), false),
        ("StringGreaterThan: 'A '", json!("A"), false),
        ("StringGreaterThan: ABC", json!("AB"), false),
        ("StringGreaterThanEquals: ''", json!(""), true),
        ("StringGreaterThanEquals: A", json!("AB"), true),
        ("StringLessThan: ''", json!(""), false),
        ("StringLessThan: AB", json!("A"), true),
        ("StringLessThanEquals: A", json!("AB"), false),
        ("StringMatches: 'log-*.txt'", json!("log-9.txt"), true),
        ("StringMatches: 'log-*.txt'", json!("log-9.gz"), false),
        ("StringMatches: '*'", json!(9), false),
        ("NumericEquals: 1", json!(1.0), true),
        ("NumericEquals: 0", json!("0"), false),
        ("NumericLessThan: 2.5", json!(2), true),
        ("NumericLessThanEquals: 2", json!(2), true),
        ("NumericGreaterThan: -1", json!(-1), false),
        ("NumericGreaterThanEquals: -1", json!(-1), true),
        ("BooleanEquals: false", json!(false), true),
        ("BooleanEquals: false", json!(null), false),
        (
            "TimestampEquals: '2016-08-18T17:33:00Z'",
            json!("2016-08-18T19:33:00+02:00"),
            true,
        ),
        (
            "TimestampEquals: '2016-08-18T17:33:00Z'",
            json!("2016-08-18 17:33:00Z"),
            false,
        ),
        (
            "TimestampLessThan: '2016-08-18T17:33:00Z'",
            json!("2016-08-18T17:32:59.999Z"),
            true,
        ),
        (
            "TimestampLessThanEquals: '2016-08-18T17:33:00Z'",
            json!("2016-08-18T17:33:00Z"),
            true,
        ),
        (
            "TimestampGreaterThan: '2016-08-18T17:33:00Z'",
            json!("2017-01-01T00:00:00Z"),
            true,
        ),
        (
            "TimestampGreaterThanEquals: '2016-08-18T17:33:00Z'",
            json!("2016-08-18T18:33:00+02:00"),
            false,
        ),
    ];
    for (rule, value, wanted) in all {
        check(&format!("Variable: $.v, {rule}"), &v(&value), wanted);
    }
    for value in [
        json!(null),
        json!(0),
        json!(1.1),
        json!([]),
        json!({}),
        json!(true),
    ] {
        check("Variable: $.v, StringEquals: HelloWorld", &v(&value), false);
        check(
            "Variable: $.v, TimestampEquals: '2016-08-18T17:33:00Z'",
            &v(&value),
            false,
        );
    }
}

#[test]
fn comparisons_with_other_places_in_the_data() {
    let all = [
        ("StringEqualsPath", json!("a"), json!("a"), true),
        ("StringEqualsPath", json!(1), json!(1), false),
        ("StringLessThanPath", json!("A"), json!("AB"), true),
        ("StringLessThanEqualsPath", json!(""), json!(""), true),
        ("StringGreaterThanPath", json!("AB"), json!("ABC"), false),
        ("StringGreaterThanEqualsPath", json!("AB"), json!("A"), true),
        ("NumericEqualsPath", json!(1), json!(1.0), true),
        ("NumericLessThanPath", json!(1), json!(2), true),
        ("NumericLessThanEqualsPath", json!(3), json!(2), false),
        ("NumericGreaterThanPath", json!(3), json!(2), true),
        ("NumericGreaterThanEqualsPath", json!(2), json!(2), true),
        ("BooleanEqualsPath", json!(true), json!(true), true),
        (
            "TimestampEqualsPath",
            json!("2016-08-18T17:33:00Z"),
            json!("2016-08-18T17:33:00.000Z"),
            true,
        ),
        ("TimestampEqualsPath", json!("x"), json!("x"), false),
        (
            "TimestampLessThanPath",
            json!("2016-08-18T17:33:00Z"),
            json!("2016-08-18T17:33:01Z"),
            true,
        ),
        (
            "TimestampLessThanEqualsPath",
            json!("2016-08-18T17:33:02Z"),
            json!("2016-08-18T17:33:01Z"),
            false,
        ),
        (
            "TimestampGreaterThanPath",
            json!("2016-08-18T17:33:02Z"),
            json!("2016-08-18T17:33:01Z"),
            true,
        ),
        (
            "TimestampGreaterThanEqualsPath",
            json!("2016-08-18T17:33:00Z"),
            json!("2016-08-18T17:33:01Z"),
            false,
        ),
    ];
    for (operator, value, other, wanted) in all {
        let data = json!({"v": value, "o": other});
        check(&format!("Variable: $.v, {operator}: $.o"), &data, wanted);
    }
}

#[test]
fn conditions_are_joined() {
    let small = "{Variable: $.v, NumericLessThan: 10}";
    let odd = "{Variable: $.odd, BooleanEquals: true}";
    for (v, is_odd) in [(1, true), (2, false), (11, true), (12, false)] {
        let data = json!({"v": v, "odd": is_odd});
        check(&format!("And: [{small}, {odd}]"), &data, v < 10 && is_odd);
        check(&format!("Or: [{small}, {odd}]"), &data, v < 10 || is_odd);
        check(
            &format!("Not: {{And: [{small}, {{Not: {odd}}}]}}"),
            &data,
            v >= 10 || is_odd,
        );
        check(&format!("And: [{small}]"), &data, v < 10);
    }
    // What follows a condition that decides is not looked at.
    check(
        "And: [{Variable: $.v, IsPresent: true}, {Variable: $.v, StringEquals: x}]",
        &json!({}),
        false,
    );
}

#[test]
fn choices_lead_to_the_first_rule_that_holds() {
    let rules = "Choices: [{Variable: $.n, NumericGreaterThan: 5, Next: B}, {Variable: $.n, NumericGreaterThan: 3, Next: C}]";
    let ends =
        "B: {Type: Pass, End: true}\n  C: {Type: Pass, End: true}\n  D: {Type: Pass, End: true}";
    let with = format!("\n  A: {{Type: Choice, {rules}, Default: D}}\n  {ends}");
    let without = format!("\n  A: {{Type: Choice, {rules}}}\n  {ends}");
    let n = |number: u8| json!({"n": number});
    check_all([
        machine("the first", &with)
            .given(n(9))
            .gives(n(9))
            .through("A B"),
        machine("the second", &with)
            .given(n(4))
            .gives(n(4))
            .through("A C"),
        machine("none, with a default", &with)
            .given(n(1))
            .gives(n(1))
            .through("A D"),
        machine("none, without one", &without)
            .given(n(1))
            .fails("States.NoChoiceMatched"),
        machine("a variable that is not there", &with).fails("States.Runtime"),
        machine(
            "rounds until a number is reached",
            "
  A: {Type: Pass, Result: 0, ResultPath: $.n, Next: Add}
  Add: {Type: Pass, Parameters: {n.$: 'States.MathAdd($.n, 1)'}, Next: More}
  More: {Type: Choice, Choices: [{Variable: $.n, NumericLessThan: 3, Next: Add}], Default: Done}
  Done: {Type: Succeed}",
        )
        .gives(n(3))
        .through("A Add More Add More Add More Done"),
    ]);
}
