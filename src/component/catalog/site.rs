//! `site`: ours.

use crate::component::schema::{Kind, Prop, Schema, Strictness, prop};

const TTL: &[Prop] = &[
    prop(
        "path",
        Kind::Text,
        "A path and everything below it; it starts with a slash.",
    ),
    prop(
        "extensions",
        Kind::List(&Kind::Text),
        "File extensions, in lower case and without their dot.",
    ),
    prop(
        "seconds",
        Kind::Int(0, 99_999_999, 1),
        "How long the CDN keeps these files.",
    )
    .required(),
];

const CACHE: &[Prop] = &[
    prop(
        "match",
        Kind::Text,
        "A glob of files, seen from the source folder.",
    )
    .required(),
    prop(
        "control",
        Kind::Text,
        "The header `Cache-Control` of these files.",
    )
    .required(),
];

const CDN: &[Prop] = &[prop(
    "ttl",
    Kind::List(&Kind::Object(TTL)),
    "Rules of the CDN for how long it keeps files; the first that fits counts.",
)];

/// A folder as a website.
pub(super) const SITE: Schema = Schema {
    name: "site",
    about: "A folder of files as a website: on object storage, behind the CDN when it has a domain.",
    source: "sdev's own; more is said in [the site component](../site.md)",
    strictness: Strictness::Ours,
    props: &[
        prop(
            "source",
            Kind::Text,
            "The folder, relative to the manifest.",
        )
        .required(),
        prop("index", Kind::Text, "The page of each folder.").default("index.html"),
        prop(
            "error",
            Kind::Text,
            "The page for addresses that do not exist, sent with status 404.",
        )
        .default("404.html if there is one"),
        prop(
            "spa",
            Kind::Bool,
            "Whether addresses that do not exist get the index page with status 200.",
        )
        .default("false"),
        prop("bucket", Kind::Text, "The bucket's name.").default("derived"),
        prop("region", Kind::Text, "The region.").default("that of the access"),
        prop("domain", Kind::Text, "The domain that visitors use."),
        prop("domains", Kind::List(&Kind::Text), "Further domains."),
        prop(
            "headers",
            Kind::Map(&Kind::Text),
            "Headers that the CDN sends with every reply.",
        ),
        prop(
            "cache",
            Kind::List(&Kind::Object(CACHE)),
            "Rules for how long browsers keep files.",
        ),
        prop(
            "ignore",
            Kind::List(&Kind::Text),
            "Globs of files that are not uploaded.",
        ),
        prop(
            "cdn",
            Kind::Either(&[Kind::Bool, Kind::Object(CDN)]),
            "Whether the CDN stands in front, or its rules.",
        )
        .default("true with a domain"),
    ],
    cases: &[],
    renamed: &[],
    also: None,
};
