//! Published versions of a function, and the aliases that lead to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::check::is_name;
use super::config::{Config, Function, Package, shown_time};
use super::layer::AttachedLayer;
use crate::function::error::{FcError, Outcome};

/// The qualifier of what is being worked on, which is no published version.
pub(crate) const LATEST: &str = "LATEST";

/// What a function was when it was published. Never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// Counts from 1 for each function; never given twice.
    pub(crate) id: u64,
    pub(crate) description: String,
    pub(crate) config: Config,
    pub(crate) code: Option<Package>,
    #[serde(default)]
    pub(crate) layers: Vec<AttachedLayer>,
    /// Milliseconds of the cloud's time.
    pub(crate) created_ms: i64,
}

impl Version {
    /// What `function` is now, as its next version.
    pub(crate) fn next_of(function: &mut Function, description: String, now_ms: i64) -> Self {
        function.published += 1;
        Self {
            id: function.published,
            description,
            config: function.config.clone(),
            code: function.code.clone(),
            layers: function.layers.clone(),
            created_ms: now_ms,
        }
    }

    /// The function as this version has it.
    pub(crate) fn of(self, function: Function) -> Function {
        Function {
            config: self.config,
            code: self.code,
            layers: self.layers,
            modified_ms: self.created_ms,
            ..function
        }
    }

    /// As replies show it.
    pub(crate) fn show(&self) -> Json {
        let created = shown_time(self.created_ms);
        json!({
            "versionId": self.id.to_string(),
            "description": self.description,
            "createdTime": created,
            "lastModifiedTime": created,
        })
    }
}

/// A name that leads to a version, and for some of the calls to others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) name: String,
    /// The version that it leads to, or `LATEST`.
    pub(crate) version: String,
    /// Other versions, and which part of the calls (0 to 1) each gets.
    pub(crate) others: BTreeMap<String, f64>,
    pub(crate) description: String,
    /// Milliseconds of the cloud's time.
    pub(crate) created_ms: i64,
    /// Milliseconds of the cloud's time.
    pub(crate) modified_ms: i64,
}

/// The body of `CreateAlias` and, without its name, of `UpdateAlias`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewAlias {
    alias_name: Option<String>,
    version_id: Option<String>,
    additional_version_weight: Option<BTreeMap<String, f64>>,
    description: Option<String>,
}

impl NewAlias {
    /// The alias that `CreateAlias` makes.
    pub(crate) fn make(self, now_ms: i64) -> Outcome<Alias> {
        let name = self.alias_name.clone().unwrap_or_default();
        if !is_name(&name, 128) || name == LATEST {
            return Err(FcError::invalid(format!(
                "aliasName {name:?} must be letters, digits, `_` and `-`, a letter or `_` first, 128 at most, and not {LATEST}"
            )));
        }
        let nothing = Alias {
            name,
            version: String::new(),
            others: BTreeMap::new(),
            description: String::new(),
            created_ms: now_ms,
            modified_ms: now_ms,
        };
        nothing.updated(self, now_ms)
    }
}

impl Alias {
    /// What an update changes: what it names.
    pub(crate) fn updated(self, by: NewAlias, now_ms: i64) -> Outcome<Self> {
        // What an update does not name stays, even where it leads to the same.
        let is_weighed = by.additional_version_weight.is_some();
        let alias = Self {
            version: by.version_id.unwrap_or(self.version),
            others: by.additional_version_weight.unwrap_or(self.others),
            description: by.description.unwrap_or(self.description),
            modified_ms: now_ms,
            ..self
        };
        if alias.version.is_empty() {
            return Err(FcError::invalid("versionId must not be empty"));
        }
        if is_weighed && alias.others.contains_key(&alias.version) {
            return Err(FcError::invalid(format!(
                "additionalVersionWeight names {}, which is versionId: it gets what the others leave",
                alias.version
            )));
        }
        let is_part = |weight: &f64| (0.0..=1.0).contains(weight);
        if !alias.others.values().all(is_part) || !is_part(&alias.others.values().sum()) {
            return Err(FcError::invalid(
                "additionalVersionWeight must be numbers from 0 to 1, and so must their sum",
            ));
        }
        Ok(alias)
    }

    /// Every version that it names.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.version.as_str()).chain(self.others.keys().map(String::as_str))
    }

    /// As replies show it.
    pub(crate) fn show(&self) -> Json {
        json!({
            "aliasName": self.name,
            "versionId": self.version,
            "additionalVersionWeight": self.others,
            "description": self.description,
            "createdTime": shown_time(self.created_ms),
            "lastModifiedTime": shown_time(self.modified_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(body: Json) -> NewAlias {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn an_update_changes_what_it_names_and_keeps_the_rest() {
        let made = new(
            json!({"aliasName": "prod", "versionId": "1", "description": "d",
            "additionalVersionWeight": {"2": 0.25}}),
        );
        let made = made.make(1000).unwrap();
        let moved = made.clone().updated(new(json!({"versionId": "2"})), 2000);
        let expected = Alias {
            version: "2".to_owned(),
            modified_ms: 2000,
            ..made.clone()
        };
        assert_eq!(moved.unwrap(), expected);
        let whole = made.updated(new(json!({"additionalVersionWeight": {}})), 0);
        assert!(whole.unwrap().others.is_empty());
    }

    #[test]
    fn what_leads_nowhere_or_to_more_than_all_is_refused() {
        for body in [
            json!({"versionId": "1"}),
            json!({"aliasName": "LATEST", "versionId": "1"}),
            json!({"aliasName": "1", "versionId": "1"}),
            json!({"aliasName": "a.b", "versionId": "1"}),
            json!({"aliasName": "prod"}),
            json!({"aliasName": "prod", "versionId": "1", "additionalVersionWeight": {"1": 0.5}}),
            json!({"aliasName": "prod", "versionId": "1", "additionalVersionWeight": {"2": 1.1}}),
            json!({"aliasName": "prod", "versionId": "1", "additionalVersionWeight": {"2": -0.1}}),
            json!({"aliasName": "prod", "versionId": "1", "additionalVersionWeight": {"2": 0.6, "3": 0.6}}),
        ] {
            let refused = new(body.clone()).make(0).unwrap_err();
            assert_eq!(refused.code, "InvalidArgument", "{body}");
        }
    }
}
