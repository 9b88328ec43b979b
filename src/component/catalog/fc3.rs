//! `fc3`: functions. The parts of its configuration are in `fc3_config`, its triggers in `fc3_trigger`.

use super::fc3_config as config;
use super::fc3_scale as scale;
use super::fc3_trigger::TRIGGER;
use super::{REGIONS, rule};
use crate::component::schema::{Kind, Schema, Strictness, prop};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Block, Node};

pub(super) const RUNTIMES: &[&str] = &[
    "nodejs8",
    "nodejs10",
    "nodejs12",
    "nodejs14",
    "nodejs16",
    "nodejs18",
    "nodejs20",
    "python2.7",
    "python3",
    "python3.9",
    "python3.10",
    "python3.12",
    "java8",
    "java11",
    "go1",
    "php7.2",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "custom",
    "custom.debian10",
    "custom.debian11",
    "custom.debian12",
    "custom-container",
    "micro-sandbox",
];

/// Runtimes whose code is an image.
const IMAGES: &[&str] = &["custom-container", "micro-sandbox"];

/// A text such as `auto`, or a map.
const fn auto(map: &'static [Kind]) -> Kind {
    Kind::Either(map)
}

/// A function.
pub(in crate::component) static FC3: Schema = Schema {
    name: "fc3",
    about: "A function of Function Compute 3.0 with its triggers, versions' settings and domain.",
    source: "the property schema of the component `fc3`, and what real manifests use beyond it",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::OneOf(REGIONS), "The region.").required(),
        prop("functionName", Kind::Text, "The function's name.").required(),
        prop("runtime", Kind::OneOf(RUNTIMES), "What runs the code.").required(),
        prop(
            "handler",
            Kind::Text,
            "The entry point, such as `index.handler`; own runtimes need none.",
        ),
        prop(
            "code",
            Kind::Either(&[Kind::Text, Kind::Object(config::CODE)]),
            "A folder, a zip, jar or war file, the address of a zip, or an object in a bucket.",
        ),
        prop("description", Kind::Text, "A description.").default("empty"),
        prop(
            "timeout",
            Kind::Int(1, 86_400, 1),
            "Seconds that a call may take.",
        )
        .default("3"),
        prop("memorySize", Kind::Int(128, 32_768, 64), "Memory in MB.").default("512"),
        prop("cpu", Kind::Number(0.05, 16.0), "Virtual CPUs.").default("0.35"),
        prop("diskSize", Kind::OneOfInts(&[512, 10_240]), "Disk in MB.").default("512"),
        prop(
            "instanceConcurrency",
            Kind::Int(1, 200, 1),
            "Calls that an instance takes at once.",
        )
        .default("1"),
        prop(
            "internetAccess",
            Kind::Bool,
            "Whether the function reaches the internet.",
        )
        .default("true"),
        prop(
            "environmentVariables",
            Kind::Map(&Kind::Text),
            "Environment variables.",
        ),
        prop(
            "layers",
            Kind::List(&Kind::Form(&rule::LAYER)),
            "ARNs of layers; of files that several have, the first one's counts.",
        ),
        prop(
            "role",
            Kind::Text,
            "The role that the function acts as: a name or an ARN.",
        ),
        prop(
            "vpcConfig",
            auto(&[Kind::Text, Kind::Object(config::VPC)]),
            "The network it is in; `auto` makes one.",
        ),
        prop(
            "nasConfig",
            auto(&[Kind::Text, Kind::Object(config::NAS)]),
            "File systems; `auto` makes one.",
        ),
        prop(
            "logConfig",
            auto(&[Kind::Text, Kind::Object(config::LOG)]),
            "Where logs go; `auto` makes a place.",
        ),
        prop(
            "ossMountConfig",
            auto(&[Kind::Text, Kind::Object(config::OSS_MOUNT)]),
            "Buckets that are mounted.",
        ),
        prop(
            "customRuntimeConfig",
            Kind::Object(config::CUSTOM_RUNTIME),
            "How an own runtime starts.",
        ),
        prop(
            "customContainerConfig",
            Kind::Object(config::CONTAINER),
            "The image, and how it starts.",
        ),
        prop(
            "instanceLifecycleConfig",
            Kind::Object(config::LIFECYCLE),
            "What runs when an instance starts and stops.",
        ),
        prop("gpuConfig", Kind::Object(config::GPU), "The GPU."),
        prop(
            "asyncInvokeConfig",
            Kind::Object(scale::ASYNC),
            "How asynchronous calls are treated.",
        ),
        prop(
            "concurrencyConfig",
            Kind::Object(scale::CONCURRENCY),
            "Instances kept for this function; absent, none are.",
        ),
        prop(
            "provisionConfig",
            Kind::Object(scale::PROVISION),
            "Instances that are always there. Not together with scalingConfig.",
        ),
        prop(
            "scalingConfig",
            Kind::Object(scale::SCALING),
            "How instances come and go. Not together with provisionConfig.",
        ),
        prop(
            "customDomain",
            Kind::Object(config::CUSTOM_DOMAIN),
            "A domain that leads to the function.",
        ),
        prop(
            "vpcBinding",
            Kind::Object(config::VPC_BINDING),
            "Networks that alone may call it.",
        ),
        prop(
            "tracingConfig",
            Kind::Object(config::TRACING),
            "Where traces go.",
        ),
        prop(
            "customDNS",
            Kind::Object(config::DNS),
            "Name servers of its own.",
        ),
        prop(
            "tags",
            Kind::List(&Kind::Object(config::TAG)),
            "Tags, up to 20.",
        ),
        prop("triggers", Kind::List(&TRIGGER), "What calls the function."),
        prop(
            "sessionAffinity",
            Kind::Text,
            "How calls of a session find their instance.",
        ),
        prop(
            "sessionAffinityConfig",
            Kind::Either(&[Kind::Text, Kind::Object(config::SESSION)]),
            "Its settings.",
        ),
        prop(
            "instanceIsolationMode",
            Kind::Text,
            "How instances are kept apart.",
        )
        .default("SHARE"),
        prop(
            "enableLongLiving",
            Kind::Bool,
            "Whether instances may live long.",
        ),
        prop(
            "idleTimeout",
            Kind::Int(1, 86_400, 1),
            "Seconds that an instance without calls is kept.",
        ),
        prop(
            "disableOndemand",
            Kind::Bool,
            "Whether only provisioned instances take calls.",
        )
        .default("false"),
        prop("resourceGroupId", Kind::Text, "The resource group."),
        prop(
            "annotations",
            Kind::Object(config::ANNOTATIONS),
            "Headers that go with the calls which make it.",
        ),
        prop(
            "supplement",
            Kind::Any,
            "Further settings for the component.",
        ),
        prop(
            "endpoint",
            Kind::Text,
            "The service's address, in place of the region's.",
        ),
    ],
    cases: &[],
    renamed: &[
        ("codeUri", "write `code`"),
        ("function", "its properties stand directly under `props`"),
        (
            "service",
            "there are no services in 3.0; write role, vpcConfig, logConfig and nasConfig under `props`",
        ),
        (
            "port",
            "write it under `customRuntimeConfig` or `customContainerConfig`",
        ),
        (
            "caPort",
            "write `customRuntimeConfig: { port: … }` or `customContainerConfig: { port: … }`",
        ),
        (
            "initializer",
            "write `instanceLifecycleConfig: { initializer: { handler: … } }`",
        ),
        (
            "initializationTimeout",
            "write `instanceLifecycleConfig: { initializer: { timeout: … } }`",
        ),
        ("memory", "write `memorySize`"),
        ("cpuType", "write `cpu`"),
        (
            "instanceType",
            "write `cpu` and `memorySize`, or `gpuConfig`",
        ),
        ("version", "sdev has no property for it"),
        ("artifact", "write `code`"),
        ("asyncConfiguration", "write `asyncInvokeConfig`"),
        (
            "customDomains",
            "write `customDomain`, or a resource of the component fc3-domain",
        ),
    ],
    also: Some(rules),
};

/// What depends on the runtime, and what excludes each other.
fn rules(block: &Block, diagnostics: &mut Diagnostics) {
    let props = &block.props;
    let names = ("cpu", "memorySize", "environmentVariables");
    rule::function(block, names, diagnostics);
    rule::triggers(block, diagnostics);
    if let Some(runtime) = props.entry("runtime")
        && let Some(name) = runtime.value.as_str()
    {
        by_runtime(block, name, &runtime.value.at, diagnostics);
    }
    if let (Some(_), Some(scaling)) = (props.get("provisionConfig"), props.entry("scalingConfig")) {
        let detail = "`provisionConfig` and `scalingConfig` exclude each other";
        diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(scaling.key_at.clone()));
    }
    let hooks = props.get("instanceLifecycleConfig").map(Node::entries);
    for hook in hooks.unwrap_or_default() {
        if let (Some(_), Some(command)) = (hook.value.get("handler"), hook.value.entry("command")) {
            let detail = format!("`{}` has a handler or a command, not both", hook.key);
            let error = Diagnostic::error(code::BAD_PROPERTY, detail);
            diagnostics.push(error.at(command.key_at.clone()));
        }
    }
}

fn by_runtime(block: &Block, runtime: &str, at: &Span, diagnostics: &mut Diagnostics) {
    let mut needs = |name: &str, why: &str| {
        if block.props.get(name).is_none() {
            let detail = format!(
                "`resources.{}.props` needs the property `{name}`: {why}",
                block.name
            );
            diagnostics.push(Diagnostic::error(code::MISSING_KEY, detail).at(at.clone()));
        }
    };
    if IMAGES.contains(&runtime) {
        return needs("customContainerConfig", "the runtime is an image");
    }
    needs("code", "the runtime runs code");
    if !runtime.starts_with("custom") {
        needs("handler", "the runtime calls a handler");
    }
}
