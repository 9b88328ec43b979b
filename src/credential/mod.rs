//! Access alias → keys: looked up at the call, never kept anywhere else.

mod access;
mod alias;
mod serverless_devs;

pub use access::{Credential, CredentialError, Secret};
pub use alias::{AliasStore, StoredAlias};

use crate::sys::env;

/// The alias that means the local cloud.
pub const LOCAL: &str = "local";

/// Keys for an access alias. Without an alias: the environment's keys, then the alias `default`.
///
/// The alias `local` is never looked up here: its keys belong to the running local cloud.
/// As with Serverless Devs, a complete set of keys in the environment wins over a stored alias.
pub fn find(alias: Option<&str>) -> Result<Credential, CredentialError> {
    if let Some(credential) = from_environment() {
        return Ok(credential);
    }
    let name = alias.unwrap_or("default");
    let store = AliasStore::at_home();
    if let Some(found) = store.get(name)? {
        return Ok(found.into_credential(name));
    }
    if let Some(found) = serverless_devs::find(alias)? {
        return Ok(found);
    }
    let mut known = store.names()?;
    known.extend(serverless_devs::names()?);
    Err(CredentialError::Missing { alias: name.to_owned(), known })
}

/// All alias names known here, those of Serverless Devs included.
pub fn names() -> Result<Vec<String>, CredentialError> {
    let mut names = AliasStore::at_home().names()?;
    names.extend(serverless_devs::names()?);
    names.sort();
    names.dedup();
    Ok(names)
}

/// Keys found in the environment, in the vendor's spelling or Serverless Devs' (there all three must be set).
pub fn from_environment() -> Option<Credential> {
    let vendor = env::var(env::KEY_ID).zip(env::var(env::KEY_SECRET)).map(|keys| (keys, env::var(env::ACCOUNT)));
    let devs = || {
        let account = env::var(env::S_ACCOUNT)?;
        env::var(env::S_KEY_ID).zip(env::var(env::S_KEY_SECRET)).map(|keys| (keys, Some(account)))
    };
    let ((key_id, secret), account_id) = vendor.or_else(devs)?;
    Some(Credential {
        alias: "environment".to_owned(),
        account_id,
        key_id,
        key_secret: Secret::new(secret),
        security_token: env::var(env::TOKEN).map(Secret::new),
        region: env::var(env::REGION),
    })
}
