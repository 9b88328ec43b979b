//! The keys of a manifest: which must be there, which may, which are not supported.

use super::expression::holds_expression;
use super::{Entry, Node, NodeKind};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, closest, code};

/// The only edition that is read.
const EDITION: &str = "3.0.0";

/// Top-level keys with a meaning. Others are free.
const TOP: [&str; 10] = [
    "edition",
    "name",
    "access",
    "vars",
    "env",
    "extend",
    "template",
    "flow",
    "actions",
    "resources",
];

/// A resource's keys.
const RESOURCE: [&str; 9] = [
    "component",
    "props",
    "actions",
    "extend",
    "allow_failure",
    "continue-on-error",
    "id",
    "access",
    "vars",
];

/// Reports what is wrong with the keys.
pub(super) fn check(root: &Node, diagnostics: &mut Diagnostics) {
    let old = check_edition(root, diagnostics);
    check_resources_key(root, old, diagnostics);
    if let Some(vars) = root.get("vars")
        && !(vars.is_map() || vars.is_null() || is_expression(vars))
    {
        diagnostics.push(wrong_type("`vars` must be a map", vars));
    }
    for entry in root.entries() {
        check_top_key(entry, diagnostics);
    }
    for resource in root.get("resources").map(Node::entries).unwrap_or_default() {
        check_resource(resource, diagnostics);
    }
}

/// Whether the file is of an older edition, in which resources are written elsewhere.
fn check_edition(root: &Node, diagnostics: &mut Diagnostics) -> bool {
    let Some(edition) = root.get("edition").filter(|edition| !edition.is_null()) else {
        diagnostics.push(
            Diagnostic::error(code::WRONG_EDITION, "the key `edition` is missing")
                .at(Span::new(&root.at.source, root.at.start, root.at.start))
                .hint(format!("add the line `edition: {EDITION}` at the top")),
        );
        return root.get("services").is_some();
    };
    if edition.as_str() == Some(EDITION) {
        return false;
    }
    let at = &edition.at;
    let written = &at.source.text[at.start..at.end];
    let old = matches!(
        written.trim_matches(['"', '\'']),
        "1.0.0" | "1.0" | "1" | "2.0.0" | "2.0" | "0.0.1"
    );
    let diagnostic = Diagnostic::error(
        code::WRONG_EDITION,
        format!("this is edition {written}, and only {EDITION} is supported"),
    )
    .at(at.clone());
    diagnostics.push(if old || root.get("services").is_some() {
        diagnostic.hint("move `services` to `resources`, make the component's props those of fc3, and write `edition: 3.0.0`")
    } else {
        diagnostic.hint(format!("write `edition: {EDITION}`"))
    });
    true
}

fn check_resources_key(root: &Node, old: bool, diagnostics: &mut Diagnostics) {
    if old {
        return;
    }
    match (root.entry("resources"), root.entry("services")) {
        (Some(entry), _) if entry.value.is_null() => diagnostics.push(
            Diagnostic::error(code::MISSING_KEY, "`resources` is empty")
                .at(entry.key_at.clone())
                .hint("write `resources: {}` if the application really has none"),
        ),
        (Some(entry), _) if !entry.value.is_map() => diagnostics.push(wrong_type(
            "`resources` must be a map of resources",
            &entry.value,
        )),
        (Some(_), _) => {}
        (None, Some(services)) => diagnostics.push(
            Diagnostic::error(
                code::MISSING_KEY,
                format!("`services` is called `resources` in edition {EDITION}"),
            )
            .at(services.key_at.clone())
            .hint("rename the key to `resources`"),
        ),
        (None, None) => {
            let near = closest(
                "resources",
                root.entries().iter().map(|entry| entry.key.as_str()),
            );
            let at = near.and_then(|near| root.entry(near)).map_or_else(
                || Span::new(&root.at.source, root.at.start, root.at.start),
                |entry| entry.key_at.clone(),
            );
            let diagnostic =
                Diagnostic::error(code::MISSING_KEY, "the key `resources` is missing").at(at);
            diagnostics.push(match near {
                Some(near) => {
                    diagnostic.hint(format!("did you mean `resources` instead of `{near}`?"))
                }
                None => diagnostic.hint("add `resources:` with a map of resources"),
            });
        }
    }
}

fn check_top_key(entry: &Entry, diagnostics: &mut Diagnostics) {
    let key = entry.key.as_str();
    if TOP.contains(&key)
        || key.starts_with("x-")
        || matches!(key, "sdev" | "services" | "validation")
    {
        return;
    }
    let near = closest(key, TOP.into_iter()).filter(|near| *near != "resources");
    if let Some(near) = near {
        diagnostics.push(
            Diagnostic::warning(
                code::UNKNOWN_KEY,
                format!("`{key}` has no meaning, and is close to `{near}`"),
            )
            .at(entry.key_at.clone())
            .hint(format!(
                "did you mean `{near}`? A free key is best named `x-{key}`"
            )),
        );
    }
}

fn check_resource(resource: &Entry, diagnostics: &mut Diagnostics) {
    let name = resource.key.as_str();
    if name.is_empty() || name.contains(['.', '}', '{']) || name.trim() != name {
        diagnostics.push(
            Diagnostic::error(
                code::BAD_RESOURCE_NAME,
                format!("a resource cannot be named `{name}`"),
            )
            .at(resource.key_at.clone())
            .hint("use letters, digits, `-` and `_`; a dot separates the parts of a reference"),
        );
    }
    let NodeKind::Map(entries) = &resource.value.kind else {
        let at = if resource.value.is_null() {
            &resource.key_at
        } else {
            &resource.value.at
        };
        let detail = format!(
            "the resource `{name}` must be a map with `component` and `props`, and is {}",
            resource.value.type_name()
        );
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(at.clone()));
        return;
    };
    if !entries
        .iter()
        .any(|entry| entry.key == "component" && !entry.value.is_null())
    {
        let near = closest(
            "component",
            entries
                .iter()
                .map(|entry| entry.key.as_str())
                .filter(|key| !RESOURCE.contains(key)),
        );
        let diagnostic = Diagnostic::error(
            code::MISSING_KEY,
            format!("the resource `{name}` names no `component`"),
        )
        .at(resource.key_at.clone());
        diagnostics.push(match near {
            Some(near) => diagnostic.hint(format!("did you mean `component` instead of `{near}`?")),
            None => diagnostic.hint("add `component:` with a name such as fc3"),
        });
    }
    for entry in entries {
        check_resource_key(name, entry, diagnostics);
    }
}

fn check_resource_key(resource: &str, entry: &Entry, diagnostics: &mut Diagnostics) {
    let key = entry.key.as_str();
    if key == "access" {
        let detail = "a resource's own `access` has no effect; all resources have that of the file";
        diagnostics.push(
            Diagnostic::warning(code::UNKNOWN_KEY, detail)
                .at(entry.key_at.clone())
                .hint("move it to the top level"),
        );
    } else if !RESOURCE.contains(&key) {
        let detail = format!("`{key}` is no key of the resource `{resource}`");
        let diagnostic = Diagnostic::warning(code::UNKNOWN_KEY, detail).at(entry.key_at.clone());
        diagnostics.push(match closest(key, RESOURCE.into_iter()) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic.hint("settings of the component belong under `props`"),
        });
    }
}

fn wrong_type(detail: &str, node: &Node) -> Diagnostic {
    Diagnostic::error(
        code::WRONG_TYPE,
        format!("{detail}, and is {}", node.type_name()),
    )
    .at(node.at.clone())
}

fn is_expression(node: &Node) -> bool {
    node.as_str().is_some_and(holds_expression)
}

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::{load_with, wrong};

    #[test]
    fn the_edition_must_be_3_0_0() {
        let rest = "resources: {a: {component: fc3}}\n";
        assert!(wrong(&format!("edition: 3.0.0\n{rest}")).is_empty());
        assert!(wrong(&format!("edition: '3.0.0'\n{rest}")).is_empty());
        assert_eq!(wrong(&format!("edition: 3.0\n{rest}")), ["SD0105 1:10"]);
        assert_eq!(
            wrong(&format!("edition: 1.0.0\nservices: {{}}\n{rest}")),
            ["SD0105 1:10"]
        );
        assert_eq!(wrong(rest), ["SD0105 1:1"]);
    }

    #[test]
    fn services_and_near_names_of_resources_are_explained() {
        assert_eq!(wrong("edition: 3.0.0\nservices: {}\n"), ["SD0106 2:1"]);
        let found = load_with("edition: 3.0.0\nresource: {}\n", &[]).unwrap_err();
        assert_eq!(
            found.iter().next().unwrap().hints,
            ["did you mean `resources` instead of `resource`?"]
        );
        assert_eq!(wrong("edition: 3.0.0\nresources:\n"), ["SD0106 2:1"]);
        assert_eq!(wrong("edition: 3.0.0\nresources: [a]\n"), ["SD0107 2:12"]);
        assert!(wrong("edition: 3.0.0\nresources: {}\n").is_empty());
    }

    #[test]
    fn all_errors_come_at_once() {
        let text = "edition: 3.0.0\nvars: [x]\nflow: {deploy: [[a]]}\nresources:\n  a.b: {component: fc3}\n  c: {props: {p: '${vars.q}'}}\n  d: 5\n  e: {component: fc3, prosp: {}, actions: {pre-deploy: []}, p: '${HOME}'}\n";
        assert_eq!(
            wrong(text),
            [
                "SD0107 2:7",
                "SD0113 3:18",
                "SD0115 5:3",
                "SD0106 6:3",
                "SD0110 6:21",
                "SD0107 7:6",
                "SD0119 8:23",
                "SD0119 8:61",
                "SD0110 8:67"
            ]
        );
    }

    #[test]
    fn a_resource_has_no_access_of_its_own() {
        let text = "edition: 3.0.0\nresources:\n  a: {component: fc3, access: x}\n";
        assert_eq!(wrong(text), ["SD0119 3:23"]);
        assert!(load_with(text, &[]).is_ok());
    }

    #[test]
    fn free_keys_are_free_and_near_ones_are_warned_of() {
        assert!(wrong("edition: 3.0.0\nresources: {}\nx-vars: 1\nsdev: {}\nother: 1\n").is_empty());
        assert_eq!(
            wrong("edition: 3.0.0\nresources: {}\naaccess: me\n"),
            ["SD0119 3:1"]
        );
    }
}
