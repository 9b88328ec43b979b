//! Domains and how long the CDN keeps what it fetched.

use serde_json::{Value as Json, json};

use super::super::props::{Props, bad};
use super::bad_domain;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::NodeKind;

/// `domain` and `domains` together; empty when `cdn: false`.
pub(super) fn domains(props: &Props<'_>, diagnostics: &mut Diagnostics) -> Vec<String> {
    let one_at = props.at("domain");
    let one = props
        .text("domain", diagnostics)
        .map(|text| (text, &one_at));
    let mut domains: Vec<String> = Vec::new();
    for (text, at) in one.into_iter().chain(props.texts("domains", diagnostics)) {
        if !is_domain(text) {
            diagnostics.push(bad_domain(text, at));
        } else if domains.iter().any(|d| d == text) {
            diagnostics.push(bad(
                "domains",
                &format!("a list that names `{text}` once"),
                at,
            ));
        } else {
            domains.push(text.to_owned());
        }
    }
    if let Some(NodeKind::Bool(on)) = props.node("cdn").map(|n| &n.kind) {
        if *on && domains.is_empty() {
            let detail = "the CDN serves a site under a domain, and the site has none";
            diagnostics.push(
                Diagnostic::error(code::BAD_PROPERTY, detail)
                    .at(props.at("cdn"))
                    .hint("add `domain: www.example.com`"),
            );
        }
        if !*on && !domains.is_empty() {
            let detail = "a domain is served by the CDN, and `cdn: false` turns it off";
            diagnostics.push(
                Diagnostic::error(code::BAD_PROPERTY, detail)
                    .at(props.at("cdn"))
                    .hint("remove `cdn: false`, or the domain"),
            );
        }
    }
    domains
}

fn is_domain(text: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && !is_address(text) && text.split('.').all(label)
}

/// Whether the last label is a number, as in an IP address.
fn is_address(text: &str) -> bool {
    text.rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
}

/// The rules under `cdn.ttl`, as the kind `cdn.domain` takes them.
pub(super) fn ttl(
    props: &Props<'_>,
    domains: &[String],
    diagnostics: &mut Diagnostics,
) -> Vec<Json> {
    let Some(node) = props
        .node("cdn")
        .filter(|n| !matches!(n.kind, NodeKind::Bool(_)))
    else {
        return Vec::new();
    };
    if domains.is_empty() {
        let detail = "rules for the CDN have no effect without a domain";
        diagnostics.push(
            Diagnostic::error(code::BAD_PROPERTY, detail)
                .at(node.at.clone())
                .hint("add `domain: www.example.com`"),
        );
    }
    let cdn = Props::new(node, "cdn", &["ttl"], diagnostics);
    cdn.list("ttl", diagnostics)
        .iter()
        .filter_map(|item| {
            rule(
                &Props::new(
                    item,
                    "cdn.ttl[]",
                    &["path", "extensions", "seconds"],
                    diagnostics,
                ),
                &item.at,
                diagnostics,
            )
        })
        .collect()
}

fn rule(rule: &Props<'_>, at: &Span, diagnostics: &mut Diagnostics) -> Option<Json> {
    // Three years is the longest the vendor's console accepts.
    let seconds = rule.number("seconds", (0, 99_999_999), diagnostics);
    if rule.node("seconds").is_none() {
        diagnostics.push(
            Diagnostic::error(
                code::MISSING_KEY,
                "`cdn.ttl[]` needs the property `seconds`",
            )
            .at(at.clone()),
        );
    }
    let path = rule.text("path", diagnostics);
    let extensions: Vec<&str> = rule
        .texts("extensions", diagnostics)
        .into_iter()
        .map(|(text, _)| text)
        .collect();
    match (path, extensions.is_empty()) {
        (Some(path), true) if path.starts_with('/') => {
            Some(json!({ "path": path, "seconds": seconds? }))
        }
        (Some(_), true) => {
            diagnostics.push(bad(
                "cdn.ttl[].path",
                "a path that starts with `/`",
                &rule.at("path"),
            ));
            None
        }
        (None, false) => Some(json!({ "extensions": extensions, "seconds": seconds? })),
        _ => {
            diagnostics.push(bad(
                "cdn.ttl[]",
                "either for a `path` or for `extensions`",
                at,
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_domain;

    #[test]
    fn domains_have_labels_and_nothing_else() {
        assert!(is_domain("www.example.com") && is_domain("mysite.test"));
        for bad in [
            "localhost",
            "http://a.b",
            "a.b/c",
            "a..b",
            "-a.b",
            "a.b:80",
            "",
            "UPPER.case",
            "10.0.0.1",
            "a_b.c",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
    }
}
