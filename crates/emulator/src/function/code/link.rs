//! Addresses at which an archive can be fetched for a while without a signature of one's own.

use std::net::SocketAddr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What the paths of archives begin with.
pub(crate) const ARCHIVES: &str = "/_code/";
/// How long an address is good.
const GOOD_MS: i64 = 3600 * 1000;

/// Makes addresses and checks them.
pub(in crate::function) struct Links {
    address: SocketAddr,
    key: String,
}

impl Links {
    /// Addresses of the cloud at `address`, signed with the account's secret.
    pub(in crate::function) fn new(address: SocketAddr, secret: &str) -> Self {
        Self {
            address,
            key: secret.to_owned(),
        }
    }

    /// Where an archive can be fetched for an hour.
    pub(in crate::function) fn url(&self, sha256: &str, now_ms: i64) -> String {
        let until = now_ms + GOOD_MS;
        let signature = wire::digest::hex_lower(&self.mac(sha256, until).finalize().into_bytes());
        let address = self.address;
        format!("http://{address}{ARCHIVES}{sha256}.zip?until={until}&signature={signature}")
    }

    /// The archive that a path and query name, if they were made here and are still good.
    pub(in crate::function) fn archive(
        &self,
        path: &str,
        query: &str,
        now_ms: i64,
    ) -> Option<String> {
        let sha256 = path.strip_prefix(ARCHIVES)?.strip_suffix(".zip")?;
        let params = wire::escape::parse_form(query);
        let param = |name: &str| {
            let found = params.iter().find(|(key, _)| key == name)?;
            Some(found.1.as_str())
        };
        let until: i64 = param("until")?.parse().ok()?;
        let expected = wire::digest::hex_lower(&self.mac(sha256, until).finalize().into_bytes());
        let is_ours = wire::digest::equal_in_constant_time(param("signature")?, &expected);
        (is_ours && now_ms <= until).then(|| sha256.to_owned())
    }

    fn mac(&self, sha256: &str, until: i64) -> Hmac<Sha256> {
        let key = Hmac::<Sha256>::new_from_slice(self.key.as_bytes());
        let mut mac = key.expect("HMAC takes keys of any length");
        mac.update(format!("archive\n{sha256}\n{until}").as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_good_for_its_archive_and_its_hour() {
        let links = Links::new(([127, 0, 0, 1], 80).into(), "secret");
        let url = links.url("abc", 1000);
        let target = url.strip_prefix("http://127.0.0.1:80").unwrap();
        let (path, query) = target.split_once('?').unwrap();
        assert_eq!(links.archive(path, query, 2000).as_deref(), Some("abc"));
        assert_eq!(links.archive(path, query, 1000 + GOOD_MS + 1), None);
        assert_eq!(links.archive("/_code/abd.zip", query, 2000), None);
        let other = Links::new(([127, 0, 0, 1], 80).into(), "other");
        assert_eq!(other.archive(path, query, 2000), None);
    }
}
