//! The outputs of the component `site`.

/// Each with what it is.
pub(super) const OUTPUTS: &[(&str, &str)] = &[
    ("bucket", "The bucket's name."),
    (
        "url",
        "Where the site is seen: the first domain, or the bucket.",
    ),
    ("urls", "The addresses of all domains."),
    (
        "cname",
        "The name that the first domain's DNS record must point at.",
    ),
    (
        "path_url",
        "On the local cloud, an address that needs no name resolution.",
    ),
];
