//! How a bucket may be named.

/// The rule that a bucket's name breaks, if it breaks one
/// (<https://www.alibabacloud.com/help/en/oss/user-guide/bucket-naming-conventions>).
pub fn broken_bucket_rule(name: &str) -> Option<&'static str> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(3..=63).contains(&name.len()) {
        Some("a bucket name has 3 to 63 characters")
    } else if !name.chars().all(legal) {
        Some("a bucket name holds only lower-case letters, digits and hyphens")
    } else if name.starts_with('-') || name.ends_with('-') {
        Some("a bucket name starts and ends with a letter or digit")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_named() {
        for bad in [
            "ab",
            "Upper",
            "under_score",
            "-start",
            "end-",
            "dots.are.out",
        ] {
            assert!(broken_bucket_rule(bad).is_some(), "{bad}");
        }
        assert!(broken_bucket_rule(&"x".repeat(64)).is_some());
        assert_eq!(broken_bucket_rule("my-bucket-1"), None);
    }
}
