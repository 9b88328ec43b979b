//! The aliases that sdev keeps itself: `access.yaml` in its home folder, readable by the owner alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Secret;
use super::access::{Credential, CredentialError};
use crate::sys::{env, fs};

/// One stored alias.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredAlias {
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The access key's id.
    pub access_key_id: String,
    /// The access key's secret.
    pub access_key_secret: String,
    /// The token of temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_token: Option<String>,
    /// The region to use where a resource names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl StoredAlias {
    /// The keys in the form that the rest of the program knows.
    pub fn into_credential(self, alias: &str) -> Credential {
        Credential {
            alias: alias.to_owned(),
            account_id: self.account_id,
            key_id: self.access_key_id,
            key_secret: Secret::new(self.access_key_secret),
            security_token: self.security_token.map(Secret::new),
            region: self.region.or_else(|| env::var(env::REGION)),
        }
    }
}

/// The file of stored aliases.
#[derive(Debug)]
pub struct AliasStore {
    path: PathBuf,
}

impl AliasStore {
    /// The store in sdev's home folder.
    pub fn at_home() -> Self {
        Self {
            path: env::home().join("access.yaml"),
        }
    }

    /// One alias.
    pub fn get(&self, name: &str) -> Result<Option<StoredAlias>, CredentialError> {
        Ok(self.load()?.remove(name))
    }

    /// All names.
    pub fn names(&self) -> Result<Vec<String>, CredentialError> {
        Ok(self.load()?.into_keys().collect())
    }

    /// One alias, made and stored when there is none: whoever asks at the same time gets the same one.
    pub fn get_or_set(
        &self,
        name: &str,
        make: impl FnOnce() -> StoredAlias,
    ) -> Result<StoredAlias, CredentialError> {
        if let Some(found) = self.get(name)? {
            return Ok(found);
        }
        let _held = self.lock()?;
        let mut all = self.load()?;
        if let Some(found) = all.remove(name) {
            return Ok(found);
        }
        let alias = make();
        all.insert(name.to_owned(), alias.clone());
        self.save(&all)?;
        Ok(alias)
    }

    /// Adds or replaces an alias. The file's mode is 0600.
    pub fn set(&self, name: &str, alias: StoredAlias) -> Result<(), CredentialError> {
        let _held = self.lock()?;
        let mut all = self.load()?;
        all.insert(name.to_owned(), alias);
        self.save(&all)
    }

    /// Removes an alias; whether it was there.
    pub fn delete(&self, name: &str) -> Result<bool, CredentialError> {
        let _held = self.lock()?;
        let mut all = self.load()?;
        let was_there = all.remove(name).is_some();
        if was_there {
            self.save(&all)?;
        }
        Ok(was_there)
    }

    /// Lets one process at a time read, change and write.
    fn lock(&self) -> Result<fs::FileLock, CredentialError> {
        Ok(fs::FileLock::take(&self.path.with_extension("lock"))?)
    }

    fn load(&self) -> Result<BTreeMap<String, StoredAlias>, CredentialError> {
        let Some(text) = fs::read_text(&self.path)? else {
            return Ok(BTreeMap::new());
        };
        // The parser's own message may quote the file, and so a secret.
        let all: Option<BTreeMap<String, StoredAlias>> =
            serde_yaml::from_str(&text).map_err(|error| CredentialError::File {
                path: self.path.clone(),
                why: match error.location() {
                    Some(at) => format!("not a list of aliases (line {})", at.line()),
                    None => "not a list of aliases".to_owned(),
                },
            })?;
        Ok(all.unwrap_or_default())
    }

    fn save(&self, all: &BTreeMap<String, StoredAlias>) -> Result<(), CredentialError> {
        let text = serde_yaml::to_string(all).map_err(|e| CredentialError::File {
            path: self.path.clone(),
            why: e.to_string(),
        })?;
        fs::write_atomic(&self.path, text.as_bytes(), fs::Readers::Owner)?;
        Ok(())
    }
}
