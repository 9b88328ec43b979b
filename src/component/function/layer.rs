//! The layers of a `function`: ARNs as they are, and folders of this machine that become layers of their own.

use std::collections::BTreeMap;

use super::{LONGEST_NAME, derived, legal};
use crate::artifact::Jar;
use crate::component::code_pack::CodePack;
use crate::component::fc3::{Function, Layer, plain};
use crate::component::layer_pack::LayerPack;
use crate::component::lower::Context;
use crate::component::pack::Pack;
use crate::component::planned;
use crate::component::props::{Props, bad};
use crate::component::typed::list;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Block, Node};
use crate::resource::Value;

/// How names of layers in the cloud begin.
const ARN: &str = "acs:";

/// Reads `layers` into the function's attribute, and adds a layer for each folder or zip.
pub(super) fn read(
    function: &mut Function<'_>,
    (block, props): (&Block, &Props<'_>),
    context: &Context,
    diagnostics: &mut Diagnostics,
) {
    let Some(node) = block.props.get("layers").filter(|node| !node.is_null()) else {
        return;
    };
    if node.items().is_empty() && !node.has_output() {
        return;
    }
    let mut places: BTreeMap<String, &Span> = BTreeMap::new();
    let mut arns = Vec::new();
    for (number, item) in node
        .items()
        .iter()
        .enumerate()
        .filter(|(_, item)| !item.is_null())
    {
        let Some(path) = local(item) else {
            arns.push(planned::value(item));
            continue;
        };
        let label = label(path);
        if label.is_empty() {
            let path = format!("{}[{number}]", props.path("layers"));
            let wanted = "an ARN, or a folder with a name, such as ./layer";
            diagnostics.push(bad(&path, wanted, &item.at));
            continue;
        }
        if let Some(first) = places.insert(label.clone(), &item.at) {
            let detail = format!("two layers of `{}` are called `{label}`", block.name);
            let error = Diagnostic::error(code::BAD_PROPERTY, detail).at(item.at.clone());
            diagnostics.push(error.related(first.clone(), "the first one"));
            continue;
        }
        let layer = Layer {
            name: name(&format!("{}-{label}", derived(block, context))),
            label,
            at: item.at.clone(),
        };
        let id = function.layer(layer);
        let folder = plain(&context.folder.join(path));
        let pack = CodePack::new(
            id.clone(),
            folder,
            &context.folder,
            Jar::File,
            item.at.clone(),
        );
        function
            .packs
            .push(Pack::Layer(LayerPack::new(pack, function.id())));
        arns.push(Value::Ref(id, "layerVersionArn".to_owned()));
    }
    let value = if node.items().is_empty() {
        planned::value(node)
    } else {
        list(arns)
    };
    function.attrs.insert("layers".to_owned(), value);
}

/// The path of a layer that is on this machine.
fn local(item: &Node) -> Option<&str> {
    item.as_str().filter(|text| !text.starts_with(ARN))
}

/// What a layer is called within its function: its path without what no name may hold.
fn label(path: &str) -> String {
    let parts = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."));
    let joined: Vec<&str> = parts.collect();
    let joined = joined.join("-");
    let joined = joined.strip_suffix(".zip").unwrap_or(&joined);
    joined.chars().map(legal).collect()
}

/// A name that the service takes: one that is too long ends in a digest of itself.
fn name(whole: &str) -> String {
    if whole.len() <= LONGEST_NAME {
        return whole.to_owned();
    }
    let digest = wire::digest::md5_hex_upper(whole.as_bytes()).to_ascii_lowercase();
    let kept: String = whole.chars().take(LONGEST_NAME - 9).collect();
    format!("{kept}-{}", &digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_called_by_its_path() {
        for (path, expected) in [
            ("./layer", "layer"),
            ("layers/deps/", "layers-deps"),
            ("../shared/deps.zip", "shared-deps"),
            ("./my layer", "my-layer"),
            ("./", ""),
            ("..", ""),
        ] {
            assert_eq!(label(path), expected, "{path}");
        }
    }

    #[test]
    fn long_names_stay_apart() {
        let long = "x".repeat(70);
        let (one, other) = (name(&format!("{long}-a")), name(&format!("{long}-b")));
        assert_eq!((one.len(), other.len()), (LONGEST_NAME, LONGEST_NAME));
        assert_ne!(one, other);
        assert_eq!(name("shop-api-deps"), "shop-api-deps");
    }
}
