//! Which headers pass between visitors and code; pure.

use http::{HeaderMap, HeaderName};

use super::event::OWN;
use crate::hop::drop_connection_fields;

/// Takes away what code must not get from a visitor: headers of the connection, and those in which the platform speaks.
pub(super) fn from_visitor(headers: &mut HeaderMap) {
    drop_connection_fields(headers);
    remove(headers, |name| name.starts_with("x-fc-"));
}

/// Takes away what a web server must not tell a visitor. The length stays: it belongs to the body that follows.
pub(super) fn from_server(headers: &mut HeaderMap) {
    drop_connection_fields(headers);
    remove(headers, |name| name != "content-length" && is_own(name));
}

/// Whether only the gateway may set a header of a response.
pub(super) fn is_own(name: &str) -> bool {
    OWN.contains(&name) || name.starts_with("x-fc-")
}

/// Bytes of all names and values.
pub(super) fn size(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    sizes.sum()
}

/// The last address of `X-Forwarded-For`: the one that whoever forwarded the request saw itself.
pub(super) fn forwarded_for(headers: &HeaderMap) -> Option<String> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let address = last.to_str().ok()?.rsplit(',').next()?.trim();
    Some(address.to_owned())
}

fn remove(headers: &mut HeaderMap, unwanted: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| unwanted(name.as_str()))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn map(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = list.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn what_concerns_a_connection_or_is_the_platforms_does_not_pass() {
        let mut headers = map(&[
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("x-fc-function-name", "forged"),
            ("accept", "a"),
            ("content-length", "1"),
        ]);
        from_visitor(&mut headers);
        assert_eq!(headers, map(&[("accept", "a"), ("content-length", "1")]));
        let mut headers = map(&[
            ("server", "me"),
            ("date", "today"),
            ("x-fc-status", "404"),
            ("transfer-encoding", "chunked"),
            ("connection", "X-Hop"),
            ("x-hop", "1"),
            ("content-length", "1"),
            ("x-own", "1"),
        ]);
        from_server(&mut headers);
        assert_eq!(headers, map(&[("content-length", "1"), ("x-own", "1")]));
    }

    #[test]
    fn the_last_who_forwarded_is_believed() {
        let mut headers = map(&[("x-forwarded-for", "1.1.1.1, 2.2.2.2")]);
        assert_eq!(forwarded_for(&headers).as_deref(), Some("2.2.2.2"));
        headers.append("x-forwarded-for", HeaderValue::from_static("3.3.3.3"));
        assert_eq!(forwarded_for(&headers).as_deref(), Some("3.3.3.3"));
        assert_eq!(forwarded_for(&HeaderMap::new()), None);
    }
}
