//! Pushes to addresses on this machine: what rooms send of their own accord goes nowhere else.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client whose connections are kept and used again.
pub(crate) type Web = Client<HttpConnector, Full<Bytes>>;

/// A client without connections yet.
pub(crate) fn web() -> Web {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Sends a request; whether the receiver took it: any status from 200 to 299 says so.
pub(crate) async fn push(web: &Web, request: Request<Full<Bytes>>) -> bool {
    let sent = tokio::time::timeout(PATIENCE, web.request(request)).await;
    matches!(sent, Ok(Ok(reply)) if reply.status().is_success())
}

/// Whether a web address leads to this machine and without encryption.
pub(crate) fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_own = match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    };
    is_own && uri.scheme_str() == Some("http")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_of_this_machine_are_here() {
        for (address, here) in [
            ("http://127.0.0.1:80/x", true),
            ("http://[::1]:80/", true),
            ("http://localhost/", true),
            ("http://a.localhost/", true),
            ("https://127.0.0.1/", false),
            ("http://10.0.0.1/", false),
            ("http://example.com/", false),
            ("/x", false),
        ] {
            assert_eq!(is_here(&address.parse().unwrap()), here, "{address}");
        }
    }
}
