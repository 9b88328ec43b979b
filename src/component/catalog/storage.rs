//! `oss` and `cdn`: buckets and domains of the CDN, as their components of the older edition have them.

use super::REGIONS;
use super::fc3_config::COUNT;
use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};

const TEXTS: Kind = Kind::List(&Kind::Text);

const CORS: &[Prop] = &[
    prop("allowedOrigin", TEXTS, "Sites that may ask.").required(),
    prop("allowedMethod", TEXTS, "With which methods.").required(),
    prop(
        "allowedHeader",
        Kind::Either(&[Kind::Text, TEXTS]),
        "With which headers.",
    ),
    prop(
        "exposeHeader",
        Kind::Either(&[Kind::Text, TEXTS]),
        "Headers that they may read.",
    ),
    prop("maxAgeSeconds", COUNT, "How long the answer holds."),
];

const WEBSITE: &[Prop] = &[
    prop("index", Kind::Text, "The page of each folder."),
    prop("error", Kind::Text, "The page for what does not exist."),
    prop(
        "subDir",
        Kind::Object(&[prop(
            "type",
            Kind::OneOf(&["redirect", "noSuchKey", "index"]),
            "What a folder without its slash gets; only `redirect` can be deployed yet.",
        )]),
        "How folders answer.",
    ),
];

/// A bucket with files.
pub(super) const OSS: Schema = Schema {
    name: "oss",
    about: "A bucket of object storage. Component `site` is one with the files of a folder in it.",
    source: "the component `oss` of the older edition",
    strictness: Strictness::Vendor,
    props: &[
        prop("region", Kind::OneOf(REGIONS), "The region.").required(),
        prop(
            "bucket",
            Kind::Text,
            "The bucket's name; `auto` for one that is made up.",
        )
        .required(),
        prop(
            "acl",
            Kind::OneOf(&["private", "public-read", "public-read-write"]),
            "Who may read and write.",
        )
        .default("private"),
        prop(
            "codeUri",
            Kind::Text,
            "The folder whose files are put there. Cannot be deployed yet.",
        ),
        prop(
            "subDir",
            Kind::Text,
            "The folder in the bucket. Cannot be deployed yet.",
        ),
        prop(
            "cors",
            Kind::List(&Kind::Object(CORS)),
            "Who may ask from other sites. Cannot be deployed yet.",
        ),
        prop(
            "referer",
            Kind::Object(&[
                prop(
                    "allowEmpty",
                    Kind::Bool,
                    "Whether requests without a referer are answered.",
                ),
                prop("referers", TEXTS, "Sites that may show the files."),
            ]),
            "Who may show the files. Cannot be deployed yet.",
        ),
        prop("website", Kind::Object(WEBSITE), "The pages of a website."),
        prop(
            "customDomains",
            Kind::List(&Kind::Map(&Kind::Any)),
            "Domains that lead to the bucket. Cannot be deployed yet.",
        ),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};

const SOURCE: &[Prop] = &[
    prop(
        "type",
        Kind::OneOf(&["ipaddr", "domain", "oss", "fc_domain"]),
        "What it is.",
    )
    .required(),
    prop("content", Kind::Text, "Its address.").required(),
    prop("port", Kind::OneOfInts(&[80, 443]), "Its port.").default("80"),
    prop(
        "priority",
        Kind::OneOfInts(&[20, 30]),
        "20 is asked first, 30 when that fails.",
    )
    .default("20"),
    prop("weight", Kind::Int(1, 100, 1), "Its share of the requests.").default("10"),
];

/// A domain of the CDN.
pub(super) const CDN: Schema = Schema {
    name: "cdn",
    about: "A domain that the CDN serves.",
    source: "the component `cdn` of the older edition",
    strictness: Strictness::Vendor,
    props: &[
        prop(
            "cdnType",
            Kind::OneOf(&["web", "download", "video"]),
            "What is served.",
        )
        .required(),
        prop("domainName", Kind::Text, "The domain.").required(),
        prop(
            "sources",
            Kind::List(&Kind::Object(SOURCE)),
            "Where the content comes from.",
        )
        .required(),
        prop(
            "checkUrl",
            Kind::Text,
            "The address that its health is asked at.",
        ),
        prop(
            "scope",
            Kind::OneOf(&["domestic", "overseas", "global"]),
            "Where it is served.",
        ),
        prop("topLevelDomain", Kind::Text, "The domain above it."),
        prop(
            "refreshConfig",
            Kind::Map(&Kind::Any),
            "What is fetched anew.",
        ),
        prop(
            "pushObjectCacheConfig",
            Kind::Map(&Kind::Any),
            "What is fetched beforehand.",
        ),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};
