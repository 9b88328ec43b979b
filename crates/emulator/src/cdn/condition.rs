//! Conditional requests against what is cached: `If-None-Match`, `If-Modified-Since`, `If-Range`; pure.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, header};

/// Whether a visitor who sends `request` already has the answer with these `headers`.
pub(super) fn is_unchanged(request: &HeaderMap, headers: &HeaderMap) -> bool {
    let mut tags = request.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        let Some(tag) = headers.get(header::ETAG) else {
            return tags.any(|list| list == "*");
        };
        return tags.any(|list| list == "*" || lists(list, tag));
    }
    let since = request.get(header::IF_MODIFIED_SINCE).and_then(date);
    let changed = headers.get(header::LAST_MODIFIED).and_then(date);
    matches!((since, changed), (Some(since), Some(changed)) if changed <= since)
}

/// Whether a range may be cut from the answer with these `headers`: `If-Range` is absent or names just this answer.
pub(super) fn allows_range(request: &HeaderMap, headers: &HeaderMap) -> bool {
    let Some(wanted) = request.get(header::IF_RANGE) else {
        return true;
    };
    if wanted.as_bytes().starts_with(b"\"") {
        return headers.get(header::ETAG) == Some(wanted);
    }
    headers.get(header::LAST_MODIFIED) == Some(wanted)
}

/// A field's HTTP date.
pub(super) fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

/// Weak comparison of one tag with a list of tags.
fn lists(list: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(list), Ok(tag)) = (list.to_str(), tag.to_str()) else {
        return false;
    };
    // A comma inside a tag splits it; such a tag then never matches, which costs a body and nothing else.
    list.split(',')
        .any(|candidate| opaque(candidate) == opaque(tag))
}

fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(list: &[(header::HeaderName, &str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    const OLD: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const NEW: &str = "Mon, 07 Nov 1994 08:49:37 GMT";

    #[test]
    fn tags_compare_weakly_and_win_over_dates() {
        let cached = map(&[(header::ETAG, "\"a\""), (header::LAST_MODIFIED, NEW)]);
        let asks = |value| map(&[(header::IF_NONE_MATCH, value)]);
        assert!(is_unchanged(&asks("\"b\", W/\"a\""), &cached));
        assert!(is_unchanged(&asks("*"), &cached));
        assert!(!is_unchanged(&asks("\"b\""), &cached));
        let both = map(&[
            (header::IF_NONE_MATCH, "\"b\""),
            (header::IF_MODIFIED_SINCE, NEW),
        ]);
        assert!(!is_unchanged(&both, &cached));
    }

    #[test]
    fn dates_compare_by_the_second() {
        let cached = map(&[(header::LAST_MODIFIED, NEW)]);
        let asks = |value| map(&[(header::IF_MODIFIED_SINCE, value)]);
        assert!(is_unchanged(&asks(NEW), &cached));
        assert!(!is_unchanged(&asks(OLD), &cached));
        assert!(!is_unchanged(&asks("yesterday"), &cached));
        assert!(!is_unchanged(&HeaderMap::new(), &cached));
    }

    #[test]
    fn a_range_of_another_answer_is_not_cut() {
        let cached = map(&[(header::ETAG, "\"a\""), (header::LAST_MODIFIED, NEW)]);
        assert!(allows_range(&HeaderMap::new(), &cached));
        assert!(allows_range(&map(&[(header::IF_RANGE, "\"a\"")]), &cached));
        assert!(allows_range(&map(&[(header::IF_RANGE, NEW)]), &cached));
        assert!(!allows_range(&map(&[(header::IF_RANGE, "\"b\"")]), &cached));
        assert!(!allows_range(
            &map(&[(header::IF_RANGE, "W/\"a\"")]),
            &cached
        ));
    }
}
