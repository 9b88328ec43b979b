//! `sae`: applications of the Serverless App Engine.

use super::REGIONS;
use super::fc3_config::COUNT;
use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};

const APPLICATION: &[Prop] = &[
    prop("name", Kind::Text, "Its name.").required(),
    prop("id", Kind::Text, "Its id, when it exists already."),
    prop(
        "code",
        Kind::Object(&[
            prop("image", Kind::Text, "An image."),
            prop("package", Kind::Text, "A jar, war or zip."),
            prop("packageType", Kind::Text, "The kind of package."),
            prop("type", Kind::Text, "How it is deployed."),
        ]),
        "What it runs.",
    )
    .required(),
    prop("description", Kind::Text, "A description."),
    prop(
        "port",
        Kind::Int(1, 65_535, 1),
        "The port that it listens on.",
    ),
    prop("cpu", COUNT, "CPU in thousandths."),
    prop("memory", COUNT, "Memory in MB."),
    prop("replicas", COUNT, "How many instances."),
    prop("command", Kind::Text, "The command."),
    prop("commandArgs", Kind::Any, "Its arguments."),
    prop("envs", Kind::Any, "Environment variables."),
    prop(
        "jarStartOptions",
        Kind::Text,
        "Options of the Java machine.",
    ),
    prop("jarStartArgs", Kind::Text, "Arguments of the jar."),
    prop("timezone", Kind::Text, "The time zone."),
];

/// An application.
pub(super) const SAE: Schema = Schema {
    name: "sae",
    about: "An application of the Serverless App Engine.",
    source: "the component `sae` of the older edition",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::OneOf(REGIONS), "The region.").required(),
        prop("application", Kind::Object(APPLICATION), "The application.").required(),
        prop(
            "namespace",
            Kind::Either(&[
                Kind::Text,
                Kind::Object(&[
                    prop("id", Kind::Text, "Its id.").required(),
                    prop("name", Kind::Text, "Its name."),
                    prop("description", Kind::Text, "A description."),
                ]),
            ]),
            "The namespace; `auto` makes one.",
        ),
        prop(
            "vpcConfig",
            Kind::Either(&[Kind::Text, Kind::Map(&Kind::Any)]),
            "The network; `auto` makes one.",
        ),
        prop(
            "slb",
            Kind::Either(&[Kind::Text, Kind::Map(&Kind::Any)]),
            "The load balancer; `auto` makes one.",
        ),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};
