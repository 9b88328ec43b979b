//! Which names buckets and objects may have.

/// 3 to 63 lower-case letters, digits and hyphens, no hyphen at either end.
pub(in crate::oss) fn is_bucket_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// 1 to 1023 bytes that do not start with a slash or backslash. NUL is refused too: no reply could carry it in XML.
pub(in crate::oss) fn is_object_name(name: &str) -> bool {
    (1..=1023).contains(&name.len()) && !name.starts_with(['/', '\\']) && !name.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_the_rules() {
        for good in ["abc", "a-1", "000", &"a".repeat(63)] {
            assert!(is_bucket_name(good), "{good}");
        }
        for bad in [
            "ab",
            "",
            "Abc",
            "a_b",
            "-ab",
            "ab-",
            "a.b",
            "..",
            "a/b",
            &"a".repeat(64),
        ] {
            assert!(!is_bucket_name(bad), "{bad}");
        }
    }

    #[test]
    fn object_names_follow_the_rules() {
        for good in [
            "a",
            "../../etc/passwd",
            "a//b",
            ".",
            "ü/中",
            &"a".repeat(1023),
        ] {
            assert!(is_object_name(good), "{good}");
        }
        for bad in ["", "/a", "\\a", "a\0b", &"a".repeat(1024)] {
            assert!(!is_object_name(bad), "{bad:?}");
        }
    }
}
