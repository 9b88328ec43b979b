//! Whom to talk to: account, region, keys, and the addresses that follow from them.

use std::fmt;
use std::net::IpAddr;

/// One account in one region, in the real cloud or in a local one.
#[derive(Clone)]
pub struct Target {
    /// Account id, a decimal number in text, when it is known.
    pub account_id: Option<String>,
    /// Region id, such as `cn-hangzhou`.
    pub region: String,
    /// Access key id.
    pub key_id: String,
    /// Access key secret; never printed.
    pub key_secret: String,
    /// Token of temporary keys; never printed.
    pub security_token: Option<String>,
    /// Base address of a local cloud (`http://127.0.0.1:PORT`); `None` means the vendor's own hosts.
    pub endpoint: Option<String>,
}

impl Target {
    /// The base address of a local cloud, without a slash at the end.
    pub(super) fn local(&self) -> Option<&str> {
        self.endpoint.as_deref().map(|e| e.trim_end_matches('/'))
    }

    /// Whether requests stay on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.local().map(host_of).unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// Where a bucket's requests go; the path of a key is appended to it. No slash at the end.
    pub(super) fn bucket_base(&self, bucket: &str) -> String {
        match self.local() {
            Some(base) => format!("{base}/{bucket}"),
            None => format!("https://{}", self.bucket_host(bucket)),
        }
    }

    /// The host name of a bucket in the vendor's cloud, which is also its name as an origin of the CDN.
    pub(super) fn bucket_host(&self, bucket: &str) -> String {
        format!("{bucket}.oss-{}.aliyuncs.com", self.region)
    }

    /// The object storage's address for other clients.
    pub(super) fn oss_endpoint(&self) -> String {
        match self.local() {
            Some(base) => base.to_owned(),
            None => format!("https://oss-{}.aliyuncs.com", self.region),
        }
    }

    /// Where a bucket's website is seen; a slash at the end.
    pub(super) fn bucket_url(&self, bucket: &str) -> String {
        match self.local() {
            Some(base) => format!("{base}/_site/{bucket}/"),
            None => format!("https://{}/", self.bucket_host(bucket)),
        }
    }

    /// Where the CDN's API is; no slash at the end.
    pub(super) fn cdn_base(&self) -> &str {
        self.local().unwrap_or("https://cdn.aliyuncs.com")
    }

    /// Where the API of Function Compute 3.0 is; no slash at the end. The vendor has one host per region.
    pub(super) fn fc_base(&self) -> String {
        match self.local() {
            Some(base) => base.to_owned(),
            None => format!("https://fcv3.{}.aliyuncs.com", self.region),
        }
    }

    /// Where the older API of Function Compute (2016-08-15) is; no slash at the end. The vendor has one host per account and
    /// region.
    pub(super) fn fc2_base(&self, account: &str) -> String {
        match self.local() {
            Some(base) => base.to_owned(),
            None => format!("https://{account}.{}.fc.aliyuncs.com", self.region),
        }
    }

    /// Where the API of flows is; no slash at the end. The vendor has one host per region.
    pub(super) fn fnf_base(&self) -> String {
        match self.local() {
            Some(base) => base.to_owned(),
            None => format!("https://{}.fnf.aliyuncs.com", self.region),
        }
    }

    /// Where an accelerated domain is seen; a slash at the end.
    pub(super) fn domain_url(&self, domain: &str) -> String {
        let port = self.local().and_then(port_of);
        match (self.local(), port) {
            (None, _) => format!("http://{domain}/"),
            (Some(_), None) => format!("http://{domain}.localhost/"),
            (Some(_), Some(port)) => format!("http://{domain}.localhost:{port}/"),
        }
    }

    /// Where an accelerated domain of a local cloud is seen without name resolution.
    pub(super) fn domain_path_url(&self, domain: &str) -> Option<String> {
        Some(format!("{}/_site/{domain}/", self.local()?))
    }
}

fn authority_of(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn host_of(base: &str) -> &str {
    let authority = authority_of(base);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn port_of(base: &str) -> Option<&str> {
    authority_of(base)
        .strip_prefix(host_of(base))?
        .strip_prefix(':')
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Target")
            .field("account_id", &self.account_id)
            .field("region", &self.region)
            .field("key_id", &self.key_id)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(endpoint: Option<&str>) -> Target {
        Target {
            account_id: None,
            region: "cn-hangzhou".into(),
            key_id: "AKID".into(),
            key_secret: "hush".into(),
            security_token: Some("mum".into()),
            endpoint: endpoint.map(Into::into),
        }
    }

    #[test]
    fn debug_output_never_shows_a_secret() {
        let shown = format!("{:?}", target(None));
        assert!(shown.contains("AKID"), "{shown}");
        assert!(!shown.contains("hush") && !shown.contains("mum"), "{shown}");
    }

    #[test]
    fn addresses_of_the_real_cloud_and_of_a_local_one() {
        let real = target(None);
        assert_eq!(
            real.bucket_base("b"),
            "https://b.oss-cn-hangzhou.aliyuncs.com"
        );
        assert_eq!(real.domain_url("a.com"), "http://a.com/");
        assert_eq!(real.domain_path_url("a.com"), None);
        assert!(!real.is_loopback());
        let local = target(Some("http://127.0.0.1:8080/"));
        assert_eq!(local.bucket_base("b"), "http://127.0.0.1:8080/b");
        assert_eq!(local.bucket_url("b"), "http://127.0.0.1:8080/_site/b/");
        assert_eq!(local.domain_url("a.com"), "http://a.com.localhost:8080/");
        assert!(local.is_loopback());
        assert!(target(Some("http://[::1]:80")).is_loopback());
        assert!(!target(Some("http://10.0.0.1:80")).is_loopback());
    }
}
