//! `fnf` and `flow`: workflows.

use super::REGIONS;
use crate::component::schema::{Kind, Schema, Strictness, prop};

const MODES: Kind = Kind::OneOf(&["Standard", "Express"]);

/// A workflow in the flow definition language.
pub(super) const FNF: Schema = Schema {
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
            "The definition: a path, seen from the working folder, or the definition itself.",
        )
        .required(),
        prop("description", Kind::Text, "A description."),
        prop("type", Kind::Text, "The kind of definition.").default("FDL"),
        prop("executionMode", MODES, "How it is carried out.").default("Standard"),
        prop("roleArn", Kind::Text, "The role that it acts as."),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};

/// A workflow whose definition stands in the manifest.
pub(super) const FLOW: Schema = Schema {
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
            "The definition.",
        )
        .required(),
        prop("description", Kind::Text, "A description."),
        prop("executionMode", MODES, "How it is carried out."),
        prop("roleArn", Kind::Text, "The role that it acts as."),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};
