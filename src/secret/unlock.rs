//! The key of the stored secrets: a file beside them, or made of a passphrase.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::seal::{KEY_SIZE, Key};
use super::{Secret, SecretError};
use crate::sys::{env, fs, random};

/// What a passphrase costs to try: 64 MiB and three passes, the second choice of RFC 9106, one lane.
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// More than this is refused, because nobody but a stranger would have written it.
const MOST: (u32, u32, u32) = (1024 * 1024, 32, 16);

const SALT_SIZE: usize = 16;

/// Why a passphrase is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To open what is stored.
    Existing,
    /// To be chosen.
    New,
}

/// Asks a person for the passphrase; `None`: there is nobody.
pub type Asking<'a> = &'a dyn Fn(Ask) -> Option<Secret>;

/// How the stored secrets are opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by", deny_unknown_fields)]
pub(super) enum Lock {
    /// By a file beside them.
    KeyFile,
    /// By a passphrase, through Argon2id.
    Passphrase {
        /// KiB.
        memory: u32,
        passes: u32,
        lanes: u32,
        /// In base64.
        salt: String,
    },
}

impl Lock {
    /// A lock for a new passphrase.
    pub(super) fn for_passphrase() -> Self {
        let mut salt = [0; SALT_SIZE];
        random::fill(&mut salt);
        Self::Passphrase {
            memory: MEMORY,
            passes: PASSES,
            lanes: LANES,
            salt: STANDARD.encode(salt),
        }
    }

    /// The key of the secrets in `file`. A passphrase comes from its variable, or whoever can be asked.
    pub(super) fn key(&self, file: &Path, (ask, why): (Asking, Ask)) -> Result<Key, SecretError> {
        match self {
            Self::KeyFile => key_in_file(file)?.ok_or_else(|| SecretError::NoKey {
                key: key_path(file),
                file: file.to_owned(),
            }),
            Self::Passphrase { .. } => {
                let given = env::var(env::PASSPHRASE).map(Secret::new);
                let passphrase = given
                    .or_else(|| ask(why))
                    .ok_or_else(|| SecretError::NoPassphrase(file.to_owned()))?;
                self.derive(&passphrase, file)
            }
        }
    }

    /// The error for a key that does not fit.
    pub(super) fn misfit(&self, file: &Path) -> SecretError {
        match self {
            Self::KeyFile => SecretError::WrongKey {
                key: key_path(file),
                file: file.to_owned(),
            },
            Self::Passphrase { .. } => SecretError::WrongPassphrase(file.to_owned()),
        }
    }

    fn derive(&self, passphrase: &Secret, file: &Path) -> Result<Key, SecretError> {
        let Self::Passphrase {
            memory,
            passes,
            lanes,
            salt,
        } = self
        else {
            return Err(SecretError::OpenedByKey(file.to_owned()));
        };
        let wrong = || SecretError::file(file, "the settings of its passphrase are no usable ones");
        if *memory > MOST.0 || *passes > MOST.1 || *lanes > MOST.2 {
            return Err(wrong());
        }
        let params = Params::new(*memory, *passes, *lanes, Some(KEY_SIZE)).map_err(|_| wrong())?;
        let salt = STANDARD.decode(salt).map_err(|_| wrong())?;
        let mut key = Key::zero();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.reveal().as_bytes(), &salt, key.bytes_mut())
            .map_err(|_| wrong())?;
        Ok(key)
    }
}

/// The key file of the secrets in `file`.
pub(super) fn key_path(file: &Path) -> PathBuf {
    file.with_extension("key")
}

/// The key beside the secrets, if there is one. One that others can read is refused.
pub(super) fn key_in_file(file: &Path) -> Result<Option<Key>, SecretError> {
    let path = key_path(file);
    let Some(found) = read(&path)? else {
        return Ok(None);
    };
    if found.mode & 0o077 != 0 {
        return Err(SecretError::Exposed {
            path,
            mode: found.mode,
        });
    }
    let key = unhex(found.text.trim()).and_then(|bytes| Key::of(&bytes));
    key.map(Some)
        .ok_or_else(|| SecretError::file(&path, "this is no key: a key is 64 hexadecimal digits"))
}

/// Writes a key beside the secrets, for the owner alone.
pub(super) fn write_key(file: &Path, key: &Key) -> Result<(), SecretError> {
    let text = Zeroizing::new(format!("{}\n", wire::digest::hex_lower(key.bytes())));
    fs::write_atomic(&key_path(file), text.as_bytes(), fs::Readers::Owner)?;
    Ok(())
}

/// A file of ours: no link, no device, of a moderate size.
pub(super) fn read(path: &Path) -> Result<Option<fs::Guarded>, SecretError> {
    match fs::read_guarded(path) {
        Err(fs::Unguarded::Machine(error)) => Err(error.into()),
        Err(fs::Unguarded::Odd(why)) => Err(SecretError::file(path, why)),
        Ok(found) => Ok(found),
    }
}

fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16);
    let bytes: Result<Vec<u8>, _> = (0..text.len()).step_by(2).map(digits).collect();
    bytes.ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lock that is quick to try.
    pub(in crate::secret) fn quick() -> Lock {
        Lock::Passphrase {
            memory: 8,
            passes: 1,
            lanes: 1,
            salt: STANDARD.encode([7; 16]),
        }
    }

    fn derive(lock: &Lock, passphrase: &str) -> Result<Key, SecretError> {
        lock.derive(&Secret::new(passphrase), Path::new("secrets.json"))
    }

    #[test]
    fn a_passphrase_and_its_salt_make_the_key() {
        let key = derive(&quick(), "correct horse").ok().unwrap();
        assert!(derive(&quick(), "correct horse").ok().unwrap() == key);
        assert!(derive(&quick(), "correct hors").ok().unwrap() != key);
        let Lock::Passphrase { salt: one, .. } = Lock::for_passphrase() else {
            panic!("a passphrase")
        };
        let Lock::Passphrase { salt: two, .. } = Lock::for_passphrase() else {
            panic!("a passphrase")
        };
        assert_ne!(one, two);
    }

    #[test]
    fn settings_that_would_take_the_machine_are_refused() {
        let with = |memory, passes, lanes, salt: &str| Lock::Passphrase {
            memory,
            passes,
            lanes,
            salt: salt.to_owned(),
        };
        for lock in [
            with(u32::MAX, 1, 1, "AAAAAAAAAAAAAAAAAAAAAA=="),
            with(8, u32::MAX, 1, "AAAAAAAAAAAAAAAAAAAAAA=="),
            with(8, 1, 0, "AAAAAAAAAAAAAAAAAAAAAA=="),
            with(8, 1, 1, "short"),
            with(8, 1, 1, "!"),
        ] {
            assert!(matches!(derive(&lock, "x"), Err(SecretError::File { .. })));
        }
    }

    #[test]
    fn keys_are_hexadecimal() {
        assert_eq!(unhex("00ff").unwrap().as_slice(), [0, 255]);
        for bad in ["0", "0g", "é", "+1"] {
            assert!(unhex(bad).is_none(), "{bad}");
        }
    }
}
