//! Serverless Devs' own alias file, `~/.s/access.yaml`, read as it is.
//!
//! Its values are AES-256-CBC texts in OpenSSL's salted form, all under one passphrase that is public in that tool;
//! the key comes from the passphrase by MD5 rounds (OpenSSL's `EVP_BytesToKey`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use aes::Aes256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use md5::{Digest, Md5};

use super::Secret;
use super::access::{Credential, CredentialError};
use crate::sys::{env, fs};

const PASSPHRASE: &[u8] = b"SecretKey123";

type Aliases = BTreeMap<String, BTreeMap<String, serde_yaml::Value>>;

/// The named alias; without a name the one marked `__default`, else `default`.
pub(super) fn find(alias: Option<&str>) -> Result<Option<Credential>, CredentialError> {
    let (path, all) = load()?;
    let marked = || {
        let is_default = |fields: &BTreeMap<String, serde_yaml::Value>| {
            field(fields, "__default").as_deref() == Some("true")
        };
        all.iter()
            .find(|(_, fields)| is_default(fields))
            .map(|(name, _)| name.clone())
    };
    let name = match alias {
        Some(name) => name.to_owned(),
        None => marked().unwrap_or_else(|| "default".to_owned()),
    };
    let Some(fields) = all.get(&name) else {
        return Ok(None);
    };
    let missing = |what: &str| CredentialError::File {
        path: path.clone(),
        why: format!("alias `{name}` has no readable {what}"),
    };
    Ok(Some(Credential {
        account_id: field(fields, "AccountID"),
        key_id: field(fields, "AccessKeyID").ok_or_else(|| missing("AccessKeyID"))?,
        key_secret: Secret::new(
            field(fields, "AccessKeySecret").ok_or_else(|| missing("AccessKeySecret"))?,
        ),
        security_token: field(fields, "SecurityToken")
            .filter(|t| !t.is_empty())
            .map(Secret::new),
        region: env::var(env::REGION),
        alias: name.clone(),
    }))
}

/// The names in the file.
pub(super) fn names() -> Result<Vec<String>, CredentialError> {
    Ok(load()?.1.into_keys().collect())
}

fn load() -> Result<(PathBuf, Aliases), CredentialError> {
    let home = env::var(env::S_HOME).map_or_else(env::user_home, PathBuf::from);
    for name in ["access.yaml", "access.yml"] {
        let path = home.join(".s").join(name);
        if let Some(text) = fs::read_text(&path)? {
            let all: Option<Aliases> =
                serde_yaml::from_str(&text).map_err(|_| CredentialError::File {
                    path: path.clone(),
                    why: "not a list of aliases".to_owned(),
                })?;
            return Ok((path, all.unwrap_or_default()));
        }
    }
    Ok((home.join(".s/access.yaml"), Aliases::new()))
}

fn field(fields: &BTreeMap<String, serde_yaml::Value>, name: &str) -> Option<String> {
    let text = match fields.get(name)? {
        serde_yaml::Value::String(text) => text.clone(),
        serde_yaml::Value::Bool(flag) => return Some(flag.to_string()),
        serde_yaml::Value::Number(number) => return Some(number.to_string()),
        _ => return None,
    };
    // Old versions of that tool stored plain text.
    Some(decrypt(&text).unwrap_or(text))
}

fn decrypt(text: &str) -> Option<String> {
    let raw = STANDARD.decode(text).ok()?;
    let rest = raw.strip_prefix(b"Salted__")?;
    let (salt, cipher) = rest.split_at_checked(8)?;
    let (key, iv) = derive(salt);
    let plain = cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into())
        .decrypt_padded_vec::<Pkcs7>(cipher)
        .ok()?;
    String::from_utf8(plain).ok()
}

fn derive(salt: &[u8]) -> ([u8; 32], [u8; 16]) {
    let mut stream = Vec::with_capacity(48);
    let mut block: Vec<u8> = Vec::new();
    while stream.len() < 48 {
        block = Md5::new()
            .chain_update(&block)
            .chain_update(PASSPHRASE)
            .chain_update(salt)
            .finalize()
            .to_vec();
        stream.extend_from_slice(&block);
    }
    let (mut key, mut iv) = ([0; 32], [0; 16]);
    key.copy_from_slice(&stream[..32]);
    iv.copy_from_slice(&stream[32..48]);
    (key, iv)
}

#[cfg(test)]
mod tests {
    use super::decrypt;

    #[test]
    fn openssl_salted_text_is_read() {
        // Made with `openssl enc -aes-256-cbc -md md5 -pass pass:SecretKey123`.
        let text = "U2FsdGVkX18BAgMEBQYHCMTnuoTzcApUjIYYnnQfG5KFetqjEvFFcAE5xbzKmrf9";
        assert_eq!(decrypt(text).as_deref(), Some("LTAIfakefakefake"));
        assert_eq!(decrypt("not encrypted"), None);
    }
}
