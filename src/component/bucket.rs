//! The bucket's name: given or derived, always legal.

use sha2::{Digest, Sha256};
use wire::oss::broken_bucket_rule as broken_rule;

use super::lower::Context;
use super::props::Props;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::{Block, Node};

/// The property's value that asks for a derived name.
const AUTO: &str = "auto";

/// The name given, or one derived from what makes the block unique. Derived names are stable: the same account, region,
/// environment, application and block always yield the same; of a block that moved, its first name counts.
pub(super) fn name(
    block: &Block,
    props: &Props<'_>,
    region: &str,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let is_open = |node: &Node| node.as_str() == Some(AUTO);
    if props.node("bucket").is_none_or(is_open) {
        let account = context.account.as_deref().unwrap_or_default();
        let more = [region, context.environment.as_str(), account];
        return Some(derived(&context.app, context.origin(block), &more));
    }
    let given = props.text("bucket", diagnostics)?;
    if let Some(rule) = broken_rule(given) {
        let detail = format!("`{given}`: {rule}");
        diagnostics.push(
            Diagnostic::error(code::BAD_BUCKET_NAME, detail)
                .at(props.at("bucket"))
                .hint(format!("for example `{}`", slug(given, 50))),
        );
        return None;
    }
    Some(given.to_owned())
}

fn derived(app: &str, block: &str, more: &[&str]) -> String {
    let parts = [&[app, block], more].concat();
    let digest = Sha256::digest(parts.join("\n"));
    let tail = wire::digest::hex_lower(&digest[..4]);
    format!("{}-{tail}", slug(&format!("{app}-{block}"), 50))
}

fn slug(text: &str, most: usize) -> String {
    let mut slug = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
        if slug.len() >= most {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.len() < 3 {
        format!("bucket-{slug}").trim_end_matches('-').to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_names_are_legal_and_stable() {
        for app in ["mysite", "My Site!", "日本語", "-", &"x".repeat(200)] {
            let name = derived(app, "site", &["cn-hangzhou", "local", "1234"]);
            assert_eq!(broken_rule(&name), None, "{name}");
            assert_eq!(
                name,
                derived(app, "site", &["cn-hangzhou", "local", "1234"])
            );
        }
        assert_ne!(
            derived("a", "b", &["r", "1"]),
            derived("a", "b", &["r", "2"])
        );
    }

    #[test]
    fn the_name_in_the_hint_is_legal() {
        for bad in ["Upper", "under_score", "-start", "end-", "dots.are.out"] {
            assert_eq!(broken_rule(&slug(bad, 50)), None, "{bad}");
        }
        assert_eq!(broken_rule(&slug("ab", 50)), None);
    }
}
