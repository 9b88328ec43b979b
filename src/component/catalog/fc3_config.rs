//! The parts of a function's configuration.

use crate::component::schema::{Kind, Prop, prop};

/// A whole number without bounds.
pub(super) const COUNT: Kind = Kind::Int(0, i64::MAX, 1);

const TEXTS: Kind = Kind::List(&Kind::Text);

pub(super) const CODE: &[Prop] = &[
    prop("ossBucketName", Kind::Text, "The bucket.").required(),
    prop("ossObjectName", Kind::Text, "The object: a zip.").required(),
    prop("src", Kind::Text, "A folder to put there first."),
];

pub(super) const VPC: &[Prop] = &[
    prop("vpcId", Kind::Text, "The VPC.").required(),
    prop(
        "vSwitchIds",
        Kind::Either(&[Kind::OneOf(&["auto"]), TEXTS]),
        "Its switches; `auto` makes one.",
    ),
    prop(
        "securityGroupId",
        Kind::Text,
        "The security group; `auto` makes one.",
    ),
];

pub(super) const NAS: &[Prop] = &[
    prop(
        "userId",
        Kind::Int(-1, i64::MAX, 1),
        "The user that files belong to.",
    ),
    prop("groupId", Kind::Int(-1, i64::MAX, 1), "Their group."),
    prop(
        "mountPoints",
        Kind::List(&Kind::Object(&[
            prop(
                "serverAddr",
                Kind::Text,
                "The file system and the folder in it.",
            )
            .required(),
            prop("mountDir", Kind::Text, "Where the function sees it.").required(),
            prop(
                "enableTLS",
                Kind::Bool,
                "Whether the connection is encrypted.",
            )
            .default("false"),
            prop("nasDir", Kind::Text, "The folder in the file system."),
        ])),
        "What is mounted.",
    )
    .required(),
];

pub(super) const LOG: &[Prop] = &[
    prop("project", Kind::Text, "The log project.").required(),
    prop("logstore", Kind::Text, "The log store.").required(),
    prop(
        "enableRequestMetrics",
        Kind::Bool,
        "Whether figures of each call are kept.",
    ),
    prop(
        "enableInstanceMetrics",
        Kind::Bool,
        "Whether figures of each instance are kept.",
    ),
    prop(
        "enableLlmMetrics",
        Kind::Bool,
        "Whether figures of language models are kept.",
    ),
    prop(
        "logBeginRule",
        Kind::OneOf(&["DefaultRegex", "None"]),
        "How the lines of one entry are told from the next.",
    ),
];

pub(super) const OSS_MOUNT: &[Prop] = &[prop(
    "mountPoints",
    Kind::List(&Kind::Object(&[
        prop("bucketName", Kind::Text, "The bucket.").required(),
        prop("mountDir", Kind::Text, "Where the function sees it.").required(),
        prop("endpoint", Kind::Text, "The bucket's address."),
        prop("bucketPath", Kind::Text, "The folder in the bucket."),
        prop("readOnly", Kind::Bool, "Whether it cannot be written."),
    ])),
    "What is mounted.",
)
.required()];

const HEALTH: &[Prop] = &[
    prop("httpGetUrl", Kind::Text, "The path that is asked."),
    prop(
        "initialDelaySeconds",
        COUNT,
        "Seconds before the first question.",
    ),
    prop("periodSeconds", COUNT, "Seconds between questions."),
    prop("timeoutSeconds", COUNT, "Seconds that an answer may take."),
    prop(
        "failureThreshold",
        COUNT,
        "Bad answers in a row that count as failure.",
    ),
    prop(
        "successThreshold",
        COUNT,
        "Good answers in a row that count as success.",
    ),
];

pub(super) const CUSTOM_RUNTIME: &[Prop] = &[
    prop("command", TEXTS, "The command that starts the server."),
    prop("args", TEXTS, "Its arguments."),
    prop(
        "port",
        Kind::Int(1, 65_535, 1),
        "The port that it listens on.",
    )
    .default("9000"),
    prop(
        "healthCheckConfig",
        Kind::Object(HEALTH),
        "How its health is asked.",
    ),
];

const REGISTRY: &[Prop] = &[
    prop(
        "authConfig",
        Kind::Object(&[
            prop("userName", Kind::Text, "The user."),
            prop("password", Kind::Text, "The password; best a secret."),
        ]),
        "Who may pull.",
    ),
    prop(
        "certConfig",
        Kind::Object(&[
            prop(
                "insecure",
                Kind::Bool,
                "Whether certificates are not checked.",
            ),
            prop("rootCaCertBase64", Kind::Text, "A certificate to trust."),
        ]),
        "How the registry is trusted.",
    ),
    prop(
        "networkConfig",
        Kind::Object(&[
            prop("vpcId", Kind::Text, "The VPC."),
            prop("vSwitchId", Kind::Text, "The switch."),
            prop("securityGroupId", Kind::Text, "The security group."),
        ]),
        "The network that the registry is in.",
    ),
];

pub(super) const CONTAINER: &[Prop] = &[
    prop("image", Kind::Text, "The image.").required(),
    prop(
        "command",
        Kind::Either(&[TEXTS, Kind::Text]),
        "The command.",
    ),
    prop("args", Kind::Either(&[TEXTS, Kind::Text]), "Its arguments."),
    prop(
        "entrypoint",
        TEXTS,
        "The entry point, in place of the image's.",
    ),
    prop(
        "port",
        Kind::Int(1, 65_535, 1),
        "The port that it listens on.",
    )
    .default("9000"),
    prop(
        "healthCheckConfig",
        Kind::Object(HEALTH),
        "How its health is asked.",
    ),
    prop(
        "registryConfig",
        Kind::Object(REGISTRY),
        "How the registry is reached.",
    ),
    prop("accelerationType", Kind::Text, "Without effect in 3.0."),
    prop("webServerMode", Kind::Bool, "Without effect in 3.0."),
];

const HOOK: Kind = Kind::Object(&[
    prop(
        "handler",
        Kind::Text,
        "The function to call. Not together with command.",
    ),
    prop(
        "command",
        TEXTS,
        "The command to run. Not together with handler.",
    ),
    prop(
        "timeout",
        Kind::Int(1, 86_400, 1),
        "Seconds that it may take.",
    )
    .default("3"),
]);

pub(super) const LIFECYCLE: &[Prop] = &[
    prop("initializer", HOOK, "Runs before the first call."),
    prop("preStop", HOOK, "Runs before the instance ends."),
];

pub(super) const GPU: &[Prop] = &[
    prop(
        "gpuType",
        Kind::OneOf(&["fc.gpu.tesla.1", "fc.gpu.ampere.1", "fc.gpu.ada.1"]),
        "The kind of GPU.",
    ),
    prop(
        "gpuMemorySize",
        Kind::Int(1024, 49_152, 1024),
        "Its memory in MB.",
    ),
];

pub(super) const CUSTOM_DOMAIN: &[Prop] = &[
    prop(
        "domainName",
        Kind::Text,
        "The domain; `auto` for one of the vendor's.",
    )
    .required(),
    prop(
        "protocol",
        Kind::OneOf(&["HTTP", "HTTPS", "HTTP,HTTPS"]),
        "What is spoken.",
    )
    .default("HTTP"),
    prop(
        "route",
        Kind::Either(&[Kind::Text, Kind::Object(super::fc3_domain::ROUTE)]),
        "Which paths lead to the function.",
    ),
    prop(
        "certConfig",
        Kind::Object(super::fc3_domain::CERT),
        "The certificate.",
    ),
    prop(
        "tlsConfig",
        Kind::Object(super::fc3_domain::TLS),
        "What is negotiated.",
    ),
    prop(
        "authConfig",
        Kind::Object(super::fc3_domain::AUTH),
        "Who may call.",
    ),
    prop(
        "wafConfig",
        Kind::Object(super::fc3_domain::WAF),
        "The firewall.",
    ),
];

pub(super) const VPC_BINDING: &[Prop] =
    &[prop("vpcIds", TEXTS, "The VPCs, and no others.").required()];

pub(super) const TRACING: &[Prop] = &[
    prop("type", Kind::Text, "The kind of tracing."),
    prop("params", Kind::Any, "Its settings."),
    prop(
        "jaegerConfig",
        Kind::Object(&[prop("endpoint", Kind::Text, "Its address.").required()]),
        "A Jaeger server.",
    ),
];

pub(super) const DNS: &[Prop] = &[
    prop("nameServers", TEXTS, "The name servers."),
    prop(
        "searches",
        TEXTS,
        "Domains that short names are looked up in.",
    ),
    prop(
        "dnsOptions",
        Kind::List(&Kind::Object(&[
            prop("name", Kind::Text, "The option.").required(),
            prop("value", Kind::Text, "Its value."),
        ])),
        "Options of the resolver.",
    ),
];

pub(super) const TAG: &[Prop] = &[
    prop("key", Kind::Text, "The tag's name; capitals do not count.").required(),
    prop("value", Kind::Text, "Its value."),
];

pub(super) const SESSION: &[Prop] = &[
    prop(
        "affinityHeaderFieldName",
        Kind::Text,
        "The header that names the session.",
    ),
    prop(
        "sessionConcurrencyPerInstance",
        COUNT,
        "Sessions that an instance takes.",
    ),
    prop(
        "sessionIdleTimeoutInSeconds",
        COUNT,
        "Seconds after which an idle session ends.",
    ),
    prop(
        "sessionTTLInSeconds",
        COUNT,
        "Seconds after which any session ends.",
    ),
    prop(
        "sseEndpointPath",
        Kind::Text,
        "The path of server-sent events.",
    ),
];

pub(super) const ANNOTATIONS: &[Prop] = &[prop("headers", Kind::Map(&Kind::Text), "The headers.")];
