//! Transforms: what of an event a target gets ("Event transformation" of the vendor's docs). Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow::expression::{Chance, Scene, Words, parse_path};

use super::error::{BridgeError, Outcome};

/// How a parameter of a target is made; the words are the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Form {
    /// The whole event.
    Original,
    /// A text of the rule's.
    Constant,
    /// What is at a place of the event.
    JsonPath,
    /// A text with places for what is at places of the event.
    Template,
}

/// A parameter of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Param {
    pub(super) resource_key: String,
    pub(super) form: Form,
    /// A constant, a path, or the names of a template with their paths, an object in JSON.
    #[serde(default)]
    pub(super) value: Option<String>,
    #[serde(default)]
    pub(super) template: Option<String>,
}

impl Param {
    /// The whole event as a parameter.
    pub(super) fn original(key: &str) -> Self {
        Self {
            resource_key: key.to_owned(),
            form: Form::Original,
            value: None,
            template: None,
        }
    }

    /// Checks that it can be made of every event.
    pub(super) fn check(&self) -> Outcome<()> {
        match self.form {
            Form::Original => Ok(()),
            Form::Constant => self.value().map(|_| ()),
            Form::JsonPath => check_path(self.value()?),
            Form::Template => {
                self.text()?;
                for value in self.names()?.values() {
                    if let Some(path) = path_in(value) {
                        check_path(path)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// What it is for an event, as text. Where a path leads nowhere there is `null`.
    pub(super) fn make(&self, event: &Value) -> Outcome<String> {
        match self.form {
            Form::Original => Ok(event.to_string()),
            Form::Constant => self.value().map(str::to_owned),
            Form::JsonPath => find(event, self.value()?).map(|found| shown(&found)),
            Form::Template => self.fill(event),
        }
    }

    fn fill(&self, event: &Value) -> Outcome<String> {
        let names = self.names()?;
        let (mut rest, mut filled) = (self.text()?, String::new());
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let place = after.split_once('}');
            let known = place.and_then(|(name, after)| Some((names.get(name)?, after)));
            let Some((value, after)) = known else {
                filled.push_str("${");
                rest = after;
                continue;
            };
            match path_in(value) {
                Some(path) => filled.push_str(&shown(&find(event, path)?)),
                None => filled.push_str(&shown(value)),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self) -> Outcome<&str> {
        self.value.as_deref().ok_or_else(|| self.lacks("Value"))
    }

    fn text(&self) -> Outcome<&str> {
        let text = self.template.as_deref();
        text.ok_or_else(|| self.lacks("Template"))
    }

    fn names(&self) -> Outcome<BTreeMap<String, Value>> {
        serde_json::from_str(self.value()?).map_err(|_| {
            let key = &self.resource_key;
            BridgeError::invalid(format!("The Value of {key} is not an object in JSON."))
        })
    }

    fn lacks(&self, what: &str) -> BridgeError {
        let key = &self.resource_key;
        BridgeError::invalid(format!("The parameter {key} has no {what}."))
    }
}

/// A value that is a path; all others are meant as they are.
fn path_in(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| text.starts_with('$'))
}

fn check_path(path: &str) -> Outcome<()> {
    find(&Value::Null, path).map(|_| ())
}

fn find(event: &Value, path: &str) -> Outcome<Value> {
    let read = parse_path(path, Words::States);
    let read =
        read.map_err(|(_, why)| BridgeError::invalid(format!("{path} is no path: {why}.")))?;
    let chance = Chance::of("");
    let nothing = || Value::Null;
    let found = read.find(event, &Scene::of(event, &nothing, &chance));
    Ok(found.unwrap_or_default())
}

/// A text as it is; everything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn param(form: &str, value: Option<&str>, template: Option<&str>) -> Param {
        let param =
            json!({"ResourceKey": "Body", "Form": form, "Value": value, "Template": template});
        serde_json::from_value(param).unwrap()
    }

    #[test]
    fn a_parameter_is_made_of_the_event() {
        let event = json!({
            "id": "1", "source": "shop",
            "data": {"name": "Ada", "n": 3, "list": [{"x": 1}, {"x": 2}], "a-b": true, "o": {"k": "v"}},
        });
        for (form, value, template, made) in [
            ("CONSTANT", Some("as it is ${x}"), None, "as it is ${x}"),
            ("JSONPATH", Some("$.data.name"), None, "Ada"),
            ("JSONPATH", Some("$.data.n"), None, "3"),
            ("JSONPATH", Some("$.data.o"), None, r#"{"k":"v"}"#),
            ("JSONPATH", Some("$.data.list[1].x"), None, "2"),
            ("JSONPATH", Some("$.data.list[*].x"), None, "[1,2]"),
            ("JSONPATH", Some("$.data['a-b']"), None, "true"),
            ("JSONPATH", Some("$.data.nothing"), None, "null"),
            (
                "TEMPLATE",
                Some(r#"{"who": "$.data.name", "n": "$.data.n", "by": "me", "no": "$.no"}"#),
                Some(r#"{"text":"${who} has ${n} by ${by}, ${no}, ${other} ${"}"#),
                r#"{"text":"Ada has 3 by me, null, ${other} ${"}"#,
            ),
        ] {
            let param = param(form, value, template);
            param.check().unwrap();
            assert_eq!(param.make(&event).unwrap(), made, "{form} {value:?}");
        }
        let whole = Param::original("Body").make(&event).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&whole).unwrap(), event);
    }

    #[test]
    fn what_can_never_be_made_is_refused() {
        for (form, value, template) in [
            ("CONSTANT", None, None),
            ("JSONPATH", None, None),
            ("JSONPATH", Some("data.x"), None),
            ("TEMPLATE", Some("{}"), None),
            ("TEMPLATE", None, Some("x")),
            ("TEMPLATE", Some("[]"), Some("x")),
            ("TEMPLATE", Some(r#"{"a": "$["}"#), Some("x")),
        ] {
            let refused = param(form, value, template).check().unwrap_err();
            assert_eq!(refused.code, "InvalidArgument", "{form} {value:?}");
        }
    }
}
