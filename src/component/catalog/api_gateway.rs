//! `api-gateway`: groups of APIs.

use super::REGIONS;
use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};

const METHODS: &[&str] = &[
    "ANY", "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS",
];

const API: &[Prop] = &[
    prop("apiName", Kind::Text, "Its name.").required(),
    prop(
        "requestConfig",
        Kind::Object(&[
            prop("requestPath", Kind::Text, "The path."),
            prop("requestHttpMethod", Kind::OneOf(METHODS), "The method.").default("ANY"),
            prop("requestMode", Kind::Text, "How parameters are passed."),
            prop("requestProtocol", Kind::Text, "What is spoken."),
            prop("bodyFormat", Kind::Text, "The form of the body."),
        ]),
        "What callers send.",
    )
    .required(),
    prop(
        "serviceConfig",
        Kind::Object(&[
            prop("serviceProtocol", Kind::Text, "What is behind it."),
            prop("servicePath", Kind::Text, "The path there."),
            prop("serviceAddress", Kind::Text, "The address there."),
            prop("serviceHttpMethod", Kind::Text, "The method there."),
            prop(
                "functionComputeConfig",
                Kind::Map(&Kind::Any),
                "The function behind it.",
            ),
        ]),
        "What is behind it.",
    )
    .required(),
    prop("description", Kind::Text, "A description."),
    prop("authType", Kind::Text, "Who may call."),
    prop("visibility", Kind::Text, "Who sees it."),
];

/// A group of APIs.
pub(super) const API_GATEWAY: Schema = Schema {
    name: "api-gateway",
    about: "A group of APIs in front of functions and servers.",
    source: "the component `api-gateway` of the older edition",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::OneOf(REGIONS), "The region.").required(),
        prop("groupName", Kind::Text, "The group's name.").required(),
        prop("apis", Kind::List(&Kind::Object(API)), "The APIs.").required(),
        prop(
            "stageName",
            Kind::OneOf(&["RELEASE", "PRE", "TEST"]),
            "The stage.",
        )
        .default("RELEASE"),
        prop("instanceId", Kind::Text, "The gateway's instance."),
        prop(
            "basePath",
            Kind::Text,
            "The path that all of them begin with.",
        ),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};
