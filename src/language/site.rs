//! What is said of the component `site` while it is written.

use super::vocabulary::{Component, FLAG, Inner, Word, word};

pub(super) const SITE: Component = Component {
    name: "site",
    docs: "A folder of files as a website: a bucket serves it, and the CDN stands in front when it has a domain.",
    properties: PROPERTIES,
    outputs: &[
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
    ],
};

const PROPERTIES: &[Word] = &[
    word("source", "text, required", "The folder with the files, relative to the manifest."),
    word("index", "text", "The page of each folder. It must be a file in `source`.").default("`index.html`"),
    word("error", "text", "The page for addresses that do not exist, sent with status 404. Not together with `spa: true`.")
        .default("`404.html` if `source` has one"),
    word("spa", "true or false", "Addresses that do not exist get the index page with status 200.")
        .default("`false`")
        .values(FLAG),
    word("bucket", "text", "The bucket's name: 3 to 63 lower-case letters, digits and hyphens.").default("derived"),
    word("region", "text", "Where the bucket is.").default("that of the access, else `cn-hangzhou`"),
    word("domain", "text", "The host name that visitors use, without scheme, port or path."),
    word("domains", "list of texts", "Further host names."),
    word("headers", "map", "Headers that the CDN sends with every reply, by name. They need a domain."),
    word("cache", "list of rules", "Your rules for `Cache-Control`; the first that matches counts.").holds(Inner::List(CACHE)),
    word("ignore", "list of texts", "Globs of files that are not uploaded."),
    word("cdn", "true, false or map", "Whether the CDN serves the site, and its rules.")
        .default("`true` with a domain, else `false`")
        .values(FLAG)
        .holds(Inner::Keys(CDN)),
];

const CACHE: &[Word] = &[
    word(
        "match",
        "text, required",
        "A glob relative to `source`; `*` stops at a `/`, `**` does not.",
    ),
    word(
        "control",
        "text, required",
        "The value of `Cache-Control`, such as `public, max-age=600`.",
    ),
];

const CDN: &[Word] =
    &[word("ttl", "list of rules", "How long the CDN keeps files.").holds(Inner::List(TTL))];

const TTL: &[Word] = &[
    word(
        "path",
        "text",
        "The folder that the rule is for; it starts with `/`. Either this or `extensions`.",
    ),
    word(
        "extensions",
        "list of texts",
        "The extensions that the rule is for, without dots.",
    ),
    word(
        "seconds",
        "number, required",
        "How long, from 0 to 99999999 seconds.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Context, lower};
    use crate::diagnostic::{Source, code};
    use crate::manifest::{Environment, Occasion, load_source};

    struct Nothing;

    impl Environment for Nothing {
        fn var(&self, _: &str) -> Option<String> {
            None
        }
        fn credential(&self, _: &str) -> Option<String> {
            None
        }
    }

    /// The properties that the component itself lists when it meets one that it does not know.
    fn listed(props: &str) -> Vec<String> {
        let text =
            format!("edition: 3.0.0\nresources: {{a: {{component: site, props: {props}}}}}\n");
        let occasion = Occasion {
            command: "deploy",
            environment: None,
            access: None,
        };
        let (manifest, _) = load_source(&Source::new("s.yaml", text), occasion, &Nothing).unwrap();
        let context = Context {
            app: "a".to_owned(),
            environment: "e".to_owned(),
            account: None,
            region: "cn-hangzhou".to_owned(),
            folder: ".".into(),
        };
        let found = lower(&manifest, &context).unwrap_err();
        let unknown = found
            .iter()
            .find(|d| d.code == code::UNKNOWN_PROPERTY)
            .unwrap();
        let hint = unknown.hints[0].strip_prefix("properties: ").unwrap();
        hint.split(", ").map(str::to_owned).collect()
    }

    fn names(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.name).collect()
    }

    #[test]
    fn the_words_are_those_of_the_component() {
        assert_eq!(listed("{qqqqqqqqqq: 1}"), names(PROPERTIES));
        assert_eq!(
            listed("{source: x, cache: [{qqqqqqqqqqq: 1}]}"),
            names(CACHE)
        );
        assert_eq!(
            listed("{source: x, domain: a.b, cdn: {qqqqqqqqqq: 1}}"),
            names(CDN)
        );
        assert_eq!(
            listed("{source: x, domain: a.b, cdn: {ttl: [{qqqqqqqqqqqqq: 1}]}}"),
            names(TTL)
        );
    }
}
