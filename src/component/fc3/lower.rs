//! A block of `fc3` → resources.

use super::build::Function;
use super::name::{NAMES, is_name};
use super::reach::{self, Reach};
use super::{config, domain, guard, nas, trigger};
use crate::component::catalog::FC3;
use crate::component::lower::{Context, Parts};
use crate::component::planned;
use crate::component::props::{Props, bad};
use crate::component::schema::{Kind, Prop};
use crate::component::typed::{entries, shaped};
use crate::diagnostic::Diagnostics;
use crate::manifest::{Block, Node};
use crate::resource::{Attrs, Value};

/// Settings that the service keeps as documents of their own: the property, the part's name and kind.
const DOCUMENTS: [(&str, &str, &str); 4] = [
    ("asyncInvokeConfig", "async", "fc.async_config"),
    ("provisionConfig", "provision", "fc.provision"),
    ("scalingConfig", "scaling", "fc.scaling"),
    ("concurrencyConfig", "concurrency", "fc.concurrency"),
];

/// Turns an `fc3` block into resources.
pub(in crate::component) fn lower(
    block: &Block,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    let left_out = match reach::reach(block, context) {
        Reach::Not(at) => return planned::lower(block, at),
        Reach::All { without } => without,
    };
    // An empty one is none, as for the original.
    let region = Some(props.text_or_empty("region", diagnostics)).filter(|r| !r.is_empty());
    let region = region.unwrap_or(&context.region).to_owned();
    let Some(name) = props.text("functionName", diagnostics) else {
        return Parts::default();
    };
    // Functions that came from the older edition are called `service$function`.
    if !name.splitn(2, '$').all(is_name) {
        let path = props.path("functionName");
        diagnostics.push(bad(&path, NAMES, &props.at("functionName")));
        return Parts::default();
    }
    let mut function = Function::new(block, name, &region);
    function
        .attrs
        .extend(config::attributes(block, context, &left_out, diagnostics));
    if context.local
        && let Some(text) = block.props.get("nasConfig").and_then(Node::as_str)
    {
        let made = Value::Plain(nas::of_auto(text, name));
        function.attrs.insert("nasConfig".to_owned(), made);
    }
    function.code(&props, context, diagnostics);
    let triggers = trigger::read(block, context, diagnostics);
    let variables = block.props.get("environmentVariables");
    guard::check(block, variables, &triggers, diagnostics);
    for trigger in triggers {
        function.trigger(trigger);
    }
    for (property, part, kind) in DOCUMENTS {
        if let Some(document) = document(block, property) {
            function.document(part, kind, document, block.props.get(property));
        }
    }
    if let Some(node) = block.props.get("vpcBinding") {
        let binding = entries(shaped(node, kind_of("vpcBinding")));
        function.document("vpc", "fc.vpc_binding", binding, Some(node));
    }
    if let Some(route) = domain::route(block, &props, name, context, diagnostics) {
        function.route(route);
    }
    Parts {
        left_out,
        ..function.finish()
    }
}

fn document(block: &Block, property: &str) -> Option<Attrs> {
    let node = block.props.get(property).filter(|node| node.is_map())?;
    let mut attrs = entries(shaped(node, kind_of(property)));
    // The newer name of the same number.
    if let (Some(target), "provisionConfig") = (attrs.remove("target"), property) {
        attrs.entry("defaultTarget".to_owned()).or_insert(target);
    }
    if property == "asyncInvokeConfig" {
        for (name, default) in [
            ("maxAsyncEventAgeInSeconds", 18_000),
            ("maxAsyncRetryAttempts", 3),
        ] {
            let default = || Value::Plain(default.into());
            attrs.entry(name.to_owned()).or_insert_with(default);
        }
    }
    Some(attrs)
}

/// What the table says of a property.
pub(super) fn kind_of(name: &str) -> &'static Kind {
    let named = |prop: &&Prop| prop.name == name;
    FC3.props
        .iter()
        .find(named)
        .map_or(&Kind::Any, |prop| &prop.kind)
}
