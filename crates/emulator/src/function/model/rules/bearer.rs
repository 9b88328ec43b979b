//! Tokens of the `authType` `bearer`, by the limits of the vendor's docs. Refusals never say a token.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// Tokens of a trigger or domain at most.
const MOST: usize = 20;
/// Characters of a token's name at most.
const LONGEST_NAME: usize = 128;
/// Characters of a token.
const LENGTH: std::ops::RangeInclusive<usize> = 32..=128;

/// Checks an `authConfig`; the error begins with the field.
pub(super) fn check(config: &Json) -> Result<(), String> {
    let tokens = config["tokens"].as_array();
    let tokens = tokens.filter(|tokens| (1..=MOST).contains(&tokens.len()));
    let tokens = tokens.ok_or_else(|| format!("tokens must be a list of 1 to {MOST} tokens"))?;
    let (mut names, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for (at, token) in tokens.iter().enumerate() {
        let wrong = |field: &str, why: &str| Err(format!("tokens[{at}].{field} {why}"));
        let name = token["tokenName"].as_str().filter(|name| is_name(name));
        let Some(name) = name else {
            return wrong(
                "tokenName",
                "must be letters, digits, `_` and `-`, a letter or `_` first, 128 at most",
            );
        };
        let text = token["tokenData"].as_str().filter(|text| is_token(text));
        let Some(text) = text else {
            return wrong(
                "tokenData",
                "must be 32 to 128 letters, digits and of `+/=-~.`",
            );
        };
        if !matches!(token["enable"], Json::Null | Json::Bool(_)) {
            return wrong("enable", "must be true or false");
        }
        if !names.insert(name) {
            return wrong("tokenName", "is another token's name, too");
        }
        if !texts.insert(text) {
            return wrong("tokenData", "is another token's, too");
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.len() <= LONGEST_NAME && name.starts_with(first) && name.chars().all(fits)
}

fn is_token(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+/=-~.".contains(c);
    LENGTH.contains(&text.len()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_names_the_field_and_no_token() {
        let token = "abcdefghijklmnopqrstuvwxyz+/=-~.";
        let good = json!({ "tokenName": "a", "enable": true, "tokenData": token });
        let with = |field: &str, value: Json| {
            let mut other = good.clone();
            other[field] = value;
            json!([other])
        };
        assert_eq!(check(&json!({ "tokens": [good] })), Ok(()));
        let two = json!({ "tokenName": "b", "tokenData": token });
        for (tokens, field) in [
            (json!([]), "tokens "),
            (json!("x"), "tokens "),
            (json!(vec![good.clone(); 21]), "tokens "),
            (with("tokenName", json!("1a")), "tokens[0].tokenName"),
            (with("tokenData", json!("short")), "tokens[0].tokenData"),
            (
                with("tokenData", json!(format!("{token}!"))),
                "tokens[0].tokenData",
            ),
            (with("enable", json!("yes")), "tokens[0].enable"),
            (json!([good, good]), "tokens[1].tokenName"),
            (json!([good, two]), "tokens[1].tokenData"),
        ] {
            let why = check(&json!({ "tokens": tokens })).unwrap_err();
            assert!(
                why.starts_with(field) && !why.contains(token),
                "{field} {why}"
            );
        }
    }
}
