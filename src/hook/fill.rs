//! Values with outputs inside become what a program gets. The one place where a node turns into text for it.

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Diagnostic, code};
use crate::manifest::{Node, NodeKind};

/// What is known of a resource's output; an empty path is the whole of it.
pub(super) type Outputs<'a> = &'a dyn Fn(&str, &str) -> Option<Json>;

/// The value with every output filled in, or an error for the first one that is not known.
pub(super) fn fill(node: &Node, outputs: Outputs<'_>) -> Result<Json, Diagnostic> {
    match &node.kind {
        NodeKind::Output { resource, path } => {
            outputs(resource, path).ok_or_else(|| unknown(node, resource, path))
        }
        NodeKind::Join(parts) => {
            let texts: Result<String, Diagnostic> =
                parts.iter().map(|part| text(part, outputs)).collect();
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

/// The same as a text: what is no text is written as JSON.
pub(super) fn text(node: &Node, outputs: Outputs<'_>) -> Result<String, Diagnostic> {
    Ok(match fill(node, outputs)? {
        Json::String(text) => text,
        other => other.to_string(),
    })
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
        assert_eq!(text(&joined, &known).unwrap(), "curl http://x:80");
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
