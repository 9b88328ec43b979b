//! Secrets on disk, `secrets.json` in sdev's home: each encrypted by itself, names and times in the clear.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::seal::{Key, Sealed};
use super::unlock::{self, Ask, Asking, Lock};
use super::{Secret, SecretError};
use crate::sys::{clock, env, fs};

const VERSION: u32 = 1;

/// The longest name.
const LONGEST_NAME: usize = 128;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    key: Lock,
    /// The key of the fingerprints. It opens with the right key alone, so it also tells whether a key is the right one.
    fingerprint: Sealed,
    secrets: Vec<Entry>,
}

/// One stored secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    set: String,
    sealed: Sealed,
}

/// What can be said of a secret without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The environment it is for; `None`: all.
    pub environment: Option<String>,
    /// When it was set, RFC 3339.
    pub set: String,
}

/// A secret's name, and the environment it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// The name.
    pub name: &'a str,
    /// The environment; `None`: all.
    pub environment: Option<&'a str>,
}

/// The place of the stored secrets.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
}

/// The stored secrets with the key that opens them.
pub(super) struct Opened {
    path: PathBuf,
    key: Key,
    fingerprint: Key,
    secrets: Vec<Entry>,
}

impl Store {
    /// The store in sdev's home.
    pub fn at_home() -> Self {
        Self::at(&env::home())
    }

    /// The store in a folder.
    pub fn at(folder: &Path) -> Self {
        Self {
            path: folder.join("secrets.json"),
        }
    }

    /// All secrets, by name, then environment. Needs no key.
    pub fn list(&self) -> Result<Vec<Listed>, SecretError> {
        let secrets = self.load()?.map(|content| content.secrets);
        Ok(secrets.into_iter().flatten().map(Entry::listed).collect())
    }

    /// Whether the store has a secret of this name for the environment or for all. Needs no key.
    pub(super) fn has(&self, name: &str, environment: &str) -> Result<bool, SecretError> {
        let found = self.load()?;
        Ok(found.is_some_and(|content| find(&content.secrets, name, environment).is_some()))
    }

    /// Adds or replaces a secret. The first one makes the key: of a passphrase when its variable is set or `passphrase`
    /// asks for one, else a file.
    pub fn set(
        &self,
        name: Name<'_>,
        text: &Secret,
        (passphrase, ask): (bool, Asking<'_>),
    ) -> Result<(), SecretError> {
        check_name(name.name)?;
        let _held = self.hold()?;
        let found = self.load()?;
        let relocks = |content: &Content| passphrase && content.key == Lock::KeyFile;
        let relocked = found.as_ref().is_some_and(relocks);
        let (mut content, key) = match found {
            Some(content) if relocked => self.relock(&content, ask)?,
            Some(content) => {
                let (key, _) = self.unlock(&content, (ask, Ask::Existing))?;
                (content, key)
            }
            None => self.make(passphrase || env::var(env::PASSPHRASE).is_some(), ask)?,
        };
        let entry = Entry::seal(name, text, &key);
        match content.secrets.iter_mut().find(|entry| entry.is(name)) {
            Some(old) => *old = entry,
            None => content.secrets.push(entry),
        }
        content
            .secrets
            .sort_by(|a, b| (&a.name, &a.environment).cmp(&(&b.name, &b.environment)));
        self.save(&content)?;
        if relocked {
            fs::remove_file(&unlock::key_path(&self.path))?;
        }
        Ok(())
    }

    /// Removes a secret; whether it was there. Needs no key.
    pub fn delete(&self, name: Name<'_>) -> Result<bool, SecretError> {
        let _held = self.hold()?;
        let Some(mut content) = self.load()? else {
            return Ok(false);
        };
        let before = content.secrets.len();
        content.secrets.retain(|entry| !entry.is(name));
        let was_there = content.secrets.len() < before;
        if was_there {
            self.save(&content)?;
        }
        Ok(was_there)
    }

    /// Opens what is stored. Where nothing is, an empty store is made.
    pub(super) fn open(&self, ask: Asking<'_>) -> Result<Opened, SecretError> {
        let content = if let Some(content) = self.load()? {
            content
        } else {
            let _held = self.hold()?;
            self.load_or_make(ask)?
        };
        let (key, fingerprint) = self.unlock(&content, (ask, Ask::Existing))?;
        Ok(Opened {
            path: self.path.clone(),
            key,
            fingerprint,
            secrets: content.secrets,
        })
    }

    /// Only one process may do this at a time.
    fn load_or_make(&self, ask: Asking<'_>) -> Result<Content, SecretError> {
        if let Some(content) = self.load()? {
            return Ok(content);
        }
        let (content, _) = self.make(env::var(env::PASSPHRASE).is_some(), ask)?;
        self.save(&content)?;
        Ok(content)
    }

    /// An empty store with a key of its own. A key file that is there already is kept.
    fn make(&self, passphrase: bool, ask: Asking<'_>) -> Result<(Content, Key), SecretError> {
        let (lock, key) = if passphrase {
            let lock = Lock::for_passphrase();
            let key = lock.key(&self.path, (ask, Ask::New))?;
            (lock, key)
        } else {
            let key = if let Some(key) = unlock::key_in_file(&self.path)? {
                key
            } else {
                let key = Key::random();
                unlock::write_key(&self.path, &key)?;
                key
            };
            (Lock::KeyFile, key)
        };
        Ok((Content::new(lock, &key, &Key::random()), key))
    }

    /// The same store without secrets under a new passphrase. Fingerprints stay what they were.
    fn relock(&self, content: &Content, ask: Asking<'_>) -> Result<(Content, Key), SecretError> {
        if !content.secrets.is_empty() {
            return Err(SecretError::OpenedByKey(self.path.clone()));
        }
        let (_, fingerprint) = self.unlock(content, (ask, Ask::Existing))?;
        let lock = Lock::for_passphrase();
        let key = lock.key(&self.path, (ask, Ask::New))?;
        Ok((Content::new(lock, &key, &fingerprint), key))
    }

    /// The keys of the secrets and of the fingerprints.
    fn unlock(&self, content: &Content, ask: (Asking<'_>, Ask)) -> Result<(Key, Key), SecretError> {
        let key = content.key.key(&self.path, ask)?;
        let fingerprint = key.open(&about_fingerprint(), &content.fingerprint);
        let fingerprint = fingerprint.and_then(|bytes| Key::of(&bytes));
        let fingerprint = fingerprint.ok_or_else(|| content.key.misfit(&self.path))?;
        Ok((key, fingerprint))
    }

    fn hold(&self) -> Result<fs::FileLock, SecretError> {
        Ok(fs::FileLock::take(&self.path.with_extension("lock"))?)
    }

    fn load(&self) -> Result<Option<Content>, SecretError> {
        let Some(found) = unlock::read(&self.path)? else {
            return Ok(None);
        };
        let wrong = |why: String| SecretError::file(&self.path, why);
        let json: serde_json::Value = serde_json::from_str(&found.text)
            .map_err(|error| wrong(format!("this is not JSON (line {})", error.line())))?;
        match json.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(other) => {
                return Err(wrong(format!(
                    "it has format version {other}; this sdev knows version {VERSION}"
                )));
            }
            None => return Err(wrong("it has no format version".to_owned())),
        }
        serde_json::from_value(json)
            .map(Some)
            .map_err(|error| wrong(format!("these are no secrets of sdev: {error}")))
    }

    fn save(&self, content: &Content) -> Result<(), SecretError> {
        let mut bytes = serde_json::to_vec_pretty(content)
            .map_err(|error| SecretError::file(&self.path, error.to_string()))?;
        bytes.push(b'\n');
        fs::write_atomic(&self.path, &bytes, fs::Readers::Owner)?;
        Ok(())
    }
}

impl Content {
    fn new(lock: Lock, key: &Key, fingerprint: &Key) -> Self {
        Self {
            version: VERSION,
            key: lock,
            fingerprint: key.seal(&about_fingerprint(), fingerprint.bytes()),
            secrets: Vec::new(),
        }
    }
}

impl Entry {
    fn seal(name: Name<'_>, text: &Secret, key: &Key) -> Self {
        let set = clock::now_text();
        let about = about(name.name, name.environment, &set);
        Self {
            name: name.name.to_owned(),
            environment: name.environment.map(str::to_owned),
            set,
            sealed: key.seal(&about, text.reveal().as_bytes()),
        }
    }

    fn is(&self, name: Name<'_>) -> bool {
        self.name == name.name && self.environment.as_deref() == name.environment
    }

    fn listed(self) -> Listed {
        Listed {
            name: self.name,
            environment: self.environment,
            set: self.set,
        }
    }
}

impl Opened {
    /// The secret of this name for the environment, else the one for all.
    pub(super) fn text(
        &self,
        name: &str,
        environment: &str,
    ) -> Result<Option<Secret>, SecretError> {
        let Some(entry) = find(&self.secrets, name, environment) else {
            return Ok(None);
        };
        let about = about(&entry.name, entry.environment.as_deref(), &entry.set);
        let opened = self.key.open(&about, &entry.sealed);
        let text = opened.and_then(|bytes| Some(Secret::new(std::str::from_utf8(&bytes).ok()?)));
        text.map(Some).ok_or_else(|| SecretError::Changed {
            file: self.path.clone(),
            name: name.to_owned(),
        })
    }

    /// The key of the fingerprints.
    pub(super) fn fingerprint_key(&self) -> &Key {
        &self.fingerprint
    }
}

/// The entry for the environment, else the one for all.
fn find<'a>(secrets: &'a [Entry], name: &str, environment: &str) -> Option<&'a Entry> {
    let of = |environment| {
        secrets
            .iter()
            .find(move |entry| entry.is(Name { name, environment }))
    };
    of(Some(environment)).or_else(|| of(None))
}

/// What a sealed secret is bound to, so that entries cannot be exchanged or dated back.
fn about(name: &str, environment: Option<&str>, set: &str) -> Vec<u8> {
    serde_json::json!(["secret", VERSION, name, environment, set])
        .to_string()
        .into_bytes()
}

fn about_fingerprint() -> Vec<u8> {
    serde_json::json!(["fingerprint", VERSION])
        .to_string()
        .into_bytes()
}

/// Refuses what cannot be a secret's name.
pub fn check_name(name: &str) -> Result<(), SecretError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    if name.len() <= LONGEST_NAME && name.starts_with(begins) && name.chars().all(legal) {
        Ok(())
    } else {
        Err(SecretError::Name(name.to_owned()))
    }
}
