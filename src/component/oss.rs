//! Component `oss`: a bucket of object storage, with its access and its website. It lowers to `oss.bucket`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::bucket;
use super::lower::{Context, Parts};
use super::planned;
use super::props::Props;
use crate::diagnostic::{Diagnostics, Span};
use crate::manifest::Block;
use crate::resource::{Attrs, Resource, ResourceId, Value};

/// Properties that nothing carries out yet: a block that has one can be planned only.
const NOT_YET: &[&str] = &["codeUri", "subDir", "cors", "referer", "customDomains"];

/// Turns an `oss` block into a bucket.
pub(super) fn lower(block: &Block, context: &Context, diagnostics: &mut Diagnostics) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    if let Some(at) = not_yet(&props) {
        return planned::lower(block, at);
    }
    let region = props.text("region", diagnostics);
    let region = region.unwrap_or(&context.region).to_owned();
    let Some(name) = bucket::name(block, &props, &region, context, diagnostics) else {
        return Parts::default();
    };
    let acl = props.text("acl", diagnostics).unwrap_or("private");
    let website = website(&props, &path, diagnostics);
    let id = ResourceId::new(format!("{}.bucket", block.name));
    let wanted = json!({ "name": name, "region": region, "acl": acl, "website": website });
    let attrs: Attrs = wanted
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), Value::Plain(value.clone())))
        .collect();
    let output = |name: &str| (name.to_owned(), Value::Ref(id.clone(), name.to_owned()));
    let mut outputs = BTreeMap::from(["url", "endpoint", "origin"].map(output));
    outputs.insert(
        "bucket".to_owned(),
        Value::Ref(id.clone(), "name".to_owned()),
    );
    Parts {
        resources: vec![Resource {
            id,
            kind: "oss.bucket".into(),
            attrs,
            after: BTreeSet::new(),
            at: Some(block.at.clone()),
        }],
        outputs,
        ..Parts::default()
    }
}

/// Where the first thing stands that cannot be carried out.
fn not_yet(props: &Props<'_>) -> Option<Span> {
    let property = NOT_YET.iter().find_map(|name| props.node(name));
    let website = || props.node("website")?.get("subDir")?.get("type");
    let other = || website().filter(|node| node.as_str() != Some("redirect"));
    Some(property.or_else(other)?.at.clone())
}

/// The pages of a website. Folders answer with their index page, unless `subDir` says that they do not.
fn website(props: &Props<'_>, path: &str, diagnostics: &mut Diagnostics) -> Option<Json> {
    let path = format!("{path}.website");
    let website = Props::new(props.node("website")?, &path);
    let index = website.text("index", diagnostics).unwrap_or("index.html");
    let mut json = json!({ "index": index, "sub_dirs": false });
    if let Some(error) = website.text("error", diagnostics) {
        json["error"] = error.into();
        json["error_status"] = 404.into();
    }
    if website.node("subDir").is_some() {
        json["sub_dirs"] = true.into();
    }
    Some(json)
}
