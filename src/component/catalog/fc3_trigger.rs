//! A function's triggers.

use super::fc3_bridge::BRIDGE;
use super::fc3_config::COUNT;
use super::rule;
use crate::component::schema::{Case, Kind, Prop, prop};

const TYPES: &[&str] = &[
    "http",
    "timer",
    "oss",
    "log",
    "mns_topic",
    "cdn_events",
    "tablestore",
    "eventbridge",
];

pub(super) const METHODS: Kind = Kind::List(&Kind::OneOf(&[
    "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS",
]));

const AUTH: &[Prop] = &[
    prop(
        "jwks",
        Kind::Object(&[prop(
            "keys",
            Kind::List(&Kind::Object(&[
                prop("kty", Kind::Text, "The family of the algorithm."),
                prop("alg", Kind::Text, "The algorithm."),
                prop("use", Kind::Text, "What it is for."),
                prop("kid", Kind::Text, "The key's name."),
                prop("n", Kind::Text, "The modulus."),
                prop("e", Kind::Text, "The exponent."),
                prop("crv", Kind::Text, "The curve."),
                prop("x", Kind::Text, "The x coordinate."),
                prop("y", Kind::Text, "The y coordinate."),
                prop("k", Kind::Text, "The symmetric key; best a secret."),
            ])),
            "The keys that tokens are checked with.",
        )]),
        "The key set.",
    ),
    prop(
        "tokenLookup",
        Kind::Either(&[
            Kind::Text,
            Kind::List(&Kind::Object(&[
                prop(
                    "readPosition",
                    Kind::OneOf(&["header", "cookie", "query", "form"]),
                    "Where.",
                ),
                prop("parameterName", Kind::Text, "Under which name."),
                prop("prefix", Kind::Text, "What stands before it."),
            ])),
        ]),
        "Where the token is, such as `header:Authorization:Bearer `.",
    ),
    prop(
        "claimPassBy",
        Kind::Either(&[
            Kind::Text,
            Kind::List(&Kind::Object(&[
                prop(
                    "mappingParameterPosition",
                    Kind::OneOf(&["header", "cookie", "query", "form"]),
                    "Where.",
                ),
                prop("mappingParameterName", Kind::Text, "Under which name."),
                prop("claimName", Kind::Text, "Which claim."),
            ])),
        ]),
        "How claims are passed on, as `position:claim:name`, such as `header:sub:X-User`.",
    )
    .default("query::"),
    prop(
        "whitelist",
        Kind::List(&Kind::Text),
        "Paths that need no token.",
    ),
    prop(
        "blacklist",
        Kind::List(&Kind::Text),
        "Paths that need a token; others do not.",
    ),
    prop(
        "tokens",
        Kind::List(&Kind::Object(&[
            prop("tokenName", Kind::Text, "Its name.").required(),
            prop("tokenData", Kind::Text, "The token, 32 to 128 characters.").required(),
            prop("enable", Kind::Bool, "Whether it counts.").default("true"),
        ])),
        "With `authType: bearer`: the tokens that let in, up to 20.",
    ),
];

const HTTP: Kind = Kind::Object(&[
    prop(
        "authType",
        Kind::OneOf(&["anonymous", "function", "jwt", "bearer"]),
        "Who may call.",
    )
    .default("function"),
    prop("methods", METHODS, "The methods that are let through."),
    prop(
        "disableURLInternet",
        Kind::Bool,
        "Whether the public address is off.",
    )
    .default("false"),
    prop(
        "authConfig",
        Kind::Either(&[Kind::Text, Kind::Object(AUTH)]),
        "How tokens are checked, with `authType: jwt`; `tokens`, with `bearer`.",
    ),
    prop("corsConfig", Kind::Any, "Who may call from other sites."),
]);

const TIMER: Kind = Kind::Object(&[
    prop(
        "cronExpression",
        Kind::Form(&rule::TIME),
        "When: six fields, `@every 2m`, with `CRON_TZ=Zone ` before it if wanted.",
    )
    .required(),
    prop("enable", Kind::Bool, "Whether it fires.").default("true"),
    prop("payload", Kind::Text, "What the function is given."),
]);

const OSS: Kind = Kind::Object(&[
    prop(
        "events",
        Kind::List(&Kind::OneOf(trigger::bucket::WRITTEN)),
        "What fires it.",
    )
    .required(),
    prop(
        "filter",
        Kind::Object(&[prop(
            "key",
            Kind::Object(&[
                prop("prefix", Kind::Text, "How the object's name begins."),
                prop("suffix", Kind::Text, "How it ends."),
            ]),
            "Which objects.",
        )]),
        "Which objects.",
    ),
]);

const LOG: Kind = Kind::Object(&[
    prop(
        "sourceConfig",
        Kind::Object(&[
            prop("logstore", Kind::Text, "The log store that is read.").required(),
            prop("startTime", COUNT, "From when, in seconds since 1970."),
        ]),
        "What is read.",
    )
    .required(),
    prop(
        "jobConfig",
        Kind::Object(&[
            prop(
                "maxRetryTime",
                Kind::Int(0, 100, 1),
                "How often a failed call is tried again.",
            ),
            prop(
                "triggerInterval",
                Kind::Int(3, 600, 1),
                "Seconds between calls.",
            ),
        ]),
        "How often.",
    ),
    prop(
        "logConfig",
        Kind::Object(&[
            prop("project", Kind::Text, "The project.").required(),
            prop("logstore", Kind::Text, "The log store.").required(),
        ]),
        "Where the trigger's own logs go.",
    ),
    prop(
        "functionParameter",
        Kind::Map(&Kind::Any),
        "What the function is given besides.",
    ),
    prop("enable", Kind::Bool, "Whether it fires.").default("true"),
]);

const TOPIC: Kind = Kind::Object(&[
    prop(
        "notifyContentFormat",
        Kind::OneOf(&["STREAM", "JSON"]),
        "How messages are given.",
    )
    .default("STREAM"),
    prop(
        "notifyStrategy",
        Kind::OneOf(&["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"]),
        "How failed calls are repeated.",
    )
    .default("BACKOFF_RETRY"),
    prop(
        "filterTag",
        Kind::Text,
        "The tag that messages must have, up to 16 characters.",
    ),
]);

const CDN: Kind = Kind::Object(&[
    prop(
        "eventName",
        Kind::OneOf(trigger::cdn::EVENTS),
        "The event. It cannot change.",
    )
    .required(),
    prop(
        "eventVersion",
        Kind::OneOf(&[trigger::cdn::VERSION]),
        "Its version. It cannot change.",
    )
    .required(),
    prop("notes", Kind::Text, "A note."),
    prop(
        "filter",
        Kind::Object(&[prop(
            "domain",
            Kind::List(&Kind::Text),
            "The domains, one at least.",
        )
        .required()]),
        "Which domains.",
    )
    .required(),
]);

const fn config(kind: Kind) -> Prop {
    prop(
        "triggerConfig",
        kind,
        "The settings of this type of trigger.",
    )
    .required()
}

const CASES: &[Case] = &[
    case(&["http"], &[config(HTTP)]),
    case(&["timer"], &[config(TIMER)]),
    case(&["oss"], &[config(OSS)]),
    case(&["log"], &[config(LOG)]),
    case(&["mns_topic"], &[config(TOPIC)]),
    case(&["cdn_events"], &[config(CDN)]),
    case(&["eventbridge"], &[config(BRIDGE)]),
];

const fn case(values: &'static [&'static str], props: &'static [Prop]) -> Case {
    Case {
        key: "triggerType",
        values,
        props,
    }
}

/// A trigger.
pub(super) const TRIGGER: Kind = Kind::Cases(
    &[
        prop("triggerName", Kind::Text, "Its name.").required(),
        prop("triggerType", Kind::OneOf(TYPES), "What fires it.").required(),
        prop(
            "triggerConfig",
            Kind::Any,
            "The settings of this type of trigger.",
        ),
        prop(
            "qualifier",
            Kind::Text,
            "The version or alias that is called.",
        )
        .default("LATEST"),
        prop("description", Kind::Text, "A description."),
        prop(
            "sourceArn",
            Kind::Text,
            "The ARN of what fires it; http and timer have none.",
        ),
        prop(
            "invocationRole",
            Kind::Text,
            "The role that it calls with: a name or an ARN.",
        ),
    ],
    CASES,
);
