//! Domains and how long the CDN keeps what it fetched.

use std::collections::BTreeMap;

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
    let mut found: Vec<(&str, &Span)> = Vec::new();
    for (text, at) in one.into_iter().chain(props.texts("domains", diagnostics)) {
        if !is_domain(text) {
            diagnostics.push(bad_domain(text, at));
        } else if let Some((_, first)) = found.iter().find(|(known, _)| *known == text) {
            let detail = format!("`{text}` is named twice");
            diagnostics.push(
                Diagnostic::error(code::BAD_PROPERTY, detail)
                    .at(at.clone())
                    .related((*first).clone(), "first named here"),
            );
        } else {
            found.push((text, at));
        }
    }
    let domains: Vec<String> = found.iter().map(|(text, _)| (*text).to_owned()).collect();
    check_switch(props, &domains, diagnostics);
    domains
}

/// Whether a domain is written, be it a usable one or not.
fn names_domain(props: &Props<'_>) -> bool {
    let several = props.node("domains");
    props.node("domain").is_some() || several.is_some_and(|node| !node.items().is_empty())
}

/// Whether `cdn` as a switch fits the domains.
fn check_switch(props: &Props<'_>, domains: &[String], diagnostics: &mut Diagnostics) {
    if let Some(NodeKind::Bool(on)) = props.node("cdn").map(|n| &n.kind) {
        if *on && domains.is_empty() && !names_domain(props) {
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
    if domains.is_empty() && !names_domain(props) {
        let detail = "rules for the CDN have no effect without a domain";
        diagnostics.push(
            Diagnostic::error(code::BAD_PROPERTY, detail)
                .at(node.at.clone())
                .hint("add `domain: www.example.com`"),
        );
    }
    let cdn = Props::new(node, &props.path("cdn"));
    let (mut rules, mut places) = (Vec::new(), Places::new());
    for (number, item) in cdn.list("ttl", diagnostics).iter().enumerate() {
        let path = format!("{}[{number}]", cdn.path("ttl"));
        let mut found = Diagnostics::new();
        let properties = Props::new(item, &path);
        let rule = rule(&properties, (&path, &item.at), &mut places, &mut found);
        // What else is wrong with a rule mostly follows from the first mistake.
        match found.into_iter().next() {
            Some(first) => diagnostics.push(first),
            None => rules.extend(rule),
        }
    }
    rules
}

/// Where each path and each extension was first named.
type Places = BTreeMap<String, Span>;

fn rule(
    rule: &Props<'_>,
    (name, at): (&str, &Span),
    places: &mut Places,
    diagnostics: &mut Diagnostics,
) -> Option<Json> {
    let seconds = rule.number("seconds", diagnostics);
    let path = rule.text("path", diagnostics);
    let extensions = rule.texts("extensions", diagnostics);
    match (path, extensions.is_empty()) {
        (Some(path), true) => {
            let at = rule.at("path");
            if !is_path(path) {
                let wanted = "a path that starts with `/`, without blanks";
                diagnostics.push(bad(&rule.path("path"), wanted, &at));
            }
            once(path, (&rule.path("path"), &at), places, diagnostics);
            Some(json!({ "path": path, "seconds": seconds? }))
        }
        (None, false) => {
            for (number, (text, at)) in extensions.iter().enumerate() {
                let name = format!("{}[{number}]", rule.path("extensions"));
                if !is_extension(text) {
                    let wanted = "an extension in lower case without its dot, such as `png`";
                    diagnostics.push(bad(&name, wanted, at));
                }
                once(text, (&name, at), places, diagnostics);
            }
            let extensions: Vec<&str> = extensions.into_iter().map(|(text, _)| text).collect();
            Some(json!({ "extensions": extensions, "seconds": seconds? }))
        }
        // A name that is not in the table is told already, and probably one of the two.
        (None, true) if rule.count() > 1 => None,
        _ => {
            let wanted = "either for a `path` or for `extensions`";
            diagnostics.push(bad(name, wanted, at));
            None
        }
    }
}

/// A path or an extension has one rule: of two, one would never be used.
fn once(text: &str, (name, at): (&str, &Span), places: &mut Places, diagnostics: &mut Diagnostics) {
    if let Some(first) = places.get(text) {
        let detail = format!("`{name}` is `{text}`, which has a rule already");
        diagnostics.push(
            Diagnostic::error(code::BAD_PROPERTY, detail)
                .at(at.clone())
                .related(first.clone(), "first named here"),
        );
    } else {
        places.insert(text.to_owned(), at.clone());
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The vendor's interface takes extensions as one list with commas.
fn is_extension(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_graphic() && !c.is_ascii_uppercase() && !",./".contains(c);
    !text.is_empty() && text.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::{is_domain, is_extension, is_path};

    #[test]
    fn rules_are_for_plain_paths_and_extensions() {
        assert!(is_extension("png") && is_extension("7z") && is_extension("c++"));
        for bad in ["", ".png", "tar.gz", "a,b", "a b", "PNG", "a\u{1b}", "é"] {
            assert!(!is_extension(bad), "{bad:?}");
        }
        assert!(is_path("/") && is_path("/a/é.txt"));
        for bad in ["", "a", "/a b", "/a\n", "/\u{0}"] {
            assert!(!is_path(bad), "{bad:?}");
        }
    }

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
