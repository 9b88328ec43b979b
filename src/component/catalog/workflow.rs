//! `workflow`, `fnf` and `flow`: workflows.

use super::REGIONS;
use crate::component::alias::CANARY;
use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};

const MODES: Kind = Kind::OneOf(&["Standard", "Express"]);

const SCHEDULE: &[Prop] = &[
    prop("name", Kind::Text, "The schedule's name.").required(),
    prop(
        "cron",
        Kind::Text,
        "When: six cron fields, with `CRON_TZ=ZONE` before them if wanted, or `@every 5m`.",
    )
    .required(),
    prop(
        "input",
        Kind::Any,
        "The input of the execution: a map, or a text of JSON, of 64 KiB at most.",
    ),
    prop("enabled", Kind::Bool, "Whether it is in force.").default("true"),
];

const ALIAS: &[Prop] = &[
    prop("name", Kind::Text, "The alias.").required(),
    prop(
        "canary",
        CANARY,
        "The part of the executions that a new version gets, in whole hundredths, while the rest stays where it was.",
    ),
];

/// A workflow in few words.
pub(in crate::component) static WORKFLOW: Schema = Schema {
    name: "workflow",
    about: "A workflow: its definition, and when it begins by itself.",
    source: "sdev's own; more is said in [workflows](../workflows.md)",
    strictness: Strictness::Ours,
    props: &[
        prop(
            "definition",
            Kind::Either(&[Kind::Text, Kind::Map(&Kind::Any)]),
            "The definition: a path, seen from the folder of the manifest, or the definition itself, as a map or a text.",
        )
        .required(),
        prop("name", Kind::Text, "The workflow's name.").default("application and resource"),
        prop("description", Kind::Text, "A description."),
        prop(
            "mode",
            Kind::OneOf(&["standard", "express"]),
            "How it is carried out: with a history and for up to a year, or in five minutes and with a reply.",
        )
        .default("standard"),
        prop("role", Kind::Text, "The role that it acts as: a name or an ARN."),
        prop("environment", Kind::Map(&Kind::Text), "Variables of the workflow."),
        prop(
            "schedules",
            Kind::List(&Kind::Object(SCHEDULE)),
            "When it begins by itself.",
        ),
        prop(
            "alias",
            Kind::Either(&[Kind::Text, Kind::Object(ALIAS)]),
            "A name that leads to the version that the last deploy published.",
        ),
        prop("region", Kind::Text, "The region.").default("that of the access"),
    ],
    cases: &[],
    renamed: &[
        ("executionMode", "write `mode`"),
        ("roleArn", "write `role`"),
        ("env", "write `environment`"),
        ("schedule", "write `schedules`, each with `name` and `cron`"),
        ("source", "write `definition`"),
    ],
    also: None,
};

/// A workflow in the flow definition language.
pub(in crate::component) static FNF: Schema = Schema {
    name: "fnf",
    about: "A workflow in the flow definition language.",
    source: "the component `fnf` of edition 3",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::OneOf(REGIONS), "The region.").required(),
        prop("name", Kind::Text, "The workflow's name.").required(),
        prop(
            "definition",
            Kind::Either(&[Kind::Text, Kind::Map(&Kind::Any)]),
            "The definition: a path, seen from the folder of the manifest, or the definition itself.",
        )
        .required(),
        prop("description", Kind::Text, "A description.").default("Created By Serverless Devs"),
        prop("type", Kind::Text, "The kind of definition.").default("FDL"),
        prop("executionMode", MODES, "How it is carried out.").default("Standard"),
        prop("roleArn", Kind::Text, "The role that it acts as."),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};

/// A workflow whose definition stands in the manifest.
pub(in crate::component) static FLOW: Schema = Schema {
    name: "flow",
    about: "A workflow whose definition stands in the manifest.",
    source: "a real manifest; the component's own schema was not seen",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::OneOf(REGIONS), "The region.").required(),
        prop("name", Kind::Text, "The workflow's name.").required(),
        prop(
            "definition",
            Kind::Either(&[Kind::Map(&Kind::Any), Kind::Text]),
            "The definition itself, or a path, seen from the folder of the manifest.",
        )
        .required(),
        prop("description", Kind::Text, "A description."),
        prop("executionMode", MODES, "How it is carried out.").default("Standard"),
        prop("roleArn", Kind::Text, "The role that it acts as."),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};
