//! Component `function`: a function in few words. It lowers to the same resources as `fc3`.

mod layer;

use serde_json::{Value as Json, json};

use crate::artifact::Jar;
use crate::component::catalog::FUNCTION;
use crate::component::code_pack::CodePack;
use crate::component::fc3::{
    Function, LONGEST_NAME, NAMES, Route, Trigger, guard, is_name, plain, role_arn, with_defaults,
};
use crate::component::lower::{Context, Parts};
use crate::component::pack::Pack;
use crate::component::planned;
use crate::component::props::{Props, bad};
use crate::component::schema::Kind;
use crate::component::typed::{entries, map, shaped};
use crate::diagnostic::Diagnostics;
use crate::manifest::{Block, Node, NodeKind};
use crate::resource::{Attrs, Value};

/// What is written here → what the service calls it.
const SAME: [(&str, &str); 7] = [
    ("runtime", "runtime"),
    ("handler", "handler"),
    ("memory", "memorySize"),
    ("cpu", "cpu"),
    ("timeout", "timeout"),
    ("env", "environmentVariables"),
    ("concurrency", "instanceConcurrency"),
];
/// The runtime of a command.
const OWN: &str = "custom.debian12";
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"];

/// Turns a `function` block into resources.
pub(in crate::component) fn lower(
    block: &Block,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    let region = props.text("region", diagnostics);
    let region = region.unwrap_or(&context.region).to_owned();
    let given = props.text("name", diagnostics).map(str::to_owned);
    let name = given.unwrap_or_else(|| derived(block, context));
    if !is_name(&name) {
        diagnostics.push(bad(&props.path("name"), NAMES, &props.at("name")));
        return Parts::default();
    }
    let Some(code) = props.text("code", diagnostics) else {
        return Parts::default();
    };
    let mut function = Function::new(block, &name, &region);
    function.attrs = attributes(block, &props, context, diagnostics);
    let folder = context.folder.join(code);
    let (project, at) = (&context.folder, props.at("code"));
    let pack = CodePack::new(function.id(), plain(&folder), project, Jar::Package, at);
    function.packs.push(Pack::Code(pack.detecting()));
    layer::read(&mut function, (block, &props), context, diagnostics);
    if let Some(alias) = crate::component::alias::read(block, &props, diagnostics) {
        function.publish(alias);
    }
    let triggers = triggers(block, &props, &region, context, diagnostics);
    guard(block, block.props.get("env"), &triggers, diagnostics);
    for trigger in triggers {
        function.trigger(trigger);
    }
    if let Some(node) = props.node("async").filter(|node| node.is_map()) {
        function.document("async", "fc.async_config", asynchronous(node), Some(node));
    }
    if let Some(node) = props.node("instances") {
        let reserved = shaped(node, kind_of("instances"));
        let attrs = Attrs::from([("reservedConcurrency".to_owned(), reserved)]);
        function.document("concurrency", "fc.concurrency", attrs, Some(node));
    }
    if let Some(route) = route(&props, diagnostics) {
        function.route(route);
    }
    function.finish()
}

fn attributes(
    block: &Block,
    props: &Props<'_>,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Attrs {
    let mut attrs = Attrs::new();
    for (written, called) in SAME {
        let node = block.props.get(written).filter(|node| !node.is_null());
        attrs.extend(node.map(|node| (called.to_owned(), shaped(node, kind_of(written)))));
    }
    if let Some(role) = props.text("role", diagnostics) {
        attrs.insert("role".to_owned(), role_arn(role, context).into());
    }
    let command = block
        .props
        .get("command")
        .map(|node| shaped(node, kind_of("command")));
    let port = props.number("port", diagnostics);
    if command.is_some() || port.is_some() {
        let mut own = Attrs::new();
        own.extend(command.map(|command| ("command".to_owned(), command)));
        own.insert("port".to_owned(), Value::Plain(port.unwrap_or(9000).into()));
        attrs.insert("customRuntimeConfig".to_owned(), map(own));
        attrs
            .entry("runtime".to_owned())
            .or_insert_with(|| OWN.into());
    }
    if attrs.contains_key("runtime") {
        with_defaults(&mut attrs);
    }
    attrs
}

fn triggers(
    block: &Block,
    props: &Props<'_>,
    region: &str,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Vec<Trigger> {
    let mut found = Vec::new();
    let mut add = |name: &str, of: &str, config: Json, node: &Node, source: Option<Value>| {
        let mut attrs = Attrs::from([("triggerConfig".to_owned(), Value::Plain(config))]);
        attrs.extend(source.map(|source| ("sourceArn".to_owned(), source)));
        found.push(Trigger::new(name, of, attrs, node.at.clone(), context));
    };
    if let Some(node) = props
        .node("url")
        .filter(|node| node.as_bool() != Some(false))
    {
        let url = Props::new(node, &props.path("url"));
        let auth = url.text("auth", diagnostics).unwrap_or("anonymous");
        let methods: Vec<&str> = match url.texts("methods", diagnostics) {
            none if none.is_empty() => METHODS.to_vec(),
            some => some.into_iter().map(|(method, _)| method).collect(),
        };
        add(
            "http",
            "http",
            json!({ "authType": auth, "methods": methods }),
            node,
            None,
        );
    }
    if let Some(node) = props.node("schedule")
        && let Some(when) = props.text("schedule", diagnostics)
    {
        let config = json!({ "cronExpression": when, "enable": true, "payload": "" });
        add("timer", "timer", config, node, None);
    }
    if let Some(node) = props.node("on").filter(|node| node.is_map()) {
        let on = Props::new(node, &props.path("on"));
        let mut events: Vec<&str> = Vec::new();
        for (event, _) in on.texts("events", diagnostics) {
            events.extend(match event {
                "removed" => &[
                    "oss:ObjectRemoved:DeleteObject",
                    "oss:ObjectRemoved:DeleteObjects",
                ][..],
                _ => &["oss:ObjectCreated:*"],
            });
        }
        if events.is_empty() {
            events.push("oss:ObjectCreated:*");
        }
        let key = json!({
            "prefix": on.text_or_empty("prefix", diagnostics),
            "suffix": on.text_or_empty("suffix", diagnostics),
        });
        let config = json!({ "events": events, "filter": { "key": key } });
        let source = block.props.get("on").and_then(|node| node.get("bucket"));
        add(
            "oss",
            "oss",
            config,
            node,
            source.map(|bucket| source_arn(bucket, region, context)),
        );
    }
    found
}

/// The bucket's ARN; its name may be known only later.
fn source_arn(bucket: &Node, region: &str, context: &Context) -> Value {
    let account = context.account.as_deref().unwrap_or_default();
    let before = format!("acs:oss:{region}:{account}:");
    match &bucket.kind {
        NodeKind::Text(name) => format!("{before}{name}").into(),
        _ => Value::Join(vec![before.into(), planned::value(bucket)]),
    }
}

fn asynchronous(node: &Node) -> Attrs {
    let mut given = entries(shaped(node, kind_of("async")));
    let mut number =
        |name: &str, default: i64| given.remove(name).unwrap_or(Value::Plain(default.into()));
    let mut attrs = Attrs::from([
        ("maxAsyncRetryAttempts".to_owned(), number("retries", 3)),
        (
            "maxAsyncEventAgeInSeconds".to_owned(),
            number("age", 18_000),
        ),
    ]);
    let mut destinations = Attrs::new();
    for (written, called) in [("success", "onSuccess"), ("failure", "onFailure")] {
        if let Some(arn) = given.remove(written) {
            let destination = map(Attrs::from([("destination".to_owned(), arn)]));
            destinations.insert(called.to_owned(), destination);
        }
    }
    if !destinations.is_empty() {
        attrs.insert("destinationConfig".to_owned(), map(destinations));
    }
    attrs
}

fn route(props: &Props<'_>, diagnostics: &mut Diagnostics) -> Option<Route> {
    let text = props.text("domain", diagnostics)?;
    let (domain, path) = match text.find('/') {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, "/*"),
    };
    if domain.is_empty() || text.contains("://") {
        let wanted = "a domain such as api.example.com, with a path behind it if wanted";
        diagnostics.push(bad(&props.path("domain"), wanted, &props.at("domain")));
        return None;
    }
    let attrs = [("domainName", domain), ("path", path), ("protocol", "HTTP")];
    Some(Route {
        attrs: attrs
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into(),
        at: props.at("domain"),
    })
}

fn kind_of(name: &str) -> &'static Kind {
    let prop = FUNCTION.props.iter().find(|prop| prop.name == name);
    prop.map_or(&Kind::Any, |prop| &prop.kind)
}

/// Names are one to an account and region, so the application is in them, and the environment where it is not the usual one.
fn derived(block: &Block, context: &Context) -> String {
    let mut name = format!("{}-{}", context.app, context.origin(block));
    if !["local", "default"].contains(&context.environment.as_str()) {
        name = format!("{name}-{}", context.environment);
    }
    let mut name: String = name.chars().map(legal).take(LONGEST_NAME - 1).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    name
}

/// The sign, or one that names may hold.
fn legal(c: char) -> char {
    if c.is_ascii_alphanumeric() || "_-".contains(c) {
        c
    } else {
        '-'
    }
}
