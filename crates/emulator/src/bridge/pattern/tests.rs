//! Patterns by tables: what fits, what does not, what is none.

use serde_json::{Map, Value, json};

use super::Pattern;

fn event(data: &Value) -> Map<String, Value> {
    let event = json!({
        "id": "1", "source": "acs.oss", "type": "oss:ObjectCreated:PutObject", "specversion": "1.0",
        "subject": "acs:oss:cn-hangzhou:1:photos/cat.jpg", "aliyunregionid": "cn-hangzhou", "data": data,
    });
    event.as_object().unwrap().clone()
}

fn fits(pattern: &Value, data: &Value) -> bool {
    let pattern = Pattern::read(&pattern.to_string()).unwrap();
    pattern.fits(&event(data))
}

#[test]
fn attributes_fit_by_value_beginning_end_and_part() {
    for (pattern, wanted) in [
        (json!({}), true),
        (json!({"source": ["acs.oss"]}), true),
        (json!({"source": ["acs.ecs"]}), false),
        (json!({"source": ["acs.ecs", "acs.oss"]}), true),
        (json!({"source": ["acs.oss"], "type": ["x"]}), false),
        (
            json!({"source": [{"prefix": "acs."}], "subject": [{"suffix": ".jpg"}]}),
            true,
        ),
        (json!({"type": [{"contains": "Created"}]}), true),
        (json!({"type": [{"contains": "created"}]}), false),
        (json!({"source": [{"anything-but": "acs.oss"}]}), false),
        (
            json!({"source": [{"anything-but": {"prefix": "acs."}}]}),
            false,
        ),
        (
            json!({"source": [{"anything-but": {"suffix": ".ecs"}}]}),
            true,
        ),
        (
            json!({"source": [{"anything-but": ["acs.ecs", "acs.rds"]}]}),
            true,
        ),
        (json!({"aliyunregionid": [{"prefix": "cn-"}]}), true),
        (json!({"dataschema": [{"exists": false}]}), true),
        (json!({"dataschema": [{"anything-but": "x"}]}), false),
        (json!({"id": [{"exists": true}]}), true),
    ] {
        assert_eq!(fits(&pattern, &json!({})), wanted, "{pattern}");
    }
}

#[test]
fn data_fit_by_their_fields_however_deep() {
    let data = json!({
        "n": 300, "f": 20.5, "s": "", "z": null, "b": true, "ip": "10.1.2.3", "list": ["a", 7, null], "o": {"deep": {"x": 1}},
        "objects": [{"x": 1}], "none": [],
    });
    for (pattern, wanted) in [
        (json!({"n": [300]}), true),
        (json!({"n": ["300"]}), true),
        (json!({"n": [300.0]}), false),
        (json!({"f": ["20.5"]}), true),
        (json!({"s": [""]}), true),
        (json!({"z": [null]}), true),
        (json!({"z": ["null"]}), false),
        (json!({"z": [{"exists": true}]}), true),
        (json!({"b": ["true"]}), true),
        (json!({"list": ["b", "a"]}), true),
        (json!({"list": [7]}), true),
        (json!({"list": [null]}), true),
        (json!({"list": [8]}), false),
        (json!({"list": [{"anything-but": "a"}]}), true),
        (json!({"objects": [{"exists": true}]}), false),
        (json!({"none": [{"exists": false}]}), false),
        (json!({"o": [{"exists": true}]}), false),
        (json!({"o": {"deep": {"x": [1]}}}), true),
        (json!({"o": {"deep": {"y": [{"exists": false}]}}}), true),
        (json!({"o": {"deep": {"y": [1]}}}), false),
        (json!({"n": {"below": [{"exists": false}]}}), true),
        (json!({"n": [{"numeric": [">", 0, "<=", 300]}]}), true),
        (json!({"n": [{"numeric": ["<", 300]}]}), false),
        (json!({"n": [{"numeric": ["!=", 1]}]}), true),
        (json!({"f": [{"numeric": ["=", 20.5]}]}), true),
        (json!({"s": [{"numeric": ["=", 0]}]}), false),
        (json!({"ip": [{"cidr": "10.1.0.0/16"}]}), true),
        (json!({"ip": [{"cidr": "10.2.0.0/16"}]}), false),
        (json!({"ip": [{"cidr": "10.1.2.3"}]}), true),
        (json!({"ip": [{"cidr": "0.0.0.0/0"}]}), true),
        (json!({"s": [{"cidr": "0.0.0.0/0"}]}), false),
        (json!({"n": [{"anything-but": [300, 301]}]}), false),
        (json!({"n": [{"prefix": "3"}]}), false),
    ] {
        assert_eq!(fits(&json!({"data": pattern}), &data), wanted, "{pattern}");
    }
}

#[test]
fn of_data_that_are_not_there_nothing_fits() {
    let pattern = json!({"data": {"x": [{"exists": false}]}}).to_string();
    let pattern = Pattern::read(&pattern).unwrap();
    let mut event = event(&json!({}));
    assert!(pattern.fits(&event));
    event.remove("data");
    assert!(!pattern.fits(&event));
}

/// Texts that are no patterns, and why.
const NO_PATTERNS: &[(&str, &str)] = &[
    ("", "the pattern is empty"),
    ("{", "the pattern isn't a valid json format string"),
    ("[]", "the pattern should be a JSON object"),
    (
        r#"{"source": "a"}"#,
        r#"the pattern has invalid pattern value: "a""#,
    ),
    (
        r#"{"source": []}"#,
        "the pattern has invalid pattern value: []",
    ),
    (
        r#"{"source": [["a"]]}"#,
        "nested pattern value isn't supported, pattern key: source",
    ),
    (
        r#"{"detail": ["a"]}"#,
        "the pattern has unrecognized pattern key: detail",
    ),
    (
        r#"{"$or": [{"source": ["a"]}]}"#,
        "the pattern has unrecognized pattern key: $or",
    ),
    (
        r#"{"data": []}"#,
        "the data pattern doesn't have any pattern key",
    ),
    (
        r#"{"data": {"a": {}}}"#,
        "the data pattern doesn't have any pattern key",
    ),
    (
        r#"{"data": {"a": 1}}"#,
        "the pattern has invalid pattern value: 1",
    ),
    (
        r#"{"id": [{"prefix": "a", "suffix": "b"}]}"#,
        "each pattern condition should only have one condition key",
    ),
    (
        r#"{"id": [{"wildcard": "a*"}]}"#,
        "the pattern condition is unrecognized: wildcard",
    ),
    (
        r#"{"id": [{"prefix": ""}]}"#,
        "the prefix condition doesn't support empty string value",
    ),
    (
        r#"{"id": [{"suffix": ["a"]}]}"#,
        "the suffix condition only support string value",
    ),
    (
        r#"{"id": [{"exists": "yes"}]}"#,
        "the exists condition only support boolean value",
    ),
    (
        r#"{"id": [{"cidr": "::1/8"}]}"#,
        "the cidr condition only support IPv4 addresses and blocks of them",
    ),
    (
        r#"{"id": [{"cidr": "10.0.0.0/33"}]}"#,
        "the cidr condition only support IPv4 addresses and blocks of them",
    ),
    (
        r#"{"id": [{"anything-but": {"numeric": ["=", 1]}}]}"#,
        "anything but condition only support prefix or suffix",
    ),
    (
        r#"{"id": [{"anything-but": {"prefix": ["a"]}}]}"#,
        "the prefix condition only support string value",
    ),
    (
        r#"{"id": [{"anything-but": [["a"]]}]}"#,
        "the anything-but condition only support null or primitive values",
    ),
    (
        r#"{"id": [{"numeric": 1}]}"#,
        "the numeric condition needs an array value",
    ),
    (
        r#"{"id": [{"numeric": ["="]}]}"#,
        "the numeric array value should have 2 or 4 elements",
    ),
    (
        r#"{"id": [{"numeric": [1, "="]}]}"#,
        "the numeric value should contains an operator and a number",
    ),
    (
        r#"{"id": [{"numeric": ["=", 1000000001]}]}"#,
        "the numeric value must be between -1.0E9 and 1.0E9 inclusive",
    ),
    (
        r#"{"id": [{"numeric": ["~", 1]}]}"#,
        "the numeric exp only support >,<,>=,<=,=,!=",
    ),
];

#[test]
fn what_is_no_pattern_is_refused_with_the_vendors_reason() {
    for (text, reason) in NO_PATTERNS {
        let refused = Pattern::read(text).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!("Event pattern is not valid, reason: {reason}"),
            "{text}"
        );
    }
    // As the vendor's matcher, and unlike others: two times the same comparison, and a list with nothing but null.
    Pattern::read(r#"{"id": [{"numeric": [">", 0, ">", 0]}]}"#).unwrap();
    Pattern::read(r#"{"id": [{"anything-but": [null]}]}"#).unwrap();
}
