//! The account of a local cloud: made once, kept under the alias `local`.

use crate::credential::{AliasStore, Credential, LOCAL, Secret, StoredAlias};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::sys::{env, random};

/// The region that a local cloud says it is in, unless the environment names one.
const REGION: &str = "cn-hangzhou";

/// The keys of a local cloud's only account.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Keys {
    pub(in crate::cli) account_id: String,
    pub(in crate::cli) key_id: String,
    pub(in crate::cli) secret: Secret,
    pub(in crate::cli) region: String,
}

impl Keys {
    /// Keys that nobody has yet.
    pub(in crate::cli) fn new() -> Self {
        let digits: String = random::hex(16)
            .bytes()
            .map(|b| char::from(b'0' + b % 10))
            .collect();
        Self {
            account_id: format!("1{}", &digits[..15]),
            key_id: format!("LOCAL{}", random::hex(8).to_uppercase()),
            secret: Secret::new(random::hex(20)),
            region: env::var(env::REGION).unwrap_or_else(|| REGION.to_owned()),
        }
    }

    /// The keys under the alias `local`; made and stored at the first use.
    pub(in crate::cli) fn stored() -> Result<Self, Diagnostics> {
        let make = || {
            let keys = Self::new();
            StoredAlias {
                account_id: Some(keys.account_id),
                access_key_id: keys.key_id,
                access_key_secret: keys.secret.reveal().to_owned(),
                security_token: None,
                region: Some(keys.region),
            }
        };
        let alias = AliasStore::at_home()
            .get_or_set(LOCAL, make)
            .map_err(Diagnostic::from)?;
        Ok(alias.into_credential(LOCAL).into())
    }
}

impl From<Credential> for Keys {
    fn from(credential: Credential) -> Self {
        Self {
            account_id: credential.account_id.unwrap_or_default(),
            key_id: credential.key_id,
            secret: credential.key_secret,
            region: credential.region.unwrap_or_else(|| REGION.to_owned()),
        }
    }
}
