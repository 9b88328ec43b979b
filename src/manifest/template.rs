//! Key `template` and a resource's `extend`: named properties that resources start from.

use std::collections::BTreeSet;

use super::layer::{lay, omit};
use super::{Entry, Node, NodeKind};
use crate::diagnostic::{Diagnostic, Diagnostics, closest, code};

/// Lays each resource's properties over those of the template that it names, and notes the name in `used`. What is
/// wrong is reported at the `extend`.
pub(super) fn apply(
    resources: &mut Node,
    templates: Option<&Node>,
    used: &mut BTreeSet<String>,
    diagnostics: &mut Diagnostics,
) {
    if let NodeKind::Map(resources) = &mut resources.kind {
        for resource in resources {
            used.extend(extend(resource, templates, diagnostics));
        }
    }
}

/// Warns of each template that no resource names.
pub(super) fn warn_unused(
    templates: Option<&Node>,
    used: &BTreeSet<String>,
    diagnostics: &mut Diagnostics,
) {
    for entry in templates.map(Node::entries).unwrap_or_default() {
        if !used.contains(&entry.key) {
            let detail = format!("no resource extends the template `{}`", entry.key);
            diagnostics.push(
                Diagnostic::warning(code::UNUSED_TEMPLATE, detail)
                    .at(entry.key_at.clone())
                    .hint(format!("extend: {{ name: {} }}", entry.key)),
            );
        }
    }
}

/// Lays one resource over its template, and names that.
fn extend(
    resource: &mut Entry,
    templates: Option<&Node>,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let extend = resource
        .value
        .get("extend")
        .filter(|e| !e.is_null())?
        .clone();
    let name = name(&extend, &resource.key, diagnostics)?;
    let paths = ignored(&extend, diagnostics);
    let found = templates.and_then(|all| all.entry(&name.0));
    let Some(template) = found else {
        let names: Vec<&str> = templates
            .map(Node::entries)
            .unwrap_or_default()
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        diagnostics.push(unknown(&name, &resource.key, &names));
        return None;
    };
    let mut lower = template.value.clone();
    for path in &paths {
        omit(&mut lower, path);
    }
    let NodeKind::Map(entries) = &mut resource.value.kind else {
        return None;
    };
    if lower.is_null() {
        return Some(name.0);
    }
    match entries.iter_mut().find(|entry| entry.key == "props") {
        Some(props) if props.value.is_null() => props.value = lower,
        Some(props) => {
            let null = Node::new(props.key_at.clone(), NodeKind::Null);
            let upper = std::mem::replace(&mut props.value, null);
            props.value = lay(lower, upper);
        }
        None => entries.push(Entry {
            key: "props".to_owned(),
            key_at: extend.at.clone(),
            value: lower,
        }),
    }
    Some(name.0)
}

type Name = (String, crate::diagnostic::Span);

fn name(extend: &Node, resource: &str, diagnostics: &mut Diagnostics) -> Option<Name> {
    let wrong = |detail: String, node: &Node| {
        Diagnostic::error(code::WRONG_TYPE, detail)
            .at(node.at.clone())
            .hint("extend: { name: TEMPLATE, ignore: [PROPERTY] }")
    };
    let Some(node) = extend.get("name").filter(|_| extend.is_map()) else {
        let detail = format!("`extend` of `{resource}` must name a template");
        diagnostics.push(wrong(detail, extend));
        return None;
    };
    let Some(name) = node.as_str() else {
        let detail = format!(
            "the name of a template must be a text, and is {}",
            node.type_name()
        );
        diagnostics.push(wrong(detail, node));
        return None;
    };
    Some((name.to_owned(), node.at.clone()))
}

fn ignored(extend: &Node, diagnostics: &mut Diagnostics) -> Vec<String> {
    let Some(node) = extend.get("ignore").filter(|node| !node.is_null()) else {
        return Vec::new();
    };
    let one = std::slice::from_ref(node);
    let items = if let NodeKind::List(items) = &node.kind {
        items
    } else {
        one
    };
    let mut paths = Vec::new();
    for item in items {
        match item.as_str() {
            Some(path) => paths.push(path.to_owned()),
            None => diagnostics.push(
                Diagnostic::error(
                    code::WRONG_TYPE,
                    format!(
                        "`ignore` lists properties by name, and this is {}",
                        item.type_name()
                    ),
                )
                .at(item.at.clone())
                .hint("ignore: [vpcConfig, environmentVariables.DEBUG]"),
            ),
        }
    }
    paths
}

/// A warning: the original takes a template that does not exist for an empty one.
fn unknown((name, at): &Name, resource: &str, names: &[&str]) -> Diagnostic {
    let detail = format!("`{resource}` extends the template `{name}`, which does not exist");
    let warning = Diagnostic::warning(code::UNKNOWN_TEMPLATE, detail).at(at.clone());
    match closest(name, names.iter().copied()) {
        Some(near) => warning.hint(format!("did you mean `{near}`?")),
        None if names.is_empty() => {
            warning.hint("templates stand under the top-level key `template`")
        }
        None => warning.hint(format!("templates: {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::{load_with, wrong};
    use crate::manifest::to_json;
    use serde_json::json;

    fn props(text: &str) -> serde_json::Value {
        let (manifest, _) = load_with(text, &[]).unwrap();
        to_json(&manifest.blocks[0].props)
    }

    #[test]
    fn properties_lie_over_the_template() {
        let text = "edition: 3.0.0\nvars: {m: {x: 1, y: 2}}\ntemplate:\n  t: {region: cn, m: '${vars.m}', n: '${this.name}', v: {a: 1, b: 2}}\nresources:\n  a:\n    component: fc3\n    extend: {name: t, ignore: [v.a]}\n    props: {region: us, m: {y: 3}}\n";
        assert_eq!(
            props(text),
            json!({"region": "us", "m": {"x": 1, "y": 3}, "n": "a", "v": {"b": 2}})
        );
    }

    #[test]
    fn a_template_that_is_an_expression_loses_what_is_ignored() {
        let text = "edition: 3.0.0\nvars: {m: {x: 1, y: {z: 2, w: 3}}}\ntemplate: {t: '${vars.m}'}\nresources:\n  a: {component: fc3, extend: {name: t, ignore: [x, y.w]}, props: {p: 1}}\n";
        assert_eq!(props(text), json!({"y": {"z": 2}, "p": 1}));
    }

    #[test]
    fn what_is_wrong_with_templates_is_told() {
        let text = |rest: &str| {
            format!(
                "edition: 3.0.0\ntemplate: {{base: {{x: 1}}}}\nresources:\n  a: {{component: fc3, {rest}}}\n"
            )
        };
        assert_eq!(
            wrong(&text("extend: {name: bsae}")),
            ["SD0131 2:12", "SD0130 4:38"]
        );
        assert_eq!(wrong(&text("extend: base")), ["SD0131 2:12", "SD0107 4:31"]);
        assert_eq!(
            wrong(&text("extend: {name: [x]}")),
            ["SD0131 2:12", "SD0107 4:38"]
        );
        assert_eq!(
            wrong(&text("extend: {name: base, ignore: [{}]}")),
            ["SD0107 4:53"]
        );
        assert!(wrong(&text("extend: {name: base, ignore: x}")).is_empty());
    }
}
