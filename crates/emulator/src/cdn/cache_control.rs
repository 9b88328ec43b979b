//! The `Cache-Control` directives that decide what a shared cache may keep; pure.

use http::{HeaderMap, header};

/// What an answer's `Cache-Control` says to a shared cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Directives {
    /// `no-store` or `private`; a `private` that names only some fields counts too, which is always safe.
    pub(super) forbidden: bool,
    /// `no-cache`.
    pub(super) no_cache: bool,
    /// `public` or `must-revalidate`: answers to credentials may be shared.
    pub(super) shared: bool,
    /// Seconds; a value that is no number counts as 0.
    pub(super) max_age: Option<u64>,
    /// Seconds; a value that is no number counts as 0.
    pub(super) s_maxage: Option<u64>,
}

impl Directives {
    /// Reads every `Cache-Control` field; of a repeated age the smallest counts.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        for value in headers.get_all(header::CACHE_CONTROL) {
            for directive in split(&String::from_utf8_lossy(value.as_bytes())) {
                found.note(directive);
            }
        }
        found
    }

    /// The lifetime that is meant for shared caches, in seconds.
    pub(super) fn lifetime(&self) -> Option<u64> {
        self.s_maxage.or(self.max_age)
    }

    fn note(&mut self, directive: &str) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "private" => self.forbidden = true,
            "no-cache" => self.no_cache = true,
            "public" | "must-revalidate" => self.shared = true,
            "max-age" => note_age(&mut self.max_age, value),
            "s-maxage" => note_age(&mut self.s_maxage, value),
            _ => {}
        }
    }
}

fn note_age(age: &mut Option<u64>, value: &str) {
    let value = value.trim().trim_matches('"');
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if digits {
        value.parse().unwrap_or(u64::from(u32::MAX))
    } else {
        0
    };
    *age = Some(age.map_or(seconds, |known| known.min(seconds)));
}

/// The directives of one field: split at commas outside quotes.
fn split(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value
        .split(move |letter: char| {
            quoted ^= letter == '"';
            letter == ',' && !quoted
        })
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(value: &str) -> Directives {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_str(value).unwrap());
        Directives::read(&headers)
    }

    #[test]
    fn directives_are_read_in_any_case_and_quotes_hide_commas() {
        let found = read("Public, MAX-AGE=\"60\", no-cache=\"a, no-store\"");
        assert!(found.shared && found.no_cache && !found.forbidden);
        assert!(read("PRIVATE").forbidden && read("x, no-store").forbidden);
        assert_eq!(found.max_age, Some(60));
    }

    #[test]
    fn shared_caches_prefer_their_own_age() {
        assert_eq!(read("max-age=1, s-maxage=2").lifetime(), Some(2));
        assert_eq!(read("max-age=1").lifetime(), Some(1));
        assert_eq!(read("public").lifetime(), None);
    }

    #[test]
    fn ages_that_are_no_numbers_are_zero_and_the_smallest_counts() {
        assert_eq!(read("max-age=-5").max_age, Some(0));
        assert_eq!(read("max-age=1.5").max_age, Some(0));
        assert_eq!(read("max-age=9, max-age=3").max_age, Some(3));
        assert_eq!(
            read("max-age=99999999999999999999").max_age,
            Some(u64::from(u32::MAX))
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics(value in "[ -~]*") {
            let _ = read(&value);
        }
    }
}
