//! Encryption with authentication: AES-256-GCM, a fresh nonce for each text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::sys::random;

/// Bytes of a key.
pub(super) const KEY_SIZE: usize = 32;

/// A key, wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key(Zeroizing<[u8; KEY_SIZE]>);

/// An encrypted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    nonce: String,
    text: String,
}

impl Key {
    /// A key from chance.
    pub(super) fn random() -> Self {
        let mut key = Self::zero();
        random::fill(&mut *key.0);
        key
    }

    /// A key to be filled.
    pub(super) fn zero() -> Self {
        Self(Zeroizing::new([0; KEY_SIZE]))
    }

    /// A key of exactly these bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::zero();
        if bytes.len() != KEY_SIZE {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_SIZE] {
        &self.0
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8; KEY_SIZE] {
        &mut self.0
    }

    /// Encrypts a text. It opens only with the same `about`.
    pub(super) fn seal(&self, about: &[u8], text: &[u8]) -> Sealed {
        let mut nonce = [0; NONCE_LEN];
        random::fill(&mut nonce);
        let mut bytes = Vec::with_capacity(text.len() + AES_256_GCM.tag_len());
        bytes.extend_from_slice(text);
        self.cipher()
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about),
                &mut bytes,
            )
            .expect("a text of a few kilobytes can be encrypted");
        Sealed {
            nonce: STANDARD.encode(nonce),
            text: STANDARD.encode(bytes),
        }
    }

    /// The text, if it was sealed by this key with this `about` and nothing of it was changed.
    pub(super) fn open(&self, about: &[u8], sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
        let nonce = STANDARD.decode(&sealed.nonce).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
        let mut bytes = Zeroizing::new(STANDARD.decode(&sealed.text).ok()?);
        let opened = self
            .cipher()
            .open_in_place(nonce, Aad::from(about), &mut bytes);
        let size = opened.ok()?.len();
        bytes.truncate(size);
        Some(bytes)
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, &*self.0);
        LessSafeKey::new(key.expect("the key has the cipher's size"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_with_the_same_key_and_place_only(text in "\\PC{0,40}", about in "[a-z]{0,8}", other in "[a-z]{0,8}") {
            let key = Key::random();
            let sealed = key.seal(about.as_bytes(), text.as_bytes());
            let opened = key.open(about.as_bytes(), &sealed).unwrap();
            prop_assert_eq!(&*opened, text.as_bytes());
            prop_assert_eq!(key.open(other.as_bytes(), &sealed).is_some(), about == other);
            prop_assert!(Key::random().open(about.as_bytes(), &sealed).is_none());
        }

        #[test]
        fn a_changed_bit_is_noticed(at in 0_usize..400, bit in 0_u8..8) {
            let key = Key::random();
            let mut sealed = key.seal(b"", b"text");
            let field = if at % 2 == 0 { &mut sealed.nonce } else { &mut sealed.text };
            let mut bytes = STANDARD.decode(&*field).unwrap();
            let place = at / 2 % bytes.len();
            bytes[place] ^= 1 << bit;
            *field = STANDARD.encode(bytes);
            prop_assert!(key.open(b"", &sealed).is_none());
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same() {
        let key = Key::random();
        assert_ne!(key.seal(b"", b"text"), key.seal(b"", b"text"));
        for broken in ["", "!", "AAAA"] {
            let sealed = Sealed {
                nonce: broken.to_owned(),
                text: broken.to_owned(),
            };
            assert!(key.open(b"", &sealed).is_none());
        }
    }
}
