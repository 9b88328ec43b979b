//! Which headers pass from the visitor to the origin and back; pure.

use http::{HeaderMap, HeaderValue, header};

use crate::hop::drop_connection_fields;
use crate::server::Peer;

/// What this proxy calls itself in `Via`.
const VIA: HeaderValue = HeaderValue::from_static("1.1 sdev-cdn");
/// Proxies of this name that a request may have passed; a loop has more.
const MOST_PASSES: usize = 8;

/// The visitor's headers that the origin gets: all but those of the connection.
pub(super) fn to_origin(visitor: &HeaderMap) -> HeaderMap {
    let mut headers = visitor.clone();
    drop_connection_fields(&mut headers);
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    headers.append(header::VIA, VIA);
    headers
}

/// Tells the origin where the visitor is: the last in `X-Forwarded-For`.
pub(super) fn forwarded<B>(request: &mut http::Request<B>) {
    let peer = request.extensions().get::<Peer>();
    let address = peer.map(|peer| peer.0.to_canonical().to_string());
    if let Some(Ok(address)) = address.map(HeaderValue::try_from) {
        request.headers_mut().append("x-forwarded-for", address);
    }
}

/// Makes a request for the whole content of headers for a part of it or for news of it.
pub(super) fn ask_for_all(headers: &mut HeaderMap) {
    for name in [
        header::RANGE,
        header::IF_RANGE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
    ] {
        headers.remove(name);
    }
}

/// Turns the origin's headers into those that visitors get; `now` is the `Date` when the origin gave none.
pub(super) fn to_visitor(headers: &mut HeaderMap, now: std::time::SystemTime) {
    drop_connection_fields(headers);
    headers.remove("x-cache");
    headers.append(header::VIA, VIA);
    if !headers.contains_key(header::DATE)
        && let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(now))
    {
        headers.insert(header::DATE, date);
    }
}

/// The headers of cached content after a 304 with newer ones: the 304's win, but what describes the body stays.
pub(super) fn merged(cached: &HeaderMap, mut news: HeaderMap) -> HeaderMap {
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONTENT_RANGE,
        header::VARY,
    ] {
        news.remove(name);
    }
    let mut headers = cached.clone();
    for name in news.keys() {
        headers.remove(name);
    }
    headers.extend(news);
    headers
}

/// Whether a request went round through this proxy too often.
pub(super) fn is_loop(visitor: &HeaderMap) -> bool {
    passes(visitor) >= MOST_PASSES
}

/// How often a request went through this proxy before.
pub(super) fn passes(visitor: &HeaderMap) -> usize {
    visitor
        .get_all(header::VIA)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .map(|value| value.matches("sdev-cdn").count())
        .sum()
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn map(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn fields_of_the_connection_stay_here() {
        let visitor = map(&[
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("host", "h"),
            ("accept", "a"),
        ]);
        let origin = to_origin(&visitor);
        assert_eq!(origin, map(&[("accept", "a"), ("via", "1.1 sdev-cdn")]));
    }

    #[test]
    fn a_confirmation_renews_headers_but_not_those_of_the_body() {
        let cached = map(&[("etag", "\"a\""), ("content-type", "t"), ("x-a", "1")]);
        let news = map(&[("x-a", "2"), ("content-length", "0"), ("x-b", "3")]);
        let expected = map(&[
            ("etag", "\"a\""),
            ("content-type", "t"),
            ("x-a", "2"),
            ("x-b", "3"),
        ]);
        assert_eq!(merged(&cached, news), expected);
    }

    #[test]
    fn going_round_is_noticed() {
        let mut headers = HeaderMap::new();
        while !is_loop(&headers) {
            headers = to_origin(&headers);
            assert!(headers.get_all(header::VIA).iter().count() < 20);
        }
    }
}
