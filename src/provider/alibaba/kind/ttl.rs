//! Rules for how long the CDN keeps files, between the form of the attributes and the settings of the API.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::provider::alibaba::cdn::{Function, Setting};
use crate::provider::{ErrorKind, ProviderError};

/// The heaviest weight; among rules that fit, the heaviest decides.
const HEAVIEST: u8 = 99;

/// One rule. Earlier rules are heavier unless weights are given.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub(super) struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extensions: Option<Extensions>,
    seconds: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<u8>,
}

/// File extensions without dots, as a list or joined by commas.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
enum Extensions {
    List(Vec<String>),
    Text(String),
}

/// The settings that the rules stand for.
pub(super) fn lower(rules: &[Rule]) -> Result<Vec<Setting>, ProviderError> {
    let settings = rules.iter().enumerate();
    settings.map(|(index, rule)| setting(index, rule)).collect()
}

/// The rules that settings stand for: those known if they stand for the same, else heaviest first.
pub(super) fn raise(mut settings: Vec<Setting>, known: Option<&Json>) -> Json {
    settings.retain(|setting| setting.function != Function::ResponseHeader);
    settings.sort();
    let known = known.filter(|known| {
        let rules: Vec<Rule> = Vec::deserialize(*known).unwrap_or_default();
        let mut lowered = lower(&rules).unwrap_or_default();
        lowered.sort();
        lowered == settings
    });
    if let Some(known) = known {
        return known.clone();
    }
    settings.sort_by_key(|setting| std::cmp::Reverse(weight_of(setting)));
    let rules = settings.iter().enumerate();
    rules
        .map(|(index, setting)| rule_json(index, setting))
        .collect()
}

fn setting(index: usize, rule: &Rule) -> Result<Setting, ProviderError> {
    let (function, subject) = match (&rule.path, &rule.extensions) {
        (Some(path), None) if path.starts_with('/') => (Function::PathTtl, path.clone()),
        (None, Some(Extensions::List(list))) => (Function::FileTypeTtl, list.join(",")),
        (None, Some(Extensions::Text(text))) => (Function::FileTypeTtl, text.clone()),
        _ => {
            let message = format!(
                "TTL rule {} needs a path that starts with `/`, or extensions",
                index + 1
            );
            return Err(ProviderError::new(
                ErrorKind::Invalid,
                "cdn.domain",
                message,
            ));
        }
    };
    let weight = rule.weight.unwrap_or_else(|| implied_weight(index));
    let args = [
        (function.subject().to_owned(), subject),
        ("ttl".to_owned(), rule.seconds.to_string()),
        ("weight".to_owned(), weight.to_string()),
    ];
    Ok(Setting {
        function,
        args: args.into(),
    })
}

fn implied_weight(index: usize) -> u8 {
    let lighter = u8::try_from(index).unwrap_or(HEAVIEST);
    HEAVIEST.saturating_sub(lighter).max(1)
}

fn weight_of(setting: &Setting) -> u8 {
    let weight = setting
        .args
        .get("weight")
        .and_then(|weight| weight.parse().ok());
    weight.unwrap_or(1)
}

fn rule_json(index: usize, setting: &Setting) -> Json {
    let arg = |name: &str| {
        setting
            .args
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    let subject = arg(setting.function.subject());
    let seconds = arg("ttl");
    let seconds = seconds
        .parse::<u64>()
        .map_or_else(|_| json!(seconds), Json::from);
    let mut rule = match setting.function {
        Function::PathTtl | Function::ResponseHeader => {
            json!({ "path": subject, "seconds": seconds })
        }
        Function::FileTypeTtl => {
            json!({ "extensions": subject.split(',').collect::<Vec<_>>(), "seconds": seconds })
        }
    };
    let weight = weight_of(setting);
    if weight != implied_weight(index) {
        rule["weight"] = weight.into();
    }
    rule
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(json: &Json) -> Vec<Rule> {
        Vec::deserialize(json).unwrap()
    }

    #[test]
    fn earlier_rules_are_heavier() {
        let json = json!([
            { "path": "/assets", "seconds": 31_536_000 },
            { "extensions": ["jpg", "png"], "seconds": 60 },
            { "path": "/", "seconds": 5, "weight": 1 },
        ]);
        let settings = lower(&rules(&json)).unwrap();
        let weights: Vec<_> = settings.iter().map(|s| s.args["weight"].as_str()).collect();
        assert_eq!(weights, ["99", "98", "1"]);
        assert_eq!(settings[1].args["file_type"], "jpg,png");
        assert_eq!(settings[1].function, Function::FileTypeTtl);
    }

    #[test]
    fn what_was_applied_is_read_back_as_it_was_written() {
        let written = json!([{ "path": "/b", "seconds": 1, "weight": 7 }, { "extensions": "a,b", "seconds": 2 }]);
        let settings = lower(&rules(&written)).unwrap();
        assert_eq!(raise(settings.clone(), Some(&written)), written);
        let fresh = json!([{ "extensions": ["a", "b"], "seconds": 2, "weight": 98 }, { "path": "/b", "seconds": 1, "weight": 7 }]);
        assert_eq!(raise(settings, None), fresh);
    }

    #[test]
    fn a_rule_without_a_subject_is_refused() {
        for json in [
            json!([{ "seconds": 1 }]),
            json!([{ "path": "a", "seconds": 1 }]),
            json!([{ "path": "/a", "extensions": ["b"], "seconds": 1 }]),
        ] {
            let error = lower(&rules(&json)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid);
        }
    }

    proptest! {
        #[test]
        fn rules_without_weights_survive_the_way_there_and_back(
            paths in proptest::collection::btree_set("/[a-z]{1,5}", 0..90),
            seconds in 0_u64..1_000_000,
        ) {
            let json: Json = paths.iter().map(|path| json!({ "path": path, "seconds": seconds })).collect();
            let settings = lower(&rules(&json)).unwrap();
            prop_assert_eq!(raise(settings, None), json);
        }
    }
}
