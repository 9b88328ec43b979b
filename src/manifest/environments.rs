//! `env.yaml`: named environments, each with overlays for the resources' properties.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::layer::lay;
use super::{Entry, Node, NodeKind, Occasion, read, tree};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, closest, code};

/// The file that is read when the manifest names none.
const DEFAULT: &str = "env.yaml";

/// The environment asked for, and what it lays over the document.
pub(super) struct Overlay {
    /// Its name.
    pub(super) name: String,
    /// The file that it stands in.
    pub(super) source: Arc<Source>,
    /// The environment as written: what `this` means in the overlays.
    pub(super) entry: Node,
    /// The project's name as that file has it.
    pub(super) project: Option<Node>,
    /// The resources before anything was laid over them: what `source` means in the overlays.
    pub(super) before: Node,
}

/// The environment that is asked for. Without a file of environments the name means something only to the state.
/// An unknown name and a missing file are warnings, as in the original: the manifest holds as it is.
pub(super) fn choose(
    root: &Node,
    folder: &Path,
    occasion: Occasion<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Overlay> {
    let wanted = occasion.environment?;
    let key = root.entry("env").filter(|entry| !entry.value.is_null());
    let named = key.and_then(|entry| entry.value.as_str());
    let path = folder.join(named.unwrap_or(DEFAULT));
    let source = match read::read(&path) {
        Ok(source) => source,
        Err(read::ReadError::Missing(_)) if named.is_none() => return None,
        Err(error) => {
            let warning = Diagnostic::warning(code::ENVIRONMENT, error.to_string());
            diagnostics.push(match key {
                Some(entry) => warning.at(entry.value.at.clone()),
                None => warning,
            });
            return None;
        }
    };
    let (tree, found) = tree::parse(&source);
    diagnostics.extend(found);
    let tree = tree?;
    let (entry, project) = find(&tree, wanted, diagnostics)?;
    let nothing = || Node::new(root.at.clone(), NodeKind::Map(Vec::new()));
    Some(Overlay {
        name: wanted.to_owned(),
        source,
        entry: entry.clone(),
        project,
        before: root.get("resources").cloned().unwrap_or_else(nothing),
    })
}

fn find<'t>(
    tree: &'t Node,
    wanted: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(&'t Node, Option<Node>)> {
    let list = tree.get("environments");
    let items = list.map(Node::items).unwrap_or_default();
    if list.is_none_or(|list| !matches!(list.kind, NodeKind::List(_))) {
        let at = list.map_or(&tree.at, |list| &list.at);
        let detail = "a file of environments has the key `environments` with a list";
        diagnostics.push(Diagnostic::error(code::ENVIRONMENT, detail).at(at.clone()));
        return None;
    }
    let name = |item: &'t Node| item.get("name").and_then(Node::as_str);
    if let Some(found) = items.iter().find(|item| name(item) == Some(wanted)) {
        return Some((found, tree.get("name").cloned()));
    }
    let names: Vec<&str> = items.iter().filter_map(name).collect();
    let detail =
        format!("there is no environment `{wanted}`; its state is kept apart, no overlay applies");
    let warning = Diagnostic::warning(code::ENVIRONMENT, detail)
        .at(list.map_or(&tree.at, |list| &list.at).clone());
    diagnostics.push(match closest(wanted, names.iter().copied()) {
        Some(near) => warning.hint(format!("did you mean `--env {near}`?")),
        None => warning.hint(format!("environments: {}", names.join(", "))),
    });
    None
}

/// The access that an environment of the manifest names, found without telling anything.
pub(super) fn access(root: &Node, folder: &Path, environment: &str) -> Option<String> {
    let named = root.get("env").and_then(Node::as_str).unwrap_or(DEFAULT);
    let tree = tree::parse(&read::read(&folder.join(named)).ok()?).0?;
    let (entry, _) = find(&tree, environment, &mut Diagnostics::new())?;
    entry.get("access")?.as_str().map(str::to_owned)
}

impl Overlay {
    /// Lays it over the document: first what it says of the component, then of the resource, then the region of its
    /// infrastructure. Its access takes the place of the manifest's.
    pub(super) fn lay_over(&self, root: &mut Node, components: &BTreeMap<String, String>) {
        let NodeKind::Map(entries) = &mut root.kind else {
            return;
        };
        if let Some(resources) = entries.iter_mut().find(|entry| entry.key == "resources")
            && let NodeKind::Map(resources) = &mut resources.value.kind
        {
            for resource in resources {
                let component = components.get(&resource.key).map(String::as_str);
                self.lay_over_resource(resource, component);
            }
        }
        if let Some(entry) = self.entry.entry("access").filter(|e| !e.value.is_null()) {
            entries.retain(|entry| entry.key != "access");
            entries.push(entry.clone());
        }
    }

    fn lay_over_resource(&self, resource: &mut Entry, component: Option<&str>) {
        let overlays = |group: &str, name: &str| self.entry.get("overlays")?.get(group)?.get(name);
        let mut layers: Vec<Node> = Vec::new();
        layers.extend(
            component
                .and_then(|name| overlays("components", name))
                .cloned(),
        );
        layers.extend(overlays("resources", &resource.key).cloned());
        layers.extend(self.region());
        let NodeKind::Map(entries) = &mut resource.value.kind else {
            return;
        };
        for layer in layers.into_iter().filter(|layer| !layer.is_null()) {
            match entries.iter_mut().find(|entry| entry.key == "props") {
                Some(props) if !props.value.is_null() => {
                    let null = Node::new(props.key_at.clone(), NodeKind::Null);
                    let lower = std::mem::replace(&mut props.value, null);
                    props.value = lay(lower, layer);
                }
                Some(props) => props.value = layer,
                None => entries.push(Entry {
                    key: "props".to_owned(),
                    key_at: layer.at.clone(),
                    value: layer,
                }),
            }
        }
    }

    /// `infraStack.region` as a layer of its own.
    fn region(&self) -> Option<Node> {
        let region = self.entry.get("infraStack")?.entry("region")?;
        let entries = vec![region.clone()];
        (!region.value.is_null())
            .then(|| Node::new(region.value.at.clone(), NodeKind::Map(entries)))
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::load_for;
    use crate::manifest::{Occasion, to_json};
    use serde_json::json;

    const FILE: &str = "name: shop\nenvironments:\n  - name: prod\n    access: theirs\n    infraStack: {region: r9}\n    overlays:\n      components: {fc3: {size: 2, tags: {env: '${this.name}', of: '${project}', was: '${source.size}', up: '${vars.v}'}}}\n      resources: {a: {size: 3}}\n  - {name: bare, region: unused}\n";
    const TEXT: &str = "edition: 3.0.0\nname: app\naccess: mine\nvars: {v: 1, c: fc}\nresources:\n  a: {component: '${vars.c}3', props: {size: '${vars.v}', twice: '${this.props.size}'}}\n  b: {component: oss}\n";

    fn load(
        environment: &str,
        access: Option<&str>,
    ) -> (serde_json::Value, Option<String>, Vec<String>) {
        let occasion = Occasion {
            command: "deploy",
            environment: Some(environment),
            access,
        };
        let (manifest, found) = load_for(TEXT, &[("env.yaml", FILE)], occasion).unwrap();
        let told = found.iter().map(|d| d.code.to_string()).collect();
        (
            to_json(&manifest.document)["resources"].clone(),
            manifest.access,
            told,
        )
    }

    #[test]
    fn overlays_lie_over_properties_by_their_rank() {
        let (resources, access, told) = load("prod", None);
        assert_eq!(
            resources["a"]["props"],
            json!({"size": 3, "twice": 3, "tags": {"env": "prod", "of": "app", "was": 1, "up": 1}, "region": "r9"})
        );
        assert_eq!(resources["b"]["props"], json!({"region": "r9"}));
        assert_eq!((access.as_deref(), told.len()), (Some("theirs"), 0));
        assert_eq!(load("prod", Some("flag")).1.as_deref(), Some("flag"));
    }

    #[test]
    fn without_overlays_the_manifest_holds_as_it_is() {
        for (name, told) in [("bare", 0), ("prd", 1)] {
            let (resources, access, found) = load(name, None);
            assert_eq!(resources["a"]["props"], json!({"size": 1, "twice": 1}));
            assert_eq!(
                (access.as_deref(), found.len()),
                (Some("mine"), told),
                "{found:?}"
            );
        }
    }
}
