//! `file:` addresses and paths.

use std::path::{Path, PathBuf};

/// The path of a `file:` address.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let start = rest.find('/')?;
    Some(PathBuf::from(decode(&rest[start..])))
}

/// The `file:` address of an absolute path.
pub(super) fn of(path: &Path) -> String {
    let spelled = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let path: String = path.to_string_lossy().bytes().map(spelled).collect();
    format!("file://{path}")
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (b'%', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_are_each_others() {
        let written = "/a b/é%/s.yaml";
        assert_eq!(of(Path::new(written)), "file:///a%20b/%C3%A9%25/s.yaml");
        assert_eq!(path(&of(Path::new(written))).unwrap(), Path::new(written));
        assert_eq!(path("file:///a%2").unwrap(), Path::new("/a%2"));
        assert_eq!(path("untitled:1"), None);
    }
}
