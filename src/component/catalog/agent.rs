//! Components that real manifests use beside those above: servers of tools, agents, models, databases.

use super::fc3_config::COUNT;
use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};

const MAP: Kind = Kind::Map(&Kind::Any);

const AUTO: Kind = Kind::Either(&[Kind::Text, Kind::Map(&Kind::Any)]);

/// A server of tools for language models.
pub(super) const MCP_SERVER: Schema = Schema {
    name: "fcai-mcp-server",
    about: "A server of tools for language models, on functions.",
    source: "templates that use it; the component's own schema was not seen",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::Text, "The region."),
        prop("description", Kind::Text, "A description."),
        prop(
            "transport",
            Kind::OneOf(&["sse", "stdio", "streamable-http"]),
            "How it is spoken to.",
        ),
        prop("runtime", Kind::Text, "What runs it."),
        prop("startCommand", Kind::Text, "The command that starts it."),
        prop("cpu", Kind::Number(0.0, 64.0), "Virtual CPUs."),
        prop("memorySize", COUNT, "Memory in MB."),
        prop("diskSize", COUNT, "Disk in MB."),
        prop(
            "port",
            Kind::Int(1, 65_535, 1),
            "The port that it listens on.",
        ),
        prop("instanceQuota", COUNT, "The most instances."),
        prop("enableAuth", Kind::Bool, "Whether callers need a token."),
        prop("role", Kind::Text, "The role that it acts as."),
        prop("networkConfig", MAP, "The network that it is in."),
        prop("source", MAP, "Where its code is."),
        prop("rootDir", Kind::Text, "The folder of its code."),
        prop("build", MAP, "How it is built."),
        prop("layers", Kind::List(&Kind::Text), "Layers under its code."),
        prop(
            "statefulMode",
            Kind::Any,
            "Whether sessions keep their instance.",
        ),
        prop(
            "environmentVariables",
            Kind::Map(&Kind::Text),
            "Environment variables.",
        ),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};

const AGENT: &[Prop] = &[
    prop("name", Kind::Text, "Its name.").required(),
    prop("description", Kind::Text, "A description."),
    prop(
        "code",
        AUTO,
        "Its code: a folder, or an object in a bucket with its language and command.",
    ),
    prop("customContainerConfig", MAP, "Its image."),
    prop("cpu", Kind::Number(0.0, 64.0), "Virtual CPUs.").default("1"),
    prop("memory", COUNT, "Memory in MB.").default("2048"),
    prop("diskSize", COUNT, "Disk in MB.").default("512"),
    prop(
        "port",
        Kind::Int(1, 65_535, 1),
        "The port that it listens on.",
    )
    .default("8000"),
    prop(
        "instanceConcurrency",
        COUNT,
        "Calls that an instance takes at once.",
    )
    .default("10"),
    prop(
        "internetAccess",
        Kind::Bool,
        "Whether it reaches the internet.",
    )
    .default("true"),
    prop(
        "environmentVariables",
        Kind::Map(&Kind::Text),
        "Environment variables.",
    ),
    prop("role", Kind::Text, "The role that it acts as."),
    prop("logConfig", AUTO, "Where logs go."),
    prop("vpcConfig", AUTO, "The network that it is in."),
    prop("nasConfig", AUTO, "File systems."),
    prop("ossMountConfig", AUTO, "Buckets that are mounted."),
    prop("healthCheckConfiguration", MAP, "How its health is asked."),
    prop("protocolConfiguration", MAP, "How it is spoken to."),
    prop("workspace", AUTO, "The workspace that it belongs to."),
    prop(
        "endpoints",
        Kind::List(&MAP),
        "Addresses, each of a version.",
    ),
];

/// An agent.
pub(super) const AGENT_RUN: Schema = Schema {
    name: "agentrun",
    about: "An agent with its endpoints.",
    source: "the property schema of the component `agentrun`",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::Text, "The region.").required(),
        prop("agent", Kind::Object(AGENT), "The agent.").required(),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};

/// A model on GPUs.
pub(super) const MODEL: Schema = Schema {
    name: "model",
    about: "A model that is served on GPUs.",
    source: "manifests that use it; the component's own schema was not seen",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::Text, "The region."),
        prop("name", Kind::Text, "Its name."),
        prop("description", Kind::Text, "A description."),
        prop("modelConfig", MAP, "Where the model is."),
        prop("gpuConfig", MAP, "The GPU."),
        prop("nasConfig", AUTO, "File systems."),
        prop("vpcConfig", AUTO, "The network that it is in."),
        prop("logConfig", AUTO, "Where logs go."),
        prop("httpTrigger", AUTO, "How it is called."),
        prop("role", Kind::Text, "The role that it acts as."),
        prop("timeout", COUNT, "Seconds that a call may take."),
        prop("memorySize", COUNT, "Memory in MB."),
        prop("cpu", Kind::Number(0.0, 64.0), "Virtual CPUs."),
        prop("diskSize", COUNT, "Disk in MB."),
        prop(
            "instanceConcurrency",
            COUNT,
            "Calls that an instance takes at once.",
        ),
        prop(
            "environmentVariables",
            Kind::Map(&Kind::Text),
            "Environment variables.",
        ),
        prop("customContainerConfig", MAP, "Its image."),
        prop("concurrencyConfig", MAP, "Instances kept for it."),
        prop("provisionConfig", MAP, "Instances that are always there."),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};

/// A database.
pub(super) const RDS: Schema = Schema {
    name: "rds",
    about: "A relational database.",
    source: "a manifest that uses it; the component's own schema was not seen",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::Text, "The region."),
        prop("name", Kind::Text, "Its name."),
        prop("engine", Kind::Text, "The kind of database."),
        prop("database", Kind::Text, "The database's name."),
        prop("username", Kind::Text, "The user."),
        prop("password", Kind::Text, "The password; best a secret."),
        prop("vpcID", Kind::Text, "The network that it is in."),
        prop("extensions", Kind::Any, "Extensions of the database."),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};
