//! Percent encodings as the dialects need them, for paths, queries and forms.

/// Encodes everything but letters, digits and `-_.~`, as RFC 3986 has it; upper-case hex.
pub fn strict(text: &str) -> String {
    encode(text, b"")
}

/// Like [`strict`], but keeps `/`.
pub fn path(text: &str) -> String {
    encode(text, b"/")
}

/// Decodes `%xx` in a path; `+` stays. `None` when the bytes are not UTF-8. A `%` without two hex digits stays as it is.
pub fn decode(text: &str) -> Option<String> {
    String::from_utf8(decode_bytes(text, false)).ok()
}

/// Decodes one name or value of a query or form: `%xx`, and `+` as space. Bytes that are not UTF-8 become U+FFFD.
pub fn decode_form(text: &str) -> String {
    match String::from_utf8(decode_bytes(text, true)) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// The decoded pairs of a query or form, in order; a name without `=` has an empty value.
pub fn parse_form(text: &str) -> Vec<(String, String)> {
    let pairs = parse_query(text).into_iter();
    pairs
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect()
}

/// The decoded pairs of a query, in order; a name without `=` has no value.
pub fn parse_query(text: &str) -> Vec<(String, Option<String>)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => (decode_form(name), Some(decode_form(value))),
            None => (decode_form(pair), None),
        })
        .collect()
}

fn encode(text: &str, kept: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len() + 8);
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    encoded
}

fn decode_bytes(text: &str, plus_is_space: bool) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = match bytes[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)),
            _ => None,
        };
        let (byte, length) = match (escaped, bytes[at]) {
            (Some((high, low)), _) => (high << 4 | low, 3),
            (None, b'+') if plus_is_space => (b' ', 1),
            (None, byte) => (byte, 1),
        };
        decoded.push(byte);
        at += length;
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodings_differ_in_the_slash_only() {
        assert_eq!(strict("a b/c~*'é"), "a%20b%2Fc~%2A%27%C3%A9");
        assert_eq!(path("a b/c~*'é"), "a%20b/c~%2A%27%C3%A9");
    }

    #[test]
    fn decoding_takes_plus_and_broken_escapes_as_clients_mean_them() {
        assert_eq!(
            decode("a+b%20%2e%2E/%zz%4"),
            Some("a+b ../%zz%4".to_owned())
        );
        assert_eq!(decode("%ff"), None);
        assert_eq!(decode_form("a+b%2B"), "a b+");
    }

    #[test]
    fn a_query_keeps_order_and_the_difference_between_no_value_and_an_empty_one() {
        let some = |text: &str| Some(text.to_owned());
        let expected = vec![
            ("acl".to_owned(), None),
            ("b".to_owned(), some("")),
            ("a".to_owned(), some("x=y")),
        ];
        assert_eq!(parse_query("acl&b=&&a=x%3Dy"), expected);
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_itself(text in ".*") {
            prop_assert_eq!(decode(&strict(&text)), Some(text.clone()));
            prop_assert_eq!(decode(&path(&text)), Some(text.clone()));
            prop_assert_eq!(decode_form(&strict(&text)), text);
        }
    }
}
