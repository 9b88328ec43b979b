//! Where a secret's text comes from, and its fingerprint.

use std::sync::{Arc, Mutex, PoisonError};

use ring::{digest, hmac};
use zeroize::Zeroizing;

use super::store::{Opened, Store};
use super::unlock::Ask;
use super::{Secret, SecretError, check_name};
use crate::sys::env;

/// Bytes of a fingerprint: enough that no two texts ever share one.
const FINGERPRINT_SIZE: usize = 16;

/// Bytes in front of it that tell its key from others.
const KEY_MARK_SIZE: usize = 4;

/// A key of fingerprints that is shorter could be guessed.
const SHORTEST_KEY: usize = 16;

/// Asks a person, for as long as the vault lives.
pub type Asker = Box<dyn Fn(Ask) -> Option<Secret> + Send + Sync>;

/// The secrets that expressions can name in one environment: variables first, then those that are stored.
pub struct Vault {
    store: Store,
    environment: String,
    ask: Asker,
    /// What came of opening the store, once: a person is not asked again and again.
    opened: Mutex<Option<Result<Arc<Opened>, SecretError>>>,
}

impl Vault {
    /// The vault of the environment. Nothing is read or asked before it is needed.
    pub fn new(store: Store, environment: impl Into<String>, ask: Asker) -> Self {
        Self {
            store,
            environment: environment.into(),
            ask,
            opened: Mutex::new(None),
        }
    }

    /// Whether there is a secret of this name. Needs no key.
    pub fn has(&self, name: &str) -> Result<bool, SecretError> {
        check_name(name)?;
        Ok(variable(name).is_some() || self.store.has(name, &self.environment)?)
    }

    /// The secret of this name.
    pub fn text(&self, name: &str) -> Result<Secret, SecretError> {
        if let Some(text) = variable(name) {
            return Ok(Secret::new(text));
        }
        if !self.has(name)? {
            return Err(SecretError::Missing(name.to_owned()));
        }
        let found = self.opened()?.text(name, &self.environment)?;
        found.ok_or_else(|| SecretError::Missing(name.to_owned()))
    }

    /// By what a change of a text shows, without telling the text. It is bound to the source, so that equal texts in
    /// different places do not show.
    pub fn fingerprint(&self, source: &str, text: &str) -> Result<String, SecretError> {
        match env::var(env::FINGERPRINT_KEY).map(Secret::new) {
            Some(given) if given.reveal().len() < SHORTEST_KEY => Err(SecretError::ShortKey),
            Some(given) => {
                let key = digest::digest(&digest::SHA256, given.reveal().as_bytes());
                Ok(fingerprint(key.as_ref(), (source, text)))
            }
            None => Ok(fingerprint(
                self.opened()?.fingerprint_key().bytes(),
                (source, text),
            )),
        }
    }

    fn opened(&self) -> Result<Arc<Opened>, SecretError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let open = || self.store.open(&*self.ask).map(Arc::new);
        opened.get_or_insert_with(open).clone()
    }
}

/// A secret in the environment, which goes before the stored one: where nothing can be stored, as in most pipelines.
fn variable(name: &str) -> Option<String> {
    let name = name.replace(['-', '.'], "_");
    env::var(&format!("{}{name}", env::SECRET_PREFIX))
}

fn fingerprint(key: &[u8], (source, text): (&str, &str)) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mark = hmac::sign(&key, b"fingerprint key");
    let said = serde_json::json!(["fingerprint", source, text]).to_string();
    let tag = hmac::sign(&key, Zeroizing::new(said).as_bytes());
    let bytes = [
        &mark.as_ref()[..KEY_MARK_SIZE],
        &tag.as_ref()[..FINGERPRINT_SIZE],
    ];
    wire::digest::hex_lower(&bytes.concat())
}
