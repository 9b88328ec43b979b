//! One cached answer, with everything of its reply that does not change made beforehand.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// A whole answer of the origin.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) status: StatusCode,
    /// As the visitor gets them, but for `Age` and `X-Cache`.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The cloud's time when the origin gave or confirmed it, milliseconds.
    stored_ms: i64,
    /// Seconds that it had spent in other caches by then.
    initial_age: u64,
    /// Until when it may be served without asking, milliseconds.
    fresh_until_ms: i64,
    /// Set by a refresh.
    expired: AtomicBool,
    /// The request's fields that it was chosen by.
    chosen_by: Vec<(HeaderName, Option<HeaderValue>)>,
}

/// When an answer came and how long it is good for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    pub(super) now_ms: i64,
    pub(super) initial_age: u64,
    pub(super) fresh_s: u64,
}

impl Entry {
    /// Keeps an answer with the headers that visitors get; `request` are those of the visitor it was fetched for.
    pub(super) fn new(
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        request: &HeaderMap,
        lifetime: Lifetime,
    ) -> Self {
        let chosen_by = headers
            .get_all(header::VARY)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse::<HeaderName>().ok())
            .map(|name| {
                let value = one(request, &name);
                (name, value)
            })
            .collect();
        let fresh_ms = i64::try_from(lifetime.fresh_s).unwrap_or(i64::MAX / 2000) * 1000;
        Self {
            status,
            headers,
            body,
            stored_ms: lifetime.now_ms,
            initial_age: lifetime.initial_age,
            fresh_until_ms: lifetime.now_ms.saturating_add(fresh_ms),
            expired: AtomicBool::new(false),
            chosen_by,
        }
    }

    /// The same content, confirmed by the origin with a 304 that carried `news`.
    pub(super) fn confirmed(&self, headers: HeaderMap, lifetime: Lifetime) -> Self {
        let mut entry = Self::new(
            self.status,
            headers,
            self.body.clone(),
            &HeaderMap::new(),
            lifetime,
        );
        entry.chosen_by.clone_from(&self.chosen_by);
        entry
    }

    /// Whether it may be served without asking the origin.
    pub(super) fn is_fresh(&self, now_ms: i64) -> bool {
        now_ms < self.fresh_until_ms && !self.expired.load(Ordering::Relaxed)
    }

    /// Makes the next visitor ask the origin.
    pub(super) fn expire(&self) {
        self.expired.store(true, Ordering::Relaxed);
    }

    /// Its `Age` in seconds.
    pub(super) fn age(&self, now_ms: i64) -> u64 {
        let here = u64::try_from(now_ms.saturating_sub(self.stored_ms)).unwrap_or(0) / 1000;
        self.initial_age + here
    }

    /// Whether it answers a request with these headers.
    pub(super) fn answers(&self, request: &HeaderMap) -> bool {
        self.chosen_by
            .iter()
            .all(|(name, value)| one(request, name) == *value)
    }

    /// Whether it was chosen by the same fields with the same values as another.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        self.chosen_by == other.chosen_by
    }

    /// The fields with which the origin is asked whether it is still good.
    pub(super) fn ask_whether_good(&self, request: &mut HeaderMap) {
        if let Some(tag) = self.headers.get(header::ETAG) {
            request.insert(header::IF_NONE_MATCH, tag.clone());
        }
        if let Some(changed) = self.headers.get(header::LAST_MODIFIED) {
            request.insert(header::IF_MODIFIED_SINCE, changed.clone());
        }
    }

    /// Bytes of memory, about.
    pub(super) fn weight(&self) -> u64 {
        let fields: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 64)
            .sum();
        (self.body.len() + fields + 512) as u64
    }
}

/// The cloud's time as the standard library has it.
pub(super) fn system_time(now_ms: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or(0))
}

/// A request's field as one value; repetitions are joined, and spaces at the ends do not count.
fn one(request: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let mut values = request.get_all(name).iter();
    let first = values.next()?;
    let rest: Vec<&HeaderValue> = values.collect();
    if rest.is_empty() {
        return Some(first.clone());
    }
    let mut joined = first.as_bytes().to_vec();
    for value in rest {
        joined.extend(b", ");
        joined.extend(value.as_bytes());
    }
    HeaderValue::from_bytes(&joined).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(vary: &'static str, request: &HeaderMap, fresh_s: u64) -> Entry {
        let mut headers = HeaderMap::new();
        headers.insert(header::VARY, HeaderValue::from_static(vary));
        let lifetime = Lifetime {
            now_ms: 10_000,
            initial_age: 3,
            fresh_s,
        };
        Entry::new(StatusCode::OK, headers, Bytes::new(), request, lifetime)
    }

    #[test]
    fn freshness_ends_at_its_time_or_with_a_refresh() {
        let entry = entry("", &HeaderMap::new(), 5);
        assert!(entry.is_fresh(14_999) && !entry.is_fresh(15_000));
        assert_eq!(entry.age(14_999), 7);
        entry.expire();
        assert!(!entry.is_fresh(10_000));
    }

    #[test]
    fn it_answers_requests_that_agree_in_the_fields_it_varies_by() {
        let mut german = HeaderMap::new();
        german.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
        let entry = entry("Accept-Language, X-Other", &german, 5);
        assert!(entry.answers(&german));
        assert!(!entry.answers(&HeaderMap::new()));
        german.append(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        assert!(!entry.answers(&german));
    }
}
