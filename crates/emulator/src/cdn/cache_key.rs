//! What tells cached objects apart: domain, path and the query arguments that count; pure.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quick_cache::Equivalent;

use super::rule::{KeyArguments, KeyChoice};

/// The key under which a visitor's target is cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) domain: Arc<str>,
    /// Path and query, normal.
    pub(super) target: Box<str>,
}

/// A [`Key`] that owns nothing, to look one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyRef<'a> {
    pub(super) domain: &'a str,
    pub(super) target: &'a str,
}

impl Key {
    pub(super) fn as_ref(&self) -> KeyRef<'_> {
        KeyRef {
            domain: &self.domain,
            target: &self.target,
        }
    }
}

impl KeyRef<'_> {
    pub(super) fn to_key(self) -> Key {
        Key {
            domain: self.domain.into(),
            target: self.target.into(),
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.domain.hash(state);
        self.target.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.as_ref()
    }
}

/// The target as it is cached: escapes in one form, and of the query only what counts.
pub(super) fn target<'a>(sent: &'a str, arguments: Option<&KeyArguments>) -> Cow<'a, str> {
    let normal = normal(sent);
    match arguments {
        Some(KeyArguments { choice, .. }) => Cow::Owned(choose(&normal, choice)),
        None => normal,
    }
}

/// The target as the origin sees it.
pub(super) fn origin_target<'a>(sent: &'a str, arguments: Option<&KeyArguments>) -> Cow<'a, str> {
    match arguments {
        Some(arguments) if !arguments.origin_sees_all => {
            Cow::Owned(choose(sent, &arguments.choice))
        }
        _ => Cow::Borrowed(sent),
    }
}

/// Unreserved characters unescaped, other escapes in upper case, bytes that no target may hold escaped.
pub(super) fn normal(sent: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    if sent.bytes().all(is_plain) {
        return Cow::Borrowed(sent);
    }
    let mut text = String::with_capacity(sent.len() + 8);
    let mut rest = sent.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, escaped, after) = match rest {
            [b'%', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let byte = hex(*high) << 4 | hex(*low);
                (byte, !is_unreserved(byte), after)
            }
            _ => (*first, !is_plain(*first), after),
        };
        if escaped {
            push_escaped(&mut text, byte);
        } else {
            text.push(char::from(byte));
        }
        rest = after;
    }
    Cow::Owned(text)
}

fn push_escaped(text: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(HEX[usize::from(byte >> 4)]));
    text.push(char::from(HEX[usize::from(byte & 15)]));
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

fn choose(target: &str, choice: &KeyChoice) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let counts = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        match choice {
            KeyChoice::Only(kept) => kept.iter().any(|known| known == name),
            KeyChoice::AllBut(removed) => !removed.iter().any(|known| known == name),
        }
    };
    let pairs: Vec<&str> = query.split('&').filter(counts).collect();
    if pairs.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_have_one_form() {
        assert_eq!(normal("/a%7eb%2fc%e4?x=%41"), "/a~b%2Fc%E4?x=A");
        assert_eq!(normal("/a b\u{e9}%"), "/a%20b%C3%A9%25");
        assert!(matches!(normal("/a/b?c=d"), Cow::Borrowed(_)));
    }

    #[test]
    fn only_the_arguments_that_count_are_in_the_key() {
        let arguments = |choice| KeyArguments {
            choice,
            origin_sees_all: false,
        };
        let only = arguments(KeyChoice::Only(vec!["v".to_owned()]));
        assert_eq!(target("/a?x=1&v=2", Some(&only)), "/a?v=2");
        assert_eq!(target("/a?x=1", Some(&only)), "/a");
        assert_eq!(origin_target("/a?x=1&v=2", Some(&only)), "/a?v=2");
        let but = arguments(KeyChoice::AllBut(vec!["x".to_owned()]));
        assert_eq!(target("/a?x=1&v=2", Some(&but)), "/a?v=2");
        let all = KeyArguments {
            origin_sees_all: true,
            ..only
        };
        assert_eq!(origin_target("/a?x=1", Some(&all)), "/a?x=1");
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(sent in ".*") {
            let once = normal(&sent).into_owned();
            prop_assert_eq!(normal(&once).into_owned(), once.clone());
        }
    }
}
