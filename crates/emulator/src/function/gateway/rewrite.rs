//! A path and query that a route turns into others, by the vendor's rules: equal, then wildcard, then regular expression.

use regex::Regex;

use crate::function::error::{FcError, Outcome};
use crate::function::model::{Rewrite, RewriteRule};

/// The target that a function shall see: path and query as they came, or as the first rule that fits makes them.
pub(super) fn target(rewrite: &Rewrite, target: &str) -> String {
    let rewritten = rewritten(rewrite, target);
    if rewritten.starts_with('/') {
        return rewritten;
    }
    // A path without its slash is no request line; no server could be asked for it.
    format!("/{rewritten}")
}

fn rewritten(rewrite: &Rewrite, target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let equal = rewrite.equal_rules.iter().find(|rule| rule.r#match == path);
    if let Some(rule) = equal {
        return with_query(&rule.replacement, target);
    }
    for rule in &rewrite.wildcard_rules {
        if let Some(replaced) = apply(&wildcard(&rule.r#match), rule, target, true) {
            return replaced;
        }
    }
    for rule in &rewrite.regex_rules {
        if let Some(replaced) = apply(&rule.r#match, rule, target, false) {
            return replaced;
        }
    }
    target.to_owned()
}

/// Refuses rules that could never be applied.
pub(in crate::function) fn check(rewrite: &Rewrite) -> Outcome<()> {
    for rule in &rewrite.regex_rules {
        Regex::new(&rule.r#match).map_err(|error| {
            FcError::invalid(format!("regexRules: {:?}: {error}", rule.r#match))
        })?;
    }
    Ok(())
}

/// A wildcard rule as a regular expression: `*` is anything, everything else itself. It may fit anywhere unless it begins
/// with `^`.
fn wildcard(pattern: &str) -> String {
    let (anchor, pattern) = match pattern.strip_prefix('^') {
        Some(rest) => ("^", rest),
        None => ("", pattern),
    };
    let parts: Vec<String> = pattern.split('*').map(regex::escape).collect();
    format!("{anchor}{}", parts.join("(.*)"))
}

/// The replacement with `$1`… filled in; `None` when the pattern does not fit. A wildcard's replacement is the whole
/// target; a regular expression replaces what it fits.
fn apply(pattern: &str, rule: &RewriteRule, target: &str, whole: bool) -> Option<String> {
    let regex = Regex::new(pattern).ok()?;
    let found = regex.captures(target)?;
    let mut filled = String::new();
    found.expand(&braced(&rule.replacement), &mut filled);
    if whole {
        return Some(filled);
    }
    let place = found.get(0)?.range();
    Some(format!(
        "{}{filled}{}",
        &target[..place.start],
        &target[place.end..]
    ))
}

/// `$1x` means group 1 followed by `x`, where the library would look for a group `1x`.
fn braced(replacement: &str) -> String {
    let mut out = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let digits: String = rest[at + 1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if digits.is_empty() {
            out.push_str("$$");
        } else {
            out.extend(["${", &digits, "}"]);
        }
        rest = &rest[at + 1 + digits.len()..];
    }
    out + rest
}

fn with_query(path: &str, target: &str) -> String {
    match target.split_once('?') {
        Some((_, query)) if !path.contains('?') => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str, replacement: &str) -> Vec<RewriteRule> {
        vec![RewriteRule {
            r#match: pattern.to_owned(),
            replacement: replacement.to_owned(),
        }]
    }

    #[test]
    fn wildcards_fit_anywhere_and_replace_the_whole() {
        for (pattern, replacement, from, to) in [
            ("/old", "/new", "/test/old", "/new"),
            ("^/old", "/new", "/test/old", "/test/old"),
            ("^/old", "/new", "/old/test", "/new"),
            ("/api/*", "/$1", "/api/a/b", "/a/b"),
            ("/api/*", "/$1", "/api/list?Version=1", "/list?Version=1"),
            ("/*/b/*", "/$2/$1", "/a/b/c", "/c/a"),
            ("/a.b", "/x", "/aXb", "/aXb"),
        ] {
            let rewrite = Rewrite {
                wildcard_rules: rule(pattern, replacement),
                ..Rewrite::default()
            };
            assert_eq!(target(&rewrite, from), to, "{pattern} on {from}");
        }
    }

    #[test]
    fn equal_rules_come_first_and_expressions_last() {
        let rewrite = Rewrite {
            equal_rules: rule("/a", "/equal"),
            wildcard_rules: rule("/a*", "/wild"),
            regex_rules: rule("^/([0-9]+)x", "/n$1y"),
        };
        assert_eq!(target(&rewrite, "/a?q=1"), "/equal?q=1");
        assert_eq!(target(&rewrite, "/ab"), "/wild");
        assert_eq!(target(&rewrite, "/12x/z"), "/n12y/z");
        assert_eq!(target(&rewrite, "/none"), "/none");
        let broken = Rewrite {
            regex_rules: rule("(", ""),
            ..Rewrite::default()
        };
        assert!(check(&broken).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_rule_and_no_target_panics(pattern in ".{0,20}", replacement in ".{0,20}", path in "/.{0,30}") {
            let rules = || rule(&pattern, &replacement);
            let rewrite = Rewrite { equal_rules: rules(), wildcard_rules: rules(), regex_rules: rules() };
            proptest::prop_assert!(target(&rewrite, &path).starts_with('/'));
        }
    }
}
