//! `function`: ours.

use super::fc3::RUNTIMES;
use super::fc3_trigger::METHODS;
use super::rule;
use crate::component::alias::CANARY;
use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};

const URL: &[Prop] = &[
    prop(
        "auth",
        Kind::OneOf(&["anonymous", "function"]),
        "Who may call: everybody, or whoever signs with a key of the account.",
    )
    .default("anonymous"),
    prop("methods", METHODS, "The methods that are let through.").default("all"),
];

const ON: &[Prop] = &[
    prop(
        "bucket",
        Kind::Text,
        "The bucket; it may be another resource's output.",
    )
    .required(),
    prop("prefix", Kind::Text, "How the object's name begins."),
    prop("suffix", Kind::Text, "How it ends."),
    prop(
        "events",
        Kind::List(&Kind::OneOf(&["created", "removed"])),
        "What happens to the object.",
    )
    .default("[created]"),
];

const ASYNC: &[Prop] = &[
    prop(
        "retries",
        Kind::Int(0, 8, 1),
        "How often a failed call is tried again.",
    )
    .default("3"),
    prop(
        "age",
        Kind::Int(1, 604_800, 1),
        "Seconds that a call may wait.",
    )
    .default("18000"),
    prop(
        "success",
        Kind::Form(&rule::DESTINATION),
        "The ARN of what is called after a good end.",
    ),
    prop(
        "failure",
        Kind::Form(&rule::DESTINATION),
        "The ARN of what is called after a bad end.",
    ),
];

const ALIAS: &[Prop] = &[
    prop("name", Kind::Text, "The alias.").required(),
    prop(
        "canary",
        CANARY,
        "The part of the calls that a new version gets, while the rest stays where it was; without it all of them.",
    ),
];

/// A function in few words.
pub(in crate::component) static FUNCTION: Schema = Schema {
    name: "function",
    about: "A function: a folder of code, and what calls it.",
    source: "sdev's own; more is said in [functions](../functions.md)",
    strictness: Strictness::Ours,
    props: &[
        prop(
            "code",
            Kind::Text,
            "The folder of the code, or a zip, relative to the manifest.",
        )
        .required(),
        prop("name", Kind::Text, "The function's name.").default("application and resource"),
        prop("runtime", Kind::OneOf(RUNTIMES), "What runs the code.").default("by the files"),
        prop(
            "handler",
            Kind::Text,
            "The entry point: a file without its ending, a dot, a name in it.",
        )
        .default("by the files"),
        prop(
            "command",
            Kind::List(&Kind::Text),
            "The command that starts a web server; with it the runtime is an own one.",
        ),
        prop(
            "port",
            Kind::Int(1, 65_535, 1),
            "The port that the web server listens on.",
        )
        .default("9000"),
        prop("memory", Kind::Int(128, 32_768, 64), "Memory in MB.").default("512"),
        prop("cpu", Kind::Number(0.05, 16.0), "Virtual CPUs.").default("by the memory"),
        prop(
            "timeout",
            Kind::Int(1, 86_400, 1),
            "Seconds that a call may take.",
        )
        .default("3"),
        prop("env", Kind::Map(&Kind::Text), "Environment variables."),
        prop(
            "url",
            Kind::Either(&[Kind::Bool, Kind::Object(URL)]),
            "Whether it has an address for web requests, and for whom.",
        )
        .default("false"),
        prop(
            "domain",
            Kind::Text,
            "A domain that leads to it, with a path if wanted: `api.example.com/v1/*`.",
        ),
        prop(
            "schedule",
            Kind::Form(&rule::TIME),
            "When it runs by itself: six cron fields, or `@every 5m`.",
        ),
        prop(
            "on",
            Kind::Object(ON),
            "The objects of a bucket that call it.",
        ),
        prop(
            "async",
            Kind::Object(ASYNC),
            "How asynchronous calls are treated.",
        ),
        prop(
            "concurrency",
            Kind::Int(1, 200, 1),
            "Calls that an instance takes at once; for web servers.",
        )
        .default("1"),
        prop(
            "instances",
            Kind::Int(0, 100_000, 1),
            "Instances that it has at most, and that no other function may use.",
        )
        .default("as many as calls need"),
        prop(
            "layers",
            Kind::List(&Kind::Text),
            "Layers: folders or zips relative to the manifest, and ARNs.",
        ),
        prop(
            "alias",
            Kind::Either(&[Kind::Text, Kind::Object(ALIAS)]),
            "A name that leads to the version that the last deploy published, and by which it is called.",
        ),
        prop(
            "role",
            Kind::Text,
            "The role that it acts as: a name or an ARN.",
        ),
        prop("region", Kind::Text, "The region.").default("that of the access"),
    ],
    cases: &[],
    renamed: &[
        ("functionName", "write `name`"),
        ("memorySize", "write `memory`"),
        ("environmentVariables", "write `env`"),
        ("triggers", "write `url`, `schedule` or `on`"),
        ("customDomain", "write `domain`"),
        ("concurrencyConfig", "write `instances`"),
        ("source", "write `code`"),
    ],
    also: Some(|block, diagnostics| {
        rule::function(block, ("cpu", "memory", "env"), diagnostics);
    }),
};
