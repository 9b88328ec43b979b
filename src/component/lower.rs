//! All blocks of a manifest → one graph.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::fc3_domain::name_after_function;
use super::{DEPLOYED, Pack, Planned, names, planned, schema};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, closest, code};
use crate::manifest::{Block, Manifest, Node, NodeKind};
use crate::resource::{Attrs, Graph, Resource, ResourceId, Value};

/// What lowering knows beside the manifest.
#[derive(Debug, Clone)]
pub struct Context {
    /// The application's name.
    pub app: String,
    /// The environment's name.
    pub environment: String,
    /// The account applied to, when known.
    pub account: Option<String>,
    /// The region where a block names none.
    pub region: String,
    /// Whether it is the local cloud.
    pub local: bool,
    /// The folder that relative paths start from.
    pub folder: PathBuf,
    /// Blocks that got another name since they were first deployed → the name that they had then.
    pub origins: BTreeMap<String, String>,
}

impl Context {
    /// The name of a block that names in the cloud are derived from. It stays when the block gets another one.
    pub fn origin<'a>(&'a self, block: &'a Block) -> &'a str {
        self.origins.get(&block.name).unwrap_or(&block.name)
    }
}

/// What one block becomes.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) resources: Vec<Resource>,
    pub(super) outputs: BTreeMap<String, Value>,
    pub(super) packs: Vec<Pack>,
    /// Whether its domain's name stands for the function that the name is made of.
    pub(super) is_named_after_function: bool,
    pub(super) left_out: Vec<LeftOut>,
    /// Set when the block cannot be deployed: then it has whatever output is asked for.
    pub(super) planned: Option<Planned>,
}

/// A property that has no effect where its block is deployed to, and is left out.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The block.
    pub block: String,
    /// The property's name.
    pub property: &'static str,
    /// Where it stands.
    pub at: Span,
}

impl LeftOut {
    /// The words for it.
    pub fn warning(&self) -> Diagnostic {
        let detail = format!(
            "`resources.{}.props.{}` is left out: the local cloud gives it no effect",
            self.block, self.property
        );
        Diagnostic::warning(code::NO_EFFECT, detail).at(self.at.clone())
    }
}

/// What a manifest becomes.
#[derive(Debug, Default)]
pub struct Lowered {
    /// The wanted resources.
    pub graph: Graph,
    /// Local folders whose content belongs to resources of the graph.
    pub packs: Vec<Pack>,
    /// Each block's outputs, in file order.
    pub outputs: Vec<(String, BTreeMap<String, Value>)>,
    /// Blocks that can be planned and not deployed, in file order.
    pub planned: Vec<Planned>,
    /// What is left out of blocks, in file order.
    pub left_out: Vec<LeftOut>,
    /// What was noticed and is no error.
    pub warnings: Diagnostics,
}

/// Turns every block into resources and links the blocks' outputs. All errors are reported at once.
pub fn lower(manifest: &Manifest, context: &Context) -> Result<Lowered, Diagnostics> {
    lower_as_far(manifest, context).map_err(|(errors, _)| errors)
}

/// The same; with errors also the folders and files of the blocks, in which more may be wrong.
pub fn lower_as_far(
    manifest: &Manifest,
    context: &Context,
) -> Result<Lowered, (Diagnostics, Vec<Pack>)> {
    let mut diagnostics = Diagnostics::new();
    let mut blocks = Vec::new();
    for block in &manifest.blocks {
        blocks.push((block, lower_block(block, context, &mut diagnostics)));
    }
    let outputs = blocks
        .iter()
        .map(|(block, parts)| {
            let is_known = parts.planned.is_none() && !block.is_broken;
            let outputs = is_known.then(|| parts.outputs.clone());
            (block.name.as_str(), outputs)
        })
        .collect();
    let functions = names_of_functions(&blocks);
    let mut lowered = Lowered::default();
    let mut resources = Vec::new();
    for (block, parts) in blocks {
        for mut resource in parts.resources {
            let mut link = Link {
                outputs: &outputs,
                block,
                diagnostics: &mut diagnostics,
            };
            link.all(&mut resource.attrs);
            if parts.is_named_after_function {
                name_after_function(&mut resource, &functions, context, &mut diagnostics);
            }
            resources.push(resource);
        }
        lowered.packs.extend(parts.packs);
        lowered.planned.extend(parts.planned);
        lowered.left_out.extend(parts.left_out);
        lowered.outputs.push((block.name.clone(), parts.outputs));
    }
    same_things(&resources, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err((diagnostics, lowered.packs));
    }
    lowered.warnings = diagnostics;
    let places: BTreeMap<ResourceId, _> = resources
        .iter()
        .map(|r| (r.id.clone(), r.at.clone()))
        .collect();
    lowered.graph = Graph::build(resources).map_err(|cycle| {
        let path: Vec<&str> = cycle.0.iter().map(ResourceId::as_str).collect();
        let mut error = Diagnostic::error(code::RESOURCE_CYCLE, path.join(" → "));
        error.at = cycle
            .0
            .first()
            .and_then(|id| places.get(id).cloned().flatten());
        (Diagnostics::from(error), std::mem::take(&mut lowered.packs))
    })?;
    Ok(lowered)
}

/// The names of the functions, by their resources.
fn names_of_functions(blocks: &[(&Block, Parts)]) -> BTreeMap<ResourceId, String> {
    let all = blocks.iter().flat_map(|(_, parts)| &parts.resources);
    let functions = all.filter(|resource| resource.kind.as_str() == "fc.function");
    let named = functions.filter_map(|function| match function.attrs.get("functionName")? {
        Value::Plain(name) => Some((function.id.clone(), name.as_str()?.to_owned())),
        _ => None,
    });
    named.collect()
}

fn lower_block(block: &Block, context: &Context, diagnostics: &mut Diagnostics) -> Parts {
    let name = super::base_name(&block.component);
    if let Some(schema) = super::schema(name) {
        schema::check(block, schema, diagnostics);
    } else {
        diagnostics.push(unknown(block, name));
    }
    // What it would become is not known, and that it failed was reported.
    if block.is_broken {
        return Parts::default();
    }
    match DEPLOYED.iter().find(|(of, _)| *of == name) {
        Some((_, lower)) => lower(block, context, diagnostics),
        None => planned::lower(block, block.component_at.clone()),
    }
}

/// Blocks refer to each other by block and output; resources refer to resources.
struct Link<'a> {
    /// By block; nothing where a block has whatever is asked for, or is broken.
    outputs: &'a BTreeMap<&'a str, Option<BTreeMap<String, Value>>>,
    block: &'a Block,
    diagnostics: &'a mut Diagnostics,
}

impl Link<'_> {
    fn all(&mut self, attrs: &mut Attrs) {
        for value in attrs.values_mut() {
            self.value(value);
        }
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Plain(_) | Value::Secret(_) => {}
            Value::List(items) | Value::Join(items) => {
                for item in items {
                    self.value(item);
                }
            }
            Value::Map(map) => self.all(map),
            Value::Ref(block, output) => {
                // A reference to a block that does not exist was refused when the manifest was loaded.
                let Some(Some(known)) = self.outputs.get(block.as_str()) else {
                    return;
                };
                if let Some(found) = output_of(known, output) {
                    *value = found;
                } else {
                    let error = unknown_output(self.block, block, output, known);
                    self.diagnostics.push(error);
                }
            }
        }
    }
}

/// An output, or a part of one by its dotted path.
fn output_of(known: &BTreeMap<String, Value>, path: &str) -> Option<Value> {
    if let Some(found) = known.get(path) {
        return Some(found.clone());
    }
    let (first, rest) = path.split_once('.')?;
    part_of(known.get(first)?, rest)
}

fn part_of(value: &Value, path: &str) -> Option<Value> {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(f, r)| (f, Some(r)));
    let number = || first.parse::<usize>().ok();
    let part = match value {
        Value::Ref(id, output) => return Some(Value::Ref(id.clone(), format!("{output}.{path}"))),
        Value::Map(map) => map.get(first).cloned(),
        Value::List(items) => items.get(number()?).cloned(),
        Value::Plain(Json::Object(map)) => map.get(first).cloned().map(Value::Plain),
        Value::Plain(Json::Array(items)) => items.get(number()?).cloned().map(Value::Plain),
        _ => None,
    }?;
    match rest {
        Some(rest) => part_of(&part, rest),
        None => Some(part),
    }
}

fn unknown_output(
    block: &Block,
    of: &ResourceId,
    output: &str,
    known: &BTreeMap<String, Value>,
) -> Diagnostic {
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    let error = Diagnostic::error(
        code::UNKNOWN_OUTPUT,
        format!("`{of}` has no output `{output}`"),
    )
    .at(place_of(&block.props, of, output).unwrap_or_else(|| block.props.at.clone()));
    match closest(output, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("outputs: {}", names.join(", "))),
    }
}

/// Where a block's properties ask for this output.
fn place_of(node: &Node, of: &ResourceId, output: &str) -> Option<Span> {
    match &node.kind {
        NodeKind::Output { resource, path } => {
            (resource == of.as_str() && path == output).then(|| node.at.clone())
        }
        NodeKind::List(items) | NodeKind::Join(items) => {
            items.iter().find_map(|item| place_of(item, of, output))
        }
        NodeKind::Map(entries) => entries
            .iter()
            .find_map(|entry| place_of(&entry.value, of, output)),
        _ => None,
    }
}

/// The attributes by which two blocks can name one thing.
const NAMED_BY: &[(&str, &str)] = &[
    ("oss.bucket", "name"),
    ("cdn.domain", "domain"),
    ("fc.function", "functionName"),
    ("fc.custom_domain", "domainName"),
    ("flow.flow", "name"),
];
/// Of these each region has its own.
const REGIONAL: &[&str] = &["fc.function", "flow.flow"];

/// An error for each resource that is the same thing as an earlier one.
fn same_things(resources: &[Resource], diagnostics: &mut Diagnostics) {
    let mut firsts: BTreeMap<(&str, &str, &str), &Resource> = BTreeMap::new();
    for resource in resources {
        let Some(identity) = identity(resource) else {
            continue;
        };
        let Some(first) = firsts.get(&identity) else {
            firsts.insert(identity, resource);
            continue;
        };
        let (kind, name, _) = identity;
        let detail = format!(
            "`{}` and `{}` are the same {kind} in the cloud: `{name}`",
            first.id, resource.id
        );
        let mut error =
            Diagnostic::error(code::SAME_THING, detail).hint("give one of them another name");
        error.at.clone_from(&resource.at);
        if let Some(at) = &first.at {
            error = error.related(at.clone(), "the first one");
        }
        diagnostics.push(error);
    }
}

/// Kind, name and region.
fn identity(resource: &Resource) -> Option<(&str, &str, &str)> {
    let kind = resource.kind.as_str();
    let (_, attr) = NAMED_BY.iter().find(|(of, _)| *of == kind)?;
    let region = match resource.attrs.get("region") {
        Some(Value::Plain(region)) if REGIONAL.contains(&kind) => region.as_str(),
        _ => None,
    };
    match resource.attrs.get(*attr)? {
        Value::Plain(name) => name
            .as_str()
            .map(|name| (kind, name, region.unwrap_or_default())),
        _ => None,
    }
}

/// A component that no table knows. Other people's are looked up by name, path or address when they are run, so only what is
/// certainly wrong is an error.
fn unknown(block: &Block, name: &str) -> Diagnostic {
    let written = &block.component;
    let at = block.component_at.clone();
    let is_path = written.starts_with(['.', '/', '~']) || written.contains("://");
    if let Some((_, last)) = name.rsplit_once('/').filter(|_| !is_path) {
        let detail = format!("`{written}` cannot be the name of a component: names have no `/`");
        return Diagnostic::error(code::UNKNOWN_COMPONENT, detail)
            .at(at)
            .hint(format!("write `{last}`"));
    }
    let near = closest(name, names()).filter(|_| !is_path && !FOREIGN.contains(&name));
    if let Some(near) = near {
        return Diagnostic::error(
            code::UNKNOWN_COMPONENT,
            format!("`{name}` is not a component"),
        )
        .at(at)
        .hint(format!("did you mean `{near}`?"));
    }
    let detail = format!("`{written}` is not known here, so its properties are not checked");
    Diagnostic::warning(code::UNKNOWN_COMPONENT, detail)
        .at(at)
        .hint(format!(
            "components: {}",
            names().collect::<Vec<_>>().join(", ")
        ))
}

/// Components of Serverless Devs that are near to others by name, and have no table.
const FOREIGN: &[&str] = &["fc", "fc2", "fc-api", "fc-base", "oss-sync"];
