//! How many instances a function has, and how asynchronous calls are treated.

use super::fc3_config::COUNT;
use super::rule;
use crate::component::schema::{Kind, Prop, prop};

const DESTINATION: Kind = Kind::Object(&[prop(
    "destination",
    Kind::Form(&rule::DESTINATION),
    "The ARN of what is called.",
)]);

pub(super) const ASYNC: &[Prop] = &[
    prop(
        "asyncTask",
        Kind::Bool,
        "Whether calls are tasks that can be listed and stopped.",
    ),
    prop(
        "maxAsyncEventAgeInSeconds",
        Kind::Int(1, 2_592_000, 1),
        "Seconds that a call may wait.",
    )
    .default("18000"),
    prop(
        "maxAsyncRetryAttempts",
        Kind::Int(0, 8, 1),
        "How often a failed call is tried again.",
    )
    .default("3"),
    prop(
        "destinationConfig",
        Kind::Object(&[
            prop("onSuccess", DESTINATION, "Called after a good end."),
            prop("onFailure", DESTINATION, "Called after a bad end."),
        ]),
        "What is called afterwards.",
    ),
    prop("qualifier", Kind::Text, "The version or alias.").default("LATEST"),
];

pub(super) const CONCURRENCY: &[Prop] = &[prop(
    "reservedConcurrency",
    COUNT,
    "Instances that only this function may use, and no more.",
)
.required()];

const SCHEDULED: Kind = Kind::List(&Kind::Object(&[
    prop("name", Kind::Text, "Its name."),
    prop("startTime", Kind::Text, "From when."),
    prop("endTime", Kind::Text, "Until when."),
    prop("target", COUNT, "How many instances."),
    prop("scheduleExpression", Kind::Text, "When, as cron or at."),
    prop("timeZone", Kind::Text, "The time zone."),
]));

pub(super) const PROVISION: &[Prop] = &[
    prop("target", COUNT, "How many instances."),
    prop(
        "defaultTarget",
        COUNT,
        "How many instances where no rule says otherwise.",
    ),
    prop(
        "alwaysAllocateCPU",
        Kind::Bool,
        "Whether idle instances keep their CPU.",
    ),
    prop(
        "alwaysAllocateGPU",
        Kind::Bool,
        "Whether idle instances keep their GPU.",
    ),
    prop("scheduledActions", SCHEDULED, "Rules by time."),
    prop(
        "targetTrackingPolicies",
        Kind::List(&Kind::Object(&[
            prop("name", Kind::Text, "Its name."),
            prop("startTime", Kind::Text, "From when."),
            prop("endTime", Kind::Text, "Until when."),
            prop("metricType", Kind::Text, "The figure that is followed."),
            prop(
                "metricTarget",
                Kind::Number(0.0, f64::MAX),
                "The value that it shall have.",
            ),
            prop("minCapacity", COUNT, "The fewest instances."),
            prop("maxCapacity", COUNT, "The most instances."),
            prop("timeZone", Kind::Text, "The time zone."),
        ])),
        "Rules by use.",
    ),
    prop(
        "mode",
        Kind::OneOf(&["sync", "async", "drain"]),
        "Whether a deploy waits for it.",
    ),
    prop("qualifier", Kind::Text, "The version or alias.").default("LATEST"),
];

pub(super) const SCALING: &[Prop] = &[
    prop("minInstances", COUNT, "The fewest instances."),
    prop("residentPoolId", Kind::Text, "The pool they come from."),
    prop(
        "horizontalScalingPolicies",
        Kind::List(&Kind::Object(&[
            prop("name", Kind::Text, "Its name."),
            prop("startTime", Kind::Text, "From when."),
            prop("endTime", Kind::Text, "Until when."),
            prop("metricType", Kind::Text, "The figure that is followed."),
            prop(
                "metricTarget",
                Kind::Number(0.0, f64::MAX),
                "The value that it shall have.",
            ),
            prop("minInstances", COUNT, "The fewest instances."),
            prop("maxInstances", COUNT, "The most instances."),
            prop("timeZone", Kind::Text, "The time zone."),
        ])),
        "Rules by use.",
    ),
    prop("scheduledPolicies", SCHEDULED, "Rules by time."),
    prop(
        "mode",
        Kind::OneOf(&["sync", "async", "drain"]),
        "Whether a deploy waits for it.",
    ),
    prop("qualifier", Kind::Text, "The version or alias.").default("LATEST"),
];
