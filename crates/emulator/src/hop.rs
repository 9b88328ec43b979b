//! Headers of one connection, which no proxy passes on; pure.

use http::{HeaderMap, HeaderName, header};

/// Headers that concern one connection only (RFC 9110, 7.6.1), beside those that `Connection` names.
static HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Takes away the headers of the connection, those that `Connection` names among them.
pub(crate) fn drop_connection_fields(headers: &mut HeaderMap) {
    let is_hop = |name: &str| {
        HOP.iter()
            .any(|hop| name.eq_ignore_ascii_case(hop.as_str()))
    };
    let named = headers.get_all(header::CONNECTION).iter();
    let named: Vec<HeaderName> = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        // Most name none but `keep-alive`.
        .filter(|name| !is_hop(name))
        .filter_map(|name| name.parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in &HOP {
        headers.remove(name);
    }
}
