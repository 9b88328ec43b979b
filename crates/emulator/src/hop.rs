//! Headers of one connection, which no proxy passes on; pure.

use http::{HeaderMap, HeaderName, header};

/// Headers that concern one connection only (RFC 9110, 7.6.1), beside those that `Connection` names.
const HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Takes away the headers of the connection, those that `Connection` names among them.
pub(crate) fn drop_connection_fields(headers: &mut HeaderMap) {
    let named = headers.get_all(header::CONNECTION).iter();
    let named = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse::<HeaderName>().ok());
    // Most have none of them, and few headers at all.
    let known = headers.keys();
    let known = known.filter(|name| HOP.contains(&name.as_str())).cloned();
    let all: Vec<HeaderName> = named.chain(known).collect();
    for name in all {
        headers.remove(name);
    }
}
