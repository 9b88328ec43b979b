//! The whole file: edition, `services`, components, expressions.

use std::sync::Arc;

use super::super::layout::{Body, Collection, Document, Entry, Line, Node};
use super::super::order::arrange;
use super::super::print::print;
use super::super::read::read;
use super::super::scan::comments;
use super::edit::{Losses, get, get_mut, new_entry, plain, rename, take, text};
use super::{domain, expression, function, inline, trigger};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};
use crate::manifest::{parse, parse_with_text};

/// A file in the form of edition 3.0.0.
#[derive(Debug)]
pub struct Migrated {
    /// The new text. The same as the old one when there was nothing to do.
    pub text: String,
    /// What has no counterpart; each is a comment in the text.
    pub warnings: Diagnostics,
}

/// The manifest `source` as one of edition 3.0.0. A text that is not valid YAML is refused.
pub fn migrate(source: &Arc<Source>) -> Result<Migrated, Diagnostics> {
    let unix = source.text.replace("\r\n", "\n").replace('\r', "\n");
    let (read_text, found) = parse_with_text(&Source::new(&source.path, unix));
    let (Some((_, strict)), false) = (read_text, found.has_errors()) else {
        return Err(found);
    };
    let strict_source = Source::new(&source.path, strict.as_str());
    let cannot = |at| {
        let diagnostic = Diagnostic::error(code::REWRITE, "this cannot be rewritten");
        diagnostic.at(Span::new(&strict_source, at, at))
    };
    let mut losses = Losses {
        source: Arc::clone(&strict_source),
        warnings: Diagnostics::new(),
    };
    let mut document = read(&strict).map_err(cannot)?;
    let unchanged = print(&document);
    change(&mut document, &mut losses);
    if print(&document) == unchanged {
        let text = source.text.clone();
        return Ok(Migrated {
            text,
            warnings: losses.warnings,
        });
    }
    arrange(&mut document);
    keep_comments(&mut document, &strict);
    let text = print(&document);
    let (after, found) = parse(&Source::new(&source.path, text.as_str()));
    if after.is_none() || found.has_errors() {
        return Err(cannot(0).into());
    }
    Ok(Migrated {
        text,
        warnings: losses.warnings,
    })
}

/// A comment whose place is gone is kept at the end.
fn keep_comments(document: &mut Document, strict: &str) {
    let text = print(document);
    for comment in comments(strict) {
        if !text.contains(&comment) {
            document.tail.push(Line::Comment(comment, 0));
        }
    }
}

fn change(document: &mut Document, losses: &mut Losses) {
    let whole = document.root.clone();
    let Some(root) = document.root.map_mut() else {
        return;
    };
    edition(root);
    let is_old = get(root, "services").is_some() && get(root, "resources").is_none();
    if get(root, "resources").is_none() {
        rename(root, "services", "resources");
    } else if let Some(services) = get(root, "services") {
        let detail = "`services` is left as it is, as there is `resources` too";
        losses.warn(services, detail, "move what is in it to `resources`");
    }
    let mut names = Vec::new();
    if let Some(resources) = get_mut(root, "resources").and_then(Node::map_mut) {
        names = resources
            .entries
            .iter()
            .map(|entry| entry.name().to_owned())
            .collect();
        let mut all = Vec::new();
        for mut entry in resources.entries.drain(..) {
            let domains = if is_old {
                resource(&mut entry, &whole, losses)
            } else {
                short_component(&mut entry);
                Vec::new()
            };
            all.push(entry);
            all.extend(domains);
        }
        resources.entries = all;
    }
    expression::rewrite(&mut document.root, &names, losses);
}

/// Writes the edition, at the top if there was none.
fn edition(root: &mut Collection) {
    match get_mut(root, "edition") {
        Some(edition) if edition.text() != Some("3.0.0") => {
            edition.body = Body::Scalar(plain("3.0.0"));
        }
        Some(_) => {}
        None => root.entries.insert(0, new_entry("edition", text("3.0.0"))),
    }
}

/// Rewrites one resource and gives the resources that come out of it besides.
fn resource(entry: &mut Entry, whole: &Node, losses: &mut Losses) -> Vec<Entry> {
    let name = entry.name().to_owned();
    let Some(block) = entry.value.map_mut() else {
        return Vec::new();
    };
    let Some(written) = get(block, "component").and_then(Node::text) else {
        return Vec::new();
    };
    let short = written
        .strip_prefix("devsapp/")
        .unwrap_or(written)
        .to_owned();
    let is_fc = matches!(short.split('@').next(), Some("fc" | "fc-api"));
    let old = written.to_owned();
    if let Some(component) = get_mut(block, "component") {
        let new = if is_fc { "fc3" } else { short.as_str() };
        if new != old {
            component.body = Body::Scalar(plain(new));
        }
    }
    if !is_fc {
        let is_current = short.starts_with("fc3") || old.starts_with('.');
        if let (false, Some(component)) = (is_current, get(block, "component")) {
            let detail = format!("the properties of `{short}` are left as they are");
            losses.warn(
                component,
                detail,
                "compare them with what the component takes today",
            );
        }
        return Vec::new();
    }
    actions(block);
    let Some(props) = get_mut(block, "props") else {
        return Vec::new();
    };
    inline::value(props, whole);
    if let Some(props) = props.map_mut() {
        return properties(props, &name, whole, losses);
    }
    let detail = "these properties are not in this file and are left as they are";
    losses.warn(props, detail, "give them the names that fc3 has");
    Vec::new()
}

/// In a file that has `resources`, only the name of a component is old: `devsapp/fc3`.
fn short_component(entry: &mut Entry) {
    let block = entry.value.map_mut();
    let Some(component) = block.and_then(|block| get_mut(block, "component")) else {
        return;
    };
    if let Some(short) = component
        .text()
        .and_then(|name| name.strip_prefix("devsapp/"))
    {
        component.body = Body::Scalar(plain(short));
    }
}

fn properties(props: &mut Collection, name: &str, whole: &Node, losses: &mut Losses) -> Vec<Entry> {
    inline::merged(props, whole);
    let mut parts = Vec::new();
    // The function first: its name and description are the ones that stay.
    for key in ["function", "service"] {
        let Some(mut part) = take(props, key) else {
            continue;
        };
        inline::value(&mut part.value, whole);
        inline::settings(&mut part.value, whole);
        if part.value.collection().is_some() {
            parts.push(part);
        } else {
            losses.leave(props, &part, "what it stands for is not in this file");
        }
    }
    // Triggers and domains stay behind the function's own properties.
    let triggers = take(props, "triggers");
    let domains = take(props, "customDomains");
    function::flatten(props, parts, losses);
    if let Some(mut triggers) = triggers {
        inline::list(&mut triggers.value, whole);
        let runtime = get(props, "runtime").and_then(Node::text);
        let runtime = runtime.unwrap_or_default().to_owned();
        trigger::rewrite(&mut triggers.value, &runtime, losses);
        props.entries.push(triggers);
    }
    match domains {
        Some(mut domains) => {
            inline::list(&mut domains.value, whole);
            domain::resources(domains, name, props, losses)
        }
        None => Vec::new(),
    }
}

/// `component: fc build` in an action is `fc3 build`.
fn actions(block: &mut Collection) {
    let Some(actions) = get_mut(block, "actions").and_then(Node::map_mut) else {
        return;
    };
    for hook in &mut actions.entries {
        let Body::Collection(items) = &mut hook.value.body else {
            continue;
        };
        for item in items
            .entries
            .iter_mut()
            .filter_map(|item| item.value.map_mut())
        {
            let Some(component) = get_mut(item, "component") else {
                continue;
            };
            let words = component.text().unwrap_or_default();
            let words = words.strip_prefix("devsapp/").unwrap_or(words);
            if let Some(rest) = words.strip_prefix("fc ") {
                component.body = Body::Scalar(plain(&format!("fc3 {}", rest.trim())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn real_manifests_of_today_have_little_to_migrate() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/manifests");
        let Ok(files) = std::fs::read_dir(folder) else {
            return;
        };
        let mut untouched = 0;
        for file in files {
            let path = file.unwrap().path();
            let source = Source::new(&path, std::fs::read_to_string(&path).unwrap_or_default());
            let (root, found) = parse(&source);
            match migrate(&source) {
                Ok(migrated) => untouched += usize::from(migrated.text == source.text),
                Err(error) => assert!(
                    root.is_none() || found.has_errors(),
                    "{}: {error:?}",
                    path.display()
                ),
            }
        }
        assert!(untouched > 100, "{untouched}");
    }

    #[test]
    fn a_comment_whose_place_is_gone_is_kept() {
        let text = "edition: 1.0.0\nservices:\n  a:\n    component: fc\n    props:\n      customDomains: # names\n        - domainName: auto # own\n";
        let migrated = migrate(&Source::new("s.yaml", text)).unwrap();
        for comment in ["# names", "# own"] {
            assert!(migrated.text.contains(comment), "{}", migrated.text);
        }
    }

    #[test]
    fn an_http_function_with_a_handler_is_warned_of() {
        let warned = |runtime: &str| {
            let text = format!(
                "edition: 1.0.0\nservices:\n  a:\n    component: fc\n    props:\n      function: {{ name: f, runtime: {runtime} }}\n      triggers: [{{ name: t, type: http }}]\n"
            );
            let migrated = migrate(&Source::new("s.yaml", text)).unwrap();
            migrated
                .warnings
                .iter()
                .any(|warning| warning.detail.contains("takes an event"))
        };
        assert!(warned("nodejs14"));
        assert!(!warned("custom.debian10"));
    }

    #[test]
    fn nothing_is_lost_without_a_word() {
        let of = |rest: &str| {
            let text = format!(
                "edition: 1.0.0\nvars:\n  fn: &fn {{ codeUri: ./c, caPort: 80 }}\nservices:\n  a:\n    component: fc\n    props:\n      region: r\n{rest}"
            );
            let migrated = migrate(&Source::new("s.yaml", text)).unwrap();
            (migrated.text, migrated.warnings.iter().count())
        };
        for (rest, kept) in [
            (
                "      function: { ossBucket: b }\n",
                "# not migrated: ossBucket: b",
            ),
            (
                "      function: { codeUri: ./c, ossBucket: b, ossKey: k }\n",
                "# not migrated: codeUri: ./c",
            ),
            (
                "      customDomains: ${file(./d)}\n",
                "# not migrated: customDomains: ${file(./d)}",
            ),
            (
                "      customDomains: ['${vars.none}']\n",
                "# not migrated: customDomains: ${vars.none}",
            ),
            (
                "      service: { role: b }\n      function: { role: a }\n",
                "# not migrated: service.role: b",
            ),
            (
                "      triggers: [{ type: oss, sourceArn: x, config: { bucketName: b } }]\n",
                "# not migrated: bucketName: b",
            ),
        ] {
            let (text, warnings) = of(rest);
            assert!(text.contains(kept) && warnings == 1, "{warnings} {text}");
        }
        let (text, _) = of("      function: { <<: *fn, name: f }\n");
        assert!(!text.contains("<<") && text.contains("code: ./c"), "{text}");
        assert!(text.contains("port: 80"), "{text}");
        let (text, warnings) = of("      triggers: [{ type: mns_topic, config: { region: q } }]\n");
        assert!(!text.contains("topics/q") && warnings == 1, "{text}");
    }

    #[test]
    fn properties_from_elsewhere_are_told() {
        let text =
            "edition: 1.0.0\nservices:\n  a: { component: fc, props: \"${file('p.yaml')}\" }\n";
        let migrated = migrate(&Source::new("s.yaml", text)).unwrap();
        assert_eq!(migrated.warnings.iter().count(), 1);
        let text = "edition: 1.0.0\nvars:\n  p: { function: { name: f, codeUri: ./c } }\nservices:\n  a: { component: fc, props: \"${vars.p}\" }\n";
        let migrated = migrate(&Source::new("s.yaml", text)).unwrap();
        assert!(migrated.text.contains("code: ./c"), "{}", migrated.text);
        let text = "edition: 3.0.0\nresources: {}\nservices: {}\n";
        let migrated = migrate(&Source::new("s.yaml", text)).unwrap();
        assert_eq!(migrated.warnings.iter().count(), 1);
    }

    #[test]
    fn brackets_are_kept_and_may_hold_expressions() {
        let text = "edition: 1.0.0\nservices: { a: { component: fc, props: { region: r, function: { name: f, instanceType: e1, codeUri: '${env.CODE}' } } } }\n";
        let migrated = migrate(&Source::new("s.yaml", text)).unwrap();
        assert!(
            migrated.text.contains("code: \"${env('CODE')}\""),
            "{}",
            migrated.text
        );
        assert!(
            migrated.text.contains("# not migrated: instanceType: e1"),
            "{}",
            migrated.text
        );
    }
}
