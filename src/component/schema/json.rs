//! The tables as JSON Schema (draft 7), which editors take. An expression may stand in the place of any value.

use serde_json::{Map, Value as Json, json};

use super::kind::{Case, Kind, Prop, Schema, Strictness};
use crate::component::{names, schema};

/// The draft, which most editors know.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of a component's properties.
pub fn json_schema(of: &'static Schema) -> Json {
    let mut whole = props(of);
    whole["$schema"] = DRAFT.into();
    whole["title"] = format!("properties of the component {}", of.name).into();
    whole["definitions"] = definitions();
    whole
}

/// The schema of a whole manifest. `own` is what may stand under the key `sdev`.
pub fn manifest_schema(own: &Json) -> Json {
    let components: Vec<Json> = names()
        .filter_map(|name| {
            let props = props(schema(name)?);
            let versions = format!("^{}(@.*)?$", name.replace('.', "\\."));
            Some(json!({
                "if": { "properties": { "component": { "pattern": versions } }, "required": ["component"] },
                "then": { "properties": { "props": late(&props) } },
            }))
        })
        .collect();
    let list_of_actions = json!({ "type": "object", "additionalProperties": { "type": "array", "items": { "$ref": "#/definitions/action" } } });
    json!({
        "$schema": DRAFT,
        "title": "s.yaml of Serverless Devs 3.0, as sdev reads it",
        "type": "object",
        "properties": {
            "edition": { "const": "3.0.0", "description": "The edition of the language." },
            "name": { "type": "string", "description": "The application's name." },
            "access": { "type": "string", "description": "The access alias to deploy with; `local` is the local cloud." },
            "vars": { "type": "object", "description": "Variables, read as ${vars.NAME}." },
            "env": { "type": "string", "description": "The file of environments (default: env.yaml)." },
            "extend": { "type": "string", "description": "One base file that this one is laid over." },
            "template": { "type": "object", "description": "Named properties that resources start from." },
            "flow": { "type": "object", "additionalProperties": { "type": "array", "items": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] } }, "description": "By command: groups of resources, in order." },
            "actions": list_of_actions,
            "sdev": own,
            "resources": {
                "type": "object",
                "description": "The resources, by name.",
                "propertyNames": { "pattern": "^[^.{}]+$" },
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "component": { "type": "string", "description": "What it is.", "examples": names().collect::<Vec<_>>() },
                        "props": {},
                        "actions": list_of_actions,
                        "extend": { "type": "object", "properties": { "name": { "type": "string" }, "ignore": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] } }, "required": ["name"] },
                        "allow_failure": { "$ref": "#/definitions/tolerance" },
                        "continue-on-error": { "type": "boolean" },
                    },
                    "allOf": components,
                },
            },
        },
        "definitions": definitions(),
    })
}

fn definitions() -> Json {
    json!({
        "expression": { "type": "string", "pattern": "\\$\\{[\\s\\S]*\\}" },
        "tolerance": { "anyOf": [{ "type": "boolean" }, { "type": "object", "properties": { "exit_code": { "type": "array", "items": { "type": "integer" } }, "command": { "type": "array", "items": { "type": "string" } } } }] },
        "action": {
            "type": "object",
            "properties": {
                "run": { "type": "string", "description": "A line for the shell." },
                "path": { "type": "string", "description": "The folder to run it in." },
                "plugin": { "type": "string", "description": "A program that may change the properties." },
                "args": { "description": "What the plugin is given." },
                "component": { "type": "string", "description": "A component's command." },
                "allow_failure": { "$ref": "#/definitions/tolerance" },
            },
            "anyOf": [{ "required": ["run"] }, { "required": ["plugin"] }, { "required": ["component"] }],
        },
    })
}

fn props(of: &'static Schema) -> Json {
    let mut whole = object(of.props, of.cases, of.strictness);
    whole["description"] = of.about.into();
    whole
}

/// The schema of a kind, or an expression, or nothing: empty values are dropped by the language.
fn late(schema: &Json) -> Json {
    json!({ "anyOf": [{ "type": "null" }, { "$ref": "#/definitions/expression" }, schema] })
}

fn object(props: &'static [Prop], cases: &'static [Case], strictness: Strictness) -> Json {
    // What is required can come from a template or an overlay, which an editor does not see.
    let mut whole = json!({ "type": "object", "properties": properties(props, strictness) });
    let of_case = |case: &'static Case| {
        json!({
            "if": { "properties": { case.key: { "enum": case.values } }, "required": [case.key] },
            "then": { "properties": properties(case.props, strictness) },
        })
    };
    if !cases.is_empty() {
        whole["allOf"] = cases.iter().map(of_case).collect();
    }
    if strictness == Strictness::Ours && cases.is_empty() {
        whole["additionalProperties"] = false.into();
    }
    whole
}

fn properties(props: &'static [Prop], strictness: Strictness) -> Map<String, Json> {
    let described = |prop: &'static Prop| {
        let mut schema = late(&kind(&prop.kind, strictness));
        let default = prop
            .default
            .map_or(String::new(), |text| format!(" Default: {text}."));
        schema["description"] = format!("{}{default}", prop.about).into();
        (prop.name.to_owned(), schema)
    };
    props.iter().map(described).collect()
}

/// Of the vendor's components values out of range are allowed, as the vendor allows them: they stand as examples.
fn kind(of: &'static Kind, strictness: Strictness) -> Json {
    let ours = strictness == Strictness::Ours;
    let scalar = json!(["string", "number", "boolean"]);
    match of {
        Kind::Text | Kind::Form(_) if ours => json!({ "type": "string" }),
        Kind::Bool if ours => json!({ "type": "boolean" }),
        Kind::Int(least, most, of) if ours => {
            json!({ "type": "integer", "minimum": least, "maximum": most, "multipleOf": of })
        }
        Kind::Number(least, most) if ours => {
            json!({ "type": "number", "minimum": least, "maximum": most })
        }
        Kind::OneOf(values) if ours => json!({ "enum": values }),
        Kind::OneOf(values) => json!({ "type": scalar, "examples": values }),
        Kind::OneOfInts(values) if ours => json!({ "enum": values }),
        Kind::OneOfInts(values) => json!({ "type": scalar, "examples": values }),
        Kind::Text | Kind::Form(_) | Kind::Bool | Kind::Int(..) | Kind::Number(..) => {
            json!({ "type": scalar })
        }
        Kind::List(of) => json!({ "type": "array", "items": late(&kind(of, strictness)) }),
        Kind::Map(of) => {
            json!({ "type": "object", "additionalProperties": late(&kind(of, strictness)) })
        }
        Kind::Object(props) => object(props, &[], strictness),
        Kind::Cases(props, cases) => object(props, cases, strictness),
        Kind::Either(kinds) => {
            json!({ "anyOf": kinds.iter().map(|of| kind(of, strictness)).collect::<Vec<_>>() })
        }
        Kind::Any => json!({}),
    }
}
