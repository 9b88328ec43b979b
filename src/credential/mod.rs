//! Access alias → keys: looked up at the call, never kept anywhere else.

mod access;
mod alias;
mod serverless_devs;

pub use access::{Credential, CredentialError};
pub use alias::{AliasStore, StoredAlias};

pub use crate::secret::Secret;
use crate::sys::env;

/// The alias that means the local cloud.
pub const LOCAL: &str = "local";

/// Keys for an access alias, the first found of: a complete set in Serverless Devs' variables (as that tool has it), the
/// named alias, the vendor's variables, the alias `default`.
///
/// The alias `local` is never looked up here: its keys belong to the running local cloud.
pub fn find(alias: Option<&str>) -> Result<Credential, CredentialError> {
    if let Some(credential) = devs_environment() {
        return Ok(credential);
    }
    let from_alias = match alias {
        Some(name) => stored(Some(name))?,
        None => None,
    };
    if let Some(found) = from_alias.or_else(vendor_environment) {
        return Ok(found);
    }
    if alias.is_none()
        && let Some(found) = stored(None)?
    {
        return Ok(found);
    }
    let name = alias.unwrap_or("default").to_owned();
    Err(CredentialError::Missing {
        alias: name,
        known: names()?.0,
    })
}

/// A stored alias: ours, then Serverless Devs'. Without a name each has its own default.
fn stored(alias: Option<&str>) -> Result<Option<Credential>, CredentialError> {
    let name = alias.unwrap_or("default");
    match AliasStore::at_home().get(name)? {
        Some(found) => Ok(Some(found.into_credential(name))),
        None => serverless_devs::find(alias),
    }
}

/// All alias names known here, those of Serverless Devs included; and why its file cannot be read, if so.
pub fn names() -> Result<(Vec<String>, Option<CredentialError>), CredentialError> {
    let mut names = AliasStore::at_home().names()?;
    let (theirs, broken) = match serverless_devs::names() {
        Ok(theirs) => (theirs, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    names.extend(theirs);
    names.sort();
    names.dedup();
    Ok((names, broken))
}

/// Keys in the vendor's variables.
pub fn vendor_environment() -> Option<Credential> {
    let keys = env::var(env::KEY_ID).zip(env::var(env::KEY_SECRET))?;
    Some(environment(keys, env::var(env::ACCOUNT)))
}

/// Keys in Serverless Devs' variables: there all three must be set.
fn devs_environment() -> Option<Credential> {
    let account = env::var(env::S_ACCOUNT)?;
    let keys = env::var(env::S_KEY_ID).zip(env::var(env::S_KEY_SECRET))?;
    Some(environment(keys, Some(account)))
}

fn environment((key_id, secret): (String, String), account_id: Option<String>) -> Credential {
    Credential {
        alias: "environment".to_owned(),
        account_id,
        key_id,
        key_secret: Secret::new(secret),
        security_token: env::var(env::TOKEN).map(Secret::new),
        region: env::var(env::REGION),
    }
}
