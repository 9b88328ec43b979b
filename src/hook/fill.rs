//! Values with outputs and secrets inside become what a program gets. The one place where a node turns into text for it.

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Diagnostic, code};
use crate::manifest::{Node, NodeKind};
use crate::secret::Secrets;

/// What is known of a resource's output; an empty path is the whole of it.
pub(super) type Outputs<'a> = &'a dyn Fn(&str, &str) -> Option<Json>;

/// The value with every output filled in, or an error for the first one that is not known. What is secret stays the
/// expression that it is in the file.
pub(super) fn fill(node: &Node, outputs: Outputs<'_>) -> Result<Json, Diagnostic> {
    match &node.kind {
        NodeKind::Join(_) if node.has_secret() => Ok(node.to_json()),
        NodeKind::Output { resource, path } => {
            outputs(resource, path).ok_or_else(|| unknown(node, resource, path))
        }
        NodeKind::Join(parts) => {
            let texts: Result<String, Diagnostic> = parts
                .iter()
                .map(|part| Ok(plain(fill(part, outputs)?)))
                .collect();
            texts.map(Json::from)
        }
        NodeKind::List(items) => items.iter().map(|item| fill(item, outputs)).collect(),
        NodeKind::Map(entries) => {
            let filled = entries
                .iter()
                .map(|entry| Ok((entry.key.clone(), fill(&entry.value, outputs)?)));
            filled.collect::<Result<Map<_, _>, _>>().map(Json::Object)
        }
        _ => Ok(node.to_json()),
    }
}

/// A line for the shell: outputs filled in, secrets as their texts.
pub(super) fn line(
    node: &Node,
    outputs: Outputs<'_>,
    secrets: &dyn Secrets,
) -> Result<String, Diagnostic> {
    match &node.kind {
        NodeKind::Secret(secret) => match secrets.text(&secret.source) {
            Ok(text) => Ok(secret.shape(text.reveal())),
            Err(why) => Err(why.at(node.at.clone())),
        },
        NodeKind::Join(parts) => parts
            .iter()
            .map(|part| line(part, outputs, secrets))
            .collect(),
        _ => fill(node, outputs).map(plain),
    }
}

/// What is no text is written as JSON.
fn plain(json: Json) -> String {
    match json {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn unknown(node: &Node, resource: &str, path: &str) -> Diagnostic {
    let what = match path {
        "" => format!("the outputs of `{resource}` are"),
        _ => format!("output `{path}` of `{resource}` is"),
    };
    Diagnostic::error(code::ACTION_OUTPUT, format!("{what} not known"))
        .at(node.at.clone())
        .hint(format!(
            "deploy it first: sdev deploy {resource}, or by `flow: {{ deploy: [[{resource}], …] }}`"
        ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnostic::{Source, Span};
    use crate::manifest::Entry;
    use crate::secret::NoSecrets;

    fn node(kind: NodeKind) -> Node {
        Node::new(Span::new(&Source::new("s.yaml", ""), 0, 0), kind)
    }

    fn output(path: &str) -> Node {
        node(NodeKind::Output {
            resource: "api".to_owned(),
            path: path.to_owned(),
        })
    }

    #[test]
    fn outputs_are_filled_in_at_any_depth() {
        let known = |name: &str, path: &str| match (name, path) {
            ("api", "url") => Some(json!("http://x")),
            ("api", "port") => Some(json!(80)),
            _ => None,
        };
        let joined = node(NodeKind::Join(vec![
            node(NodeKind::Text("curl ".to_owned())),
            output("url"),
            node(NodeKind::Text(":".to_owned())),
            output("port"),
        ]));
        assert_eq!(
            line(&joined, &known, &NoSecrets).unwrap(),
            "curl http://x:80"
        );
        let at = joined.at.clone();
        let map = node(NodeKind::Map(vec![Entry {
            key: "list".to_owned(),
            key_at: at,
            value: node(NodeKind::List(vec![output("port"), joined])),
        }]));
        let filled = fill(&map, &known).unwrap();
        assert_eq!(filled, json!({ "list": [80, "curl http://x:80"] }));
    }

    #[test]
    fn an_output_that_is_not_known_is_an_error() {
        let error = fill(&output("gone"), &|_, _| None).unwrap_err();
        assert_eq!(error.code, code::ACTION_OUTPUT);
        assert!(error.detail.contains("output `gone` of `api`"), "{error}");
    }
}
