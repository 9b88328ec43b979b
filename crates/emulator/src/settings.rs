//! What a local cloud is started with.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where a local cloud keeps its data, where it listens and whose cloud it is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of everything durable; made when missing, used by one process at a time.
    pub data: PathBuf,
    /// Address to listen on; port 0 takes a free one. Whether it may be other than loopback is the caller's decision.
    pub listen: SocketAddr,
    /// The one account that owns everything in this cloud.
    pub account: Account,
    /// Region id that replies and V4 scopes carry, such as `cn-hangzhou`.
    pub region: String,
    /// The command that processes of functions are started by: a program and words, which lead to
    /// [`crate::instance::run`]. [`crate::instance::of_this_program`] is what most give.
    pub launcher: Vec<OsString>,
}

/// The one account of a local cloud and its key pair.
#[derive(Clone)]
pub struct Account {
    /// Account id, a decimal number in text.
    pub id: String,
    /// Access key id that requests must name.
    pub access_key_id: String,
    /// Access key secret that requests must be signed with; never printed.
    pub access_key_secret: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Account")
            .field("id", &self.id)
            .field("access_key_id", &self.access_key_id)
            .field("access_key_secret", &"(redacted)")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_the_secret() {
        let account = Account {
            id: "1".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: "hush".to_owned(),
        };
        let shown = format!("{account:?}");
        assert!(shown.contains("AKID") && !shown.contains("hush"), "{shown}");
    }
}
