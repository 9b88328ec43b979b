//! Conditional requests: whether the client wants the object as it is now.

/// The four conditions of a request.
#[derive(Clone, Debug, Default)]
pub(in crate::oss) struct Conditions {
    pub(in crate::oss) matches: Option<String>,
    pub(in crate::oss) none_match: Option<String>,
    /// Seconds of Unix time.
    pub(in crate::oss) modified_since: Option<i64>,
    /// Seconds of Unix time.
    pub(in crate::oss) unmodified_since: Option<i64>,
}

/// What the conditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Verdict {
    Proceed,
    NotModified,
    /// The named condition does not hold.
    Failed(&'static str),
}

impl Conditions {
    /// Judges an object by its `ETag` (without quotes) and the second it was last modified in; tags beat times.
    pub(in crate::oss) fn judge(&self, etag: &str, modified: i64) -> Verdict {
        match (&self.matches, self.unmodified_since) {
            (Some(tags), _) if !names(tags, etag) => return Verdict::Failed("If-Match"),
            (None, Some(time)) if modified > time => return Verdict::Failed("If-Unmodified-Since"),
            _ => {}
        }
        match (&self.none_match, self.modified_since) {
            (Some(tags), _) if names(tags, etag) => Verdict::NotModified,
            (None, Some(time)) if modified <= time => Verdict::NotModified,
            _ => Verdict::Proceed,
        }
    }
}

fn names(tags: &str, etag: &str) -> bool {
    tags.split(',')
        .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|tag| tag == "*" || tag == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(matches: Option<&str>, none_match: Option<&str>) -> Conditions {
        Conditions {
            matches: matches.map(str::to_owned),
            none_match: none_match.map(str::to_owned),
            ..Conditions::default()
        }
    }

    #[test]
    fn tags_are_compared_without_quotes_and_in_lists() {
        assert_eq!(tags(Some("\"A\""), None).judge("A", 0), Verdict::Proceed);
        assert_eq!(
            tags(Some("\"B\""), None).judge("A", 0),
            Verdict::Failed("If-Match")
        );
        assert_eq!(
            tags(None, Some("\"B\", W/\"A\"")).judge("A", 0),
            Verdict::NotModified
        );
        assert_eq!(tags(None, Some("*")).judge("A", 0), Verdict::NotModified);
        assert_eq!(tags(None, Some("B")).judge("A", 0), Verdict::Proceed);
    }

    #[test]
    fn times_count_only_without_tags() {
        let mut conditions = Conditions {
            modified_since: Some(10),
            ..Conditions::default()
        };
        assert_eq!(conditions.judge("A", 10), Verdict::NotModified);
        assert_eq!(conditions.judge("A", 11), Verdict::Proceed);
        conditions.none_match = Some("B".to_owned());
        assert_eq!(conditions.judge("A", 10), Verdict::Proceed);
        let conditions = Conditions {
            unmodified_since: Some(10),
            ..Conditions::default()
        };
        assert_eq!(
            conditions.judge("A", 11),
            Verdict::Failed("If-Unmodified-Since")
        );
        assert_eq!(conditions.judge("A", 10), Verdict::Proceed);
    }
}
