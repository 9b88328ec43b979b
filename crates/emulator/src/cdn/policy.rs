//! All rules of one domain, ready for the data plane; pure.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::rule::{CodeTtlRule, HeaderRule, KeyArguments, Place, Rule, TtlRule};

/// What the configured functions of a domain come to.
#[derive(Debug, Default)]
pub(super) struct Policy {
    ttl: Vec<TtlRule>,
    code_ttl: Vec<CodeTtlRule>,
    response_headers: Vec<HeaderRule>,
    error_pages: Vec<(StatusCode, HeaderValue)>,
    pub(super) request_host: Option<HeaderValue>,
    pub(super) key_arguments: Option<KeyArguments>,
}

/// Statuses that follow the origin's headers and no rule by place.
const ERRORS: [u16; 13] = [
    204, 305, 400, 403, 404, 405, 414, 500, 501, 502, 503, 504, 416,
];
/// Statuses for which the vendor has no rules at all.
const UNRULED: [u16; 4] = [303, 304, 401, 407];

impl Policy {
    /// Gathers rules given in the order in which they were configured; of equal ones the later counts.
    pub(super) fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut policy = Self::default();
        for rule in rules {
            match rule {
                Rule::Ttl(rule) => policy.ttl.push(rule),
                Rule::CodeTtl(rule) => policy.code_ttl.push(rule),
                Rule::ResponseHeader(rule) => policy.response_headers.push(rule),
                Rule::ErrorPage { status, location } => policy.error_pages.push((status, location)),
                Rule::RequestHost(host) => policy.request_host = Some(host),
                Rule::KeyArguments(arguments) => policy.key_arguments = Some(arguments),
            }
        }
        policy
    }

    /// Seconds for which a rule keeps an answer fresh; `None` leaves it to the origin's headers.
    ///
    /// A rule for a status in a place beats one for a place, which beats one for a status everywhere; that order is
    /// this cloud's choice. Of several rules for places the highest weight wins, then the one configured last.
    pub(super) fn ttl(&self, status: u16, path: &str) -> Option<u64> {
        if UNRULED.contains(&status) {
            return None;
        }
        self.code_rule(status, path, false)
            .or_else(|| self.place_rule(status, path))
            .or_else(|| self.code_rule(status, path, true))
    }

    /// Changes an answer on its way to the visitor.
    pub(super) fn dress(&self, status: &mut StatusCode, headers: &mut HeaderMap) -> Dressed {
        for rule in &self.response_headers {
            rule.apply(headers);
        }
        let page = self.error_pages.iter().rev();
        let Some((_, location)) = page.into_iter().find(|(code, _)| code == status) else {
            return Dressed::AsItWas;
        };
        *status = StatusCode::FOUND;
        for name in [
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::CONTENT_ENCODING,
            header::ETAG,
            header::LAST_MODIFIED,
        ] {
            headers.remove(name);
        }
        headers.insert(header::LOCATION, location.clone());
        Dressed::WithoutBody
    }

    /// Whether [`Policy::dress`] would leave every answer as it is.
    pub(super) fn dresses_nothing(&self) -> bool {
        self.response_headers.is_empty() && self.error_pages.is_empty()
    }

    fn place_rule(&self, status: u16, path: &str) -> Option<u64> {
        if ERRORS.contains(&status) {
            return None;
        }
        self.ttl
            .iter()
            .filter(|rule| rule.place.matches(path))
            .max_by_key(|rule| rule.weight)
            .map(|rule| rule.ttl)
    }

    fn code_rule(&self, status: u16, path: &str, everywhere: bool) -> Option<u64> {
        self.code_ttl
            .iter()
            .rev()
            .filter(|rule| (rule.place == Place::Everywhere) == everywhere)
            .filter(|rule| rule.place.matches(path))
            .find_map(|rule| rule.ttl(status))
    }
}

/// What became of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dressed {
    AsItWas,
    WithoutBody,
}

impl Place {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Types(types) => types.matches(path),
            Self::Path(prefix) => prefix.matches(path),
        }
    }
}

impl CodeTtlRule {
    fn ttl(&self, status: u16) -> Option<u64> {
        let found = self.codes.iter().find(|(code, _)| code.matches(status));
        found.map(|(_, ttl)| *ttl)
    }
}

impl HeaderRule {
    fn apply(&self, headers: &mut HeaderMap) {
        match self {
            Self::Append(name, value) => {
                headers.append(name, value.clone());
            }
            Self::Set(name, value) => {
                headers.insert(name, value.clone());
            }
            Self::Replace(name, value) if headers.contains_key(name) => {
                headers.insert(name, value.clone());
            }
            Self::Replace(..) => {}
            Self::Remove(name) => {
                headers.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Argument;
    use super::*;

    fn rule(function: &str, list: &[(&str, &str)]) -> Rule {
        let arguments: Vec<Argument> = list
            .iter()
            .map(|(name, value)| Argument {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        Rule::parse(function, &arguments).unwrap()
    }

    fn folder(path: &str, ttl: &str, weight: &str) -> Rule {
        let list = [("path", path), ("ttl", ttl), ("weight", weight)];
        rule("path_based_ttl_set", &list)
    }

    #[test]
    fn the_highest_weight_wins_and_then_the_last() {
        let policy = Policy::new([
            folder("/", "1", "1"),
            folder("/a", "2", "9"),
            folder("/a/b", "3", "5"),
            folder("/a", "4", "9"),
        ]);
        assert_eq!(policy.ttl(200, "/a/b/c"), Some(4));
        assert_eq!(policy.ttl(200, "/x"), Some(1));
    }

    #[test]
    fn errors_follow_rules_for_codes_only() {
        let policy = Policy::new([
            folder("/", "100", "1"),
            rule(
                "default_ttl_code",
                &[("default_ttl_code", "404=5,200=6,302=7")],
            ),
            rule(
                "path_force_ttl_code",
                &[("path", "/f"), ("code_string", "4xx=8,200=9")],
            ),
        ]);
        assert_eq!(policy.ttl(404, "/x"), Some(5));
        assert_eq!(policy.ttl(404, "/f/x"), Some(8));
        assert_eq!(policy.ttl(403, "/x"), None);
        assert_eq!(policy.ttl(200, "/x"), Some(100));
        assert_eq!(policy.ttl(200, "/f"), Some(9));
        assert_eq!(policy.ttl(401, "/f"), None);
        assert_eq!(Policy::default().ttl(200, "/"), None);
    }

    #[test]
    fn headers_change_on_the_way_and_error_pages_redirect() {
        let policy = Policy::new([
            rule("set_resp_header", &[("key", "X-A"), ("value", "1")]),
            rule(
                "set_resp_header",
                &[("key", "Server"), ("header_operation_type", "delete")],
            ),
            rule(
                "error_page",
                &[("error_code", "404"), ("rewrite_page", "http://x.test/404")],
            ),
        ]);
        let mut headers = HeaderMap::new();
        headers.insert(header::SERVER, HeaderValue::from_static("s"));
        let mut status = StatusCode::NOT_FOUND;
        assert_eq!(
            policy.dress(&mut status, &mut headers),
            Dressed::WithoutBody
        );
        assert_eq!(status, StatusCode::FOUND);
        assert_eq!(headers["x-a"], "1");
        assert_eq!(headers["location"], "http://x.test/404");
        assert!(!headers.contains_key(header::SERVER));
    }
}
