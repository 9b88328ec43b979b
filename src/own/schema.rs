//! The key `sdev` as a JSON Schema, for editors.

use serde_json::{Map, Value as Json, json};

use super::key::{ABOUT_PLAN, CONDITION, Key, LIMIT, PLAN, POLICY, STATE, SUBJECT, TOP};

/// The schema of what stands under `sdev`: no `$schema`, no references, so that it can stand inside another. Values are
/// those after expressions were resolved.
pub fn schema() -> Json {
    let mut schema = map(TOP, top);
    schema["description"] = "settings of sdev; Serverless Devs does not read them".into();
    schema
}

fn top(name: &str) -> Json {
    match name {
        "state" => {
            let mut state = map(STATE, |_| text());
            state["oneOf"] = json!([{ "required": ["folder"] }, { "required": ["bucket"] }]);
            state["dependentRequired"] = json!({ "prefix": ["bucket"], "region": ["bucket"] });
            state
        }
        "moved" | "build" => json!({ "type": "object", "additionalProperties": text() }),
        "policies" => json!({ "type": "array", "items": policy() }),
        _ => json!({ "type": "array", "items": text() }),
    }
}

fn policy() -> Json {
    let all = [POLICY, SUBJECT, CONDITION, &[(PLAN, ABOUT_PLAN)]].concat();
    let mut policy = map(&all, |name| match name {
        "level" => json!({ "enum": ["error", "warning"] }),
        "one_of" => json!({ "type": "array", "minItems": 1 }),
        "equals" | "not" => json!({}),
        "at_least" | "at_most" => json!({ "type": "number" }),
        "forbidden" => json!({ "const": true }),
        "required" => json!({ "type": "boolean" }),
        PLAN => limits(),
        _ => text(),
    });
    policy["required"] = json!(["name"]);
    policy["oneOf"] = json!([{ "required": ["property"] }, { "required": [PLAN] }]);
    policy
}

fn limits() -> Json {
    let mut limits = map(LIMIT, |_| json!({ "type": "integer", "minimum": 0 }));
    limits["minProperties"] = 1.into();
    limits
}

fn text() -> Json {
    json!({ "type": "string", "minLength": 1 })
}

/// A map of these keys and no others.
fn map(keys: &[Key], value: impl Fn(&str) -> Json) -> Json {
    let property = |(name, about): &Key| {
        let mut schema = value(name);
        schema["description"] = (*about).into();
        ((*name).to_owned(), schema)
    };
    let properties: Map<String, Json> = keys.iter().map(property).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
