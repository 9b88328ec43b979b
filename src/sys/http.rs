//! The one place that makes HTTP clients.

use std::time::Duration;

/// A client in the making, with this program's TLS and name.
pub fn builder(connect: Duration) -> reqwest::ClientBuilder {
    // A second installation in one process fails and changes nothing.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .connect_timeout(connect)
        .tcp_nodelay(true)
        .user_agent(concat!("sdev/", env!("CARGO_PKG_VERSION")))
}

/// The same for this machine: plain HTTP that no proxy may see, and no certificates, whose loading costs time.
pub fn loopback(connect: Duration) -> reqwest::ClientBuilder {
    builder(connect).no_proxy().tls_certs_only([])
}
