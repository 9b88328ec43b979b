//! The one place that makes HTTP clients.

use std::time::Duration;

/// A client with this program's TLS and time-outs. Loopback is never sent through a proxy.
pub fn client(connect: Duration, read: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // A second installation fails and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(connect)
        .read_timeout(read)
        .tcp_nodelay(true)
        .user_agent(concat!("sdev/", env!("CARGO_PKG_VERSION")))
        .build()
}
