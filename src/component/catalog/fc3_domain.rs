//! `fc3-domain`: a domain that leads to functions.

use super::fc3_trigger::METHODS;
use super::{REGIONS, rule};
use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};
use crate::diagnostic::Diagnostics;
use crate::manifest::Block;

const RULES: Kind = Kind::List(&Kind::Object(&[
    prop("match", Kind::Text, "What is looked for."),
    prop("replacement", Kind::Text, "What takes its place."),
]));

const REGEXES: Kind = Kind::List(&Kind::Object(&[
    prop("match", Kind::Form(&rule::REGEX), "What is looked for."),
    prop("replacement", Kind::Text, "What takes its place."),
]));

const REWRITE: Kind = Kind::Object(&[
    prop("equalRules", RULES, "Rules for whole paths."),
    prop("regexRules", REGEXES, "Rules by regular expression."),
    prop("wildcardRules", RULES, "Rules with `*`."),
]);

pub(super) const ROUTE: &[Prop] = &[
    prop(
        "path",
        Kind::Text,
        "The path; `*` at its end takes everything below.",
    )
    .default("/*"),
    prop("methods", METHODS, "The methods; absent, all."),
    prop(
        "qualifier",
        Kind::Text,
        "The version or alias that is called.",
    )
    .default("LATEST"),
    prop(
        "rewriteConfig",
        REWRITE,
        "How the path is changed for the function.",
    ),
    prop("functionName", Kind::Text, "The function."),
];

pub(super) const CERT: &[Prop] = &[
    prop("certName", Kind::Text, "Its name."),
    prop(
        "certificate",
        Kind::Text,
        "The certificate: PEM, a path, or an address.",
    ),
    prop("privateKey", Kind::Text, "Its key; best a secret."),
    prop(
        "certId",
        Kind::Any,
        "A certificate that the vendor keeps, by its number.",
    ),
];

pub(super) const TLS: &[Prop] = &[
    prop("minVersion", Kind::Text, "The oldest version."),
    prop("maxVersion", Kind::Text, "The newest version."),
    prop("cipherSuites", Kind::List(&Kind::Text), "The ciphers."),
];

pub(super) const AUTH: &[Prop] = &[
    prop(
        "authType",
        Kind::OneOf(&["jwt", "function", "anonymous", "bearer"]),
        "Who may call.",
    ),
    prop("authInfo", Kind::Any, "How tokens are checked."),
];

pub(super) const WAF: &[Prop] = &[prop("enableWAF", Kind::Bool, "Whether it is on.")];

const ROUTES: &[Prop] = &[prop(
    "routes",
    Kind::List(&Kind::Object(&[
        prop("functionName", Kind::Text, "The function.").required(),
        prop(
            "path",
            Kind::Text,
            "The path; `*` at its end takes everything below.",
        )
        .required(),
        prop("methods", METHODS, "The methods; absent, all."),
        prop(
            "qualifier",
            Kind::Text,
            "The version or alias that is called.",
        )
        .default("LATEST"),
        prop(
            "rewriteConfig",
            REWRITE,
            "How the path is changed for the function.",
        ),
    ])),
    "The paths, the longest match first.",
)
.required()];

/// A domain.
pub(in crate::component) static FC3_DOMAIN: Schema = Schema {
    name: "fc3-domain",
    about: "A domain whose paths lead to functions.",
    source: "the property schema of the component `fc3-domain`",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::OneOf(REGIONS), "The region.").required(),
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
        .required(),
        prop(
            "routeConfig",
            Kind::Object(ROUTES),
            "Which path leads to which function.",
        )
        .required(),
        prop("certConfig", Kind::Object(CERT), "The certificate."),
        prop("tlsConfig", Kind::Object(TLS), "What is negotiated."),
        prop("authConfig", Kind::Object(AUTH), "Who may call."),
        prop("wafConfig", Kind::Object(WAF), "The firewall."),
        prop(
            "autoCName",
            Kind::Bool,
            "Whether the DNS record is made too.",
        ),
    ],
    cases: &[],
    renamed: &[],
    also: Some(rules),
};

/// What excludes each other.
fn rules(block: &Block, diagnostics: &mut Diagnostics) {
    let auth = block.props.get("authConfig");
    if let Some(info) = auth.and_then(|auth| auth.get("authInfo")) {
        rule::lists(info, diagnostics);
    }
}
