//! Whether an answer of the origin is kept, and how long it is fresh; pure.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use super::cache_control::Directives;
use super::condition::date;
use super::policy::Policy;

/// What a cache may do with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    No,
    /// Fresh for this many seconds; 0 means that the origin confirms it each time.
    For(u64),
}

/// An answer of the origin to a GET.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    /// Whether the visitor sent credentials.
    pub(super) authorized: bool,
}

/// Statuses that are kept for a moment when nothing says otherwise.
const BRIEF: [u16; 12] = [204, 305, 400, 403, 404, 405, 414, 500, 501, 502, 503, 504];
/// Statuses whose lifetime may be guessed from their age.
const GUESSED: [u16; 6] = [200, 203, 300, 301, 308, 410];
/// No lifetime is longer, so that sums of times cannot overflow.
const LONGEST: u64 = u32::MAX as u64;

/// Decides by the vendor's order: a rule of the domain, else the origin's headers, else a guess by `Last-Modified`.
pub(super) fn decide(answer: Answer<'_>, path: &str, policy: &Policy, now: SystemTime) -> Keep {
    let directives = Directives::read(answer.headers);
    let shareable = directives.shared || directives.s_maxage.is_some();
    let partial = matches!(answer.status, 100..=199 | 206 | 304 | 416);
    if partial || varies_on_everything(answer.headers) || (answer.authorized && !shareable) {
        return Keep::No;
    }
    let seconds = policy
        .ttl(answer.status, path)
        .map(|ttl| Keep::For(ttl.min(LONGEST)))
        .or_else(|| by_headers(answer, &directives, now))
        .unwrap_or_else(|| by_guess(answer, now));
    match seconds {
        Keep::For(0) if !can_be_confirmed(answer.headers) => Keep::No,
        decided => decided,
    }
}

/// Seconds that the answer had already spent in caches before it came here: of several the most, and very many
/// when the field cannot be read.
pub(super) fn age(headers: &HeaderMap) -> u64 {
    let seconds = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let known = text.parse().ok().filter(|_| digits);
        known.map_or(LONGEST, |age: u64| age.min(LONGEST))
    };
    let values = headers.get_all(header::AGE).iter();
    values
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .map(|age| seconds(age.trim()))
        .max()
        .unwrap_or(0)
}

fn by_headers(answer: Answer<'_>, directives: &Directives, now: SystemTime) -> Option<Keep> {
    let headers = answer.headers;
    if directives.forbidden {
        return Some(Keep::No);
    }
    let says_nothing = !headers.contains_key(header::CACHE_CONTROL);
    let pragma = headers.get(header::PRAGMA);
    if directives.no_cache || (says_nothing && pragma.is_some_and(|value| value == "no-cache")) {
        return Some(Keep::For(0));
    }
    let left = |lifetime: u64| Keep::For(lifetime.min(LONGEST).saturating_sub(age(headers)));
    if let Some(lifetime) = directives.lifetime() {
        return Some(left(lifetime));
    }
    let expires = headers.get(header::EXPIRES)?;
    let made = headers.get(header::DATE).and_then(date).unwrap_or(now);
    // A date that cannot be read, such as `0`, is in the past.
    let lifetime = date(expires).and_then(|expires| expires.duration_since(made).ok());
    Some(left(lifetime.unwrap_or_default().as_secs()))
}

fn by_guess(answer: Answer<'_>, now: SystemTime) -> Keep {
    const SHORTEST: u64 = 10;
    const LONGEST_GUESS: u64 = 3600;
    if BRIEF.contains(&answer.status) {
        return Keep::For(1);
    }
    // A cookie is meant for one visitor unless the origin says how long all may have it.
    if !GUESSED.contains(&answer.status) || answer.headers.contains_key(header::SET_COOKIE) {
        return Keep::No;
    }
    match answer.headers.get(header::LAST_MODIFIED).and_then(date) {
        Some(changed) => {
            let unchanged: Duration = now.duration_since(changed).unwrap_or_default();
            Keep::For((unchanged.as_secs() / 10).clamp(SHORTEST, LONGEST_GUESS))
        }
        None if answer.headers.contains_key(header::ETAG) => Keep::For(SHORTEST),
        None => Keep::No,
    }
}

fn can_be_confirmed(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ETAG) || headers.contains_key(header::LAST_MODIFIED)
}

fn varies_on_everything(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::VARY)
        .iter()
        .any(|value| value.as_bytes().contains(&b'*'))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::super::rule::{Argument, Rule};
    use super::*;

    const NOW: &str = "Mon, 07 Nov 1994 08:49:37 GMT";

    fn now() -> SystemTime {
        httpdate::parse_http_date(NOW).unwrap()
    }

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| {
                let name: header::HeaderName = name.parse().unwrap();
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn kept(status: u16, list: &[(&str, &str)]) -> Keep {
        decided(status, list, &Policy::default(), false)
    }

    fn decided(status: u16, list: &[(&str, &str)], policy: &Policy, authorized: bool) -> Keep {
        let answer = Answer {
            status,
            headers: &headers(list),
            authorized,
        };
        decide(answer, "/a.txt", policy, now())
    }

    fn ttl_of_everything(ttl: &str) -> Policy {
        let argument = |name: &str, value: &str| Argument {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let arguments = [argument("path", "/"), argument("ttl", ttl)];
        Policy::new([Rule::parse("path_based_ttl_set", &arguments).unwrap()])
    }

    #[test]
    fn a_rule_beats_what_the_origin_says() {
        let policy = ttl_of_everything("60");
        let rule = |list: &[(&str, &str)]| decided(200, list, &policy, false);
        assert_eq!(rule(&[]), Keep::For(60));
        assert_eq!(rule(&[("cache-control", "no-cache")]), Keep::For(60));
        assert_eq!(rule(&[("cache-control", "max-age=5")]), Keep::For(60));
        assert_eq!(rule(&[("vary", "*")]), Keep::No);
        let zero = ttl_of_everything("0");
        let tagged = [("etag", "\"a\""), ("cache-control", "max-age=5")];
        assert_eq!(decided(200, &tagged, &zero, false), Keep::For(0));
        assert_eq!(decided(200, &[], &zero, false), Keep::No);
    }

    #[test]
    fn the_origin_headers_count_in_their_order() {
        let tag = ("etag", "\"a\"");
        let cases: [(&[(&str, &str)], Keep); 12] = [
            (&[("cache-control", "max-age=5, s-maxage=9")], Keep::For(9)),
            (
                &[("cache-control", "max-age=9"), ("age", "4")],
                Keep::For(5),
            ),
            (
                &[("cache-control", "max-age=9"), ("age", "40"), tag],
                Keep::For(0),
            ),
            (
                &[("cache-control", "max-age=9"), ("age", "1, 40"), tag],
                Keep::For(0),
            ),
            (
                &[("cache-control", "max-age=9"), ("age", "-1"), tag],
                Keep::For(0),
            ),
            (&[("cache-control", "no-store, max-age=9")], Keep::No),
            (&[("cache-control", "private")], Keep::No),
            (&[("cache-control", "no-cache"), tag], Keep::For(0)),
            (&[("cache-control", "no-cache")], Keep::No),
            (&[("pragma", "no-cache"), tag], Keep::For(0)),
            (
                &[("expires", "Mon, 07 Nov 1994 08:50:37 GMT"), ("date", NOW)],
                Keep::For(60),
            ),
            (&[("expires", "0"), tag], Keep::For(0)),
        ];
        for (list, expected) in cases {
            assert_eq!(kept(200, list), expected, "{list:?}");
        }
    }

    #[test]
    fn without_headers_the_age_of_the_content_counts() {
        let changed = |date| kept(200, &[("last-modified", date)]);
        assert_eq!(changed("Mon, 07 Nov 1994 08:32:57 GMT"), Keep::For(100));
        assert_eq!(changed("Mon, 07 Nov 1994 08:49:30 GMT"), Keep::For(10));
        assert_eq!(changed("Mon, 07 Nov 1994 09:49:30 GMT"), Keep::For(10));
        assert_eq!(changed("Sun, 06 Nov 1994 00:00:00 GMT"), Keep::For(3600));
        assert_eq!(kept(200, &[("etag", "\"a\"")]), Keep::For(10));
        assert_eq!(kept(200, &[]), Keep::No);
        assert_eq!(kept(302, &[("etag", "\"a\"")]), Keep::No);
        assert_eq!(
            kept(200, &[("etag", "\"a\""), ("set-cookie", "a=b")]),
            Keep::No
        );
    }

    #[test]
    fn errors_are_kept_for_a_second_unless_the_origin_says_more() {
        assert_eq!(kept(404, &[]), Keep::For(1));
        assert_eq!(kept(503, &[("cache-control", "max-age=7")]), Keep::For(7));
        assert_eq!(kept(404, &[("cache-control", "no-store")]), Keep::No);
        assert_eq!(kept(401, &[]), Keep::No);
        assert_eq!(kept(206, &[("cache-control", "max-age=7")]), Keep::No);
    }

    #[test]
    fn answers_to_credentials_are_kept_only_when_meant_for_all() {
        let policy = Policy::default();
        let with = |value| decided(200, &[("cache-control", value)], &policy, true);
        assert_eq!(with("max-age=9"), Keep::No);
        assert_eq!(with("public, max-age=9"), Keep::For(9));
        assert_eq!(with("s-maxage=9"), Keep::For(9));
    }

    proptest! {
        #[test]
        fn what_forbids_storing_is_never_stored(
            before in "(max-age=[0-9]{1,5}, )?", word in "(no-store|private)", after in "(, public)?",
            status in 200_u16..600,
        ) {
            let value = format!("{before}{word}{after}");
            let list = [("cache-control", value.as_str()), ("etag", "\"a\"")];
            prop_assert_eq!(kept(status, &list), Keep::No);
        }

        #[test]
        fn deciding_never_panics(name in "(expires|age|date|last-modified|vary)", value in "[ -~]{0,40}") {
            let _ = kept(200, &[(name.as_str(), value.as_str())]);
        }
    }
}
