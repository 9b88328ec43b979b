//! The cached answers, in memory only and within a budget; a restart begins with none.

use std::sync::Arc;

use http::HeaderMap;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::cache_key::{Key, KeyRef};
use super::entry::Entry;

/// Bytes that all answers may take together.
const BUDGET: u64 = 256 * 1024 * 1024;
/// Answers that the first allocation is made for.
const EXPECTED: usize = 20_000;
/// Variants of one target at most; the oldest give way.
const VARIANTS: usize = 8;

/// Everything that is cached.
pub(super) struct Memory(Cache<Key, Slot, ByWeight>);

/// The variants of one target, newest last.
#[derive(Clone)]
pub(super) struct Slot(Arc<[Arc<Entry>]>);

#[derive(Clone)]
struct ByWeight;

impl Weighter<Key, Slot> for ByWeight {
    fn weight(&self, key: &Key, slot: &Slot) -> u64 {
        let entries: u64 = slot.0.iter().map(|entry| entry.weight()).sum();
        entries + key.target.len() as u64
    }
}

impl Slot {
    /// The variant for a request with these headers.
    pub(super) fn choose(&self, request: &HeaderMap) -> Option<&Arc<Entry>> {
        self.0.iter().rev().find(|entry| entry.answers(request))
    }
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(Cache::with_weighter(EXPECTED, BUDGET, ByWeight))
    }

    /// What is cached of a target, fresh or not.
    pub(super) fn find(&self, key: &KeyRef<'_>) -> Option<Slot> {
        self.0.get(key)
    }

    /// Keeps an answer in the place of the variant that it renews.
    pub(super) fn keep(&self, key: Key, entry: Arc<Entry>) {
        let known = self.0.peek(&key.as_ref());
        let others = known.iter().flat_map(|slot| slot.0.iter());
        let mut entries: Vec<Arc<Entry>> = others
            .filter(|other| !entry.replaces(other))
            .cloned()
            .collect();
        entries.push(entry);
        let surplus = entries.len().saturating_sub(VARIANTS);
        entries.drain(..surplus);
        self.0.insert(key, Slot(entries.into()));
    }

    /// Makes the next visitor of a target ask the origin.
    pub(super) fn expire(&self, key: &KeyRef<'_>) {
        if let Some(slot) = self.0.peek(key) {
            slot.0.iter().for_each(|entry| entry.expire());
        }
    }

    /// Makes the next visitor of each target below a folder ask the origin.
    pub(super) fn expire_below(&self, domain: &str, folder: &str) {
        for (key, slot) in self.0.iter() {
            if &*key.domain == domain && key.target.starts_with(folder) {
                slot.0.iter().for_each(|entry| entry.expire());
            }
        }
    }

    /// Forgets all of a domain.
    pub(super) fn forget(&self, domain: &str) {
        self.0.retain(|key, _| &*key.domain != domain);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.clear();
    }

    /// How many targets are cached and how many bytes they take, about.
    pub(super) fn size(&self) -> (usize, u64) {
        (self.0.len(), self.0.weight())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderValue, StatusCode, header};

    use super::super::entry::Lifetime;
    use super::*;

    fn entry(language: &str, body: &'static str) -> (HeaderMap, Arc<Entry>) {
        let mut request = HeaderMap::new();
        let language = HeaderValue::from_str(language).unwrap();
        request.insert(header::ACCEPT_LANGUAGE, language);
        let mut headers = HeaderMap::new();
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        let lifetime = Lifetime {
            now_ms: 0,
            initial_age: 0,
            fresh_s: 60,
        };
        let body = Bytes::from_static(body.as_bytes());
        let entry = Entry::new(StatusCode::OK, headers, body, &request, lifetime);
        (request, Arc::new(entry))
    }

    const A: KeyRef<'_> = KeyRef {
        domain: "d",
        target: "/x/a",
    };

    #[test]
    fn variants_live_side_by_side_and_renew_their_own_kind() {
        let memory = Memory::new();
        let (german, first) = entry("de", "eins");
        let (english, second) = entry("en", "one");
        let (_, third) = entry("de", "zwei");
        for entry in [first, second, third] {
            memory.keep(A.to_key(), entry);
        }
        let slot = memory.find(&A).unwrap();
        assert_eq!(slot.choose(&german).unwrap().body, "zwei");
        assert_eq!(slot.choose(&english).unwrap().body, "one");
        assert!(slot.choose(&HeaderMap::new()).is_none());
        assert_eq!(slot.0.len(), 2);
    }

    #[test]
    fn a_flood_of_variants_takes_a_bounded_place() {
        let memory = Memory::new();
        for number in 0..100 {
            memory.keep(A.to_key(), entry(&number.to_string(), "x").1);
        }
        let slot = memory.find(&A).unwrap();
        assert_eq!(slot.0.len(), VARIANTS);
        assert!(slot.choose(&entry("99", "x").0).is_some());
    }

    #[test]
    fn a_folder_expires_with_what_is_below_it_only() {
        let memory = Memory::new();
        let other = KeyRef { target: "/xa", ..A };
        let (german, first) = entry("de", "a");
        memory.keep(A.to_key(), first);
        memory.keep(other.to_key(), entry("de", "b").1);
        memory.expire_below("d", "/x/");
        let fresh = |key: &KeyRef<'_>| {
            let slot = memory.find(key).unwrap();
            slot.choose(&german).unwrap().is_fresh(1)
        };
        assert!(!fresh(&A) && fresh(&other));
        memory.expire(&other);
        assert!(!fresh(&other));
        memory.forget("d");
        assert_eq!(memory.size().0, 0);
    }
}
