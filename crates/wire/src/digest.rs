//! Digests in the spellings that the dialects use.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// MD5 in upper-case hex, as in an `ETag` of the object storage (without its quotes).
pub fn md5_hex_upper(bytes: &[u8]) -> String {
    hex_upper(&Md5::digest(bytes))
}

/// MD5 in base64, as in `Content-MD5`.
pub fn md5_base64(bytes: &[u8]) -> String {
    base64(&Md5::digest(bytes))
}

/// Base64 of any bytes, with padding.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex_lower(&Sha256::digest(bytes))
}

/// Lower-case hex of any bytes.
pub fn hex_lower(bytes: &[u8]) -> String {
    let start = String::with_capacity(bytes.len() * 2);
    bytes.iter().fold(start, |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Upper-case hex of any bytes.
pub fn hex_upper(bytes: &[u8]) -> String {
    hex_lower(bytes).to_ascii_uppercase()
}

/// Whether two texts are equal, in a time that does not depend on where they differ.
pub fn equal_in_constant_time(left: &str, right: &str) -> bool {
    let pairs = left.bytes().zip(right.bytes());
    let difference = pairs.fold(0_u8, |difference, (left, right)| {
        difference | (left ^ right)
    });
    left.len() == right.len() && std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_a_known_text() {
        assert_eq!(md5_hex_upper(b"hello"), "5D41402ABC4B2A76B9719D911017C592");
        assert_eq!(md5_base64(b"hello"), "XUFAKrxLKna5cZ2REBfFkg==");
        let sha = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(sha256_hex(b"hello"), sha);
    }

    #[test]
    fn comparing_finds_a_difference_anywhere() {
        assert!(equal_in_constant_time("abc", "abc"));
        for other in ["abd", "bbc", "ab", "abcd", ""] {
            assert!(!equal_in_constant_time("abc", other), "{other}");
        }
    }
}
