//! One page of a bucket's listing: which keys it shows, which it rolls up, where the next page starts.

/// What a listing asks for.
#[derive(Clone, Debug, Default)]
pub(in crate::oss) struct ListQuery {
    pub(in crate::oss) prefix: String,
    /// Empty for none.
    pub(in crate::oss) delimiter: String,
    /// Show what comes after this key or rolled-up prefix; empty for the start.
    pub(in crate::oss) after: String,
    pub(in crate::oss) max: usize,
}

/// One line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Entry<T> {
    Key(String, T),
    Prefix(String),
}

/// What to do after a key was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Offer {
    /// Offer the next key.
    Next,
    /// Offer the first key that is not smaller than this one.
    Seek(String),
    /// Offer nothing more.
    Done,
}

/// A page being filled with keys in their order.
#[derive(Clone, Debug)]
pub(in crate::oss) struct Page<T> {
    query: ListQuery,
    pub(in crate::oss) entries: Vec<Entry<T>>,
    /// Whether more follows.
    pub(in crate::oss) is_truncated: bool,
}

impl<T> Page<T> {
    pub(in crate::oss) fn new(query: ListQuery) -> Self {
        Self {
            query,
            entries: Vec::new(),
            is_truncated: false,
        }
    }

    /// The first key to offer is the smallest one that is not smaller than this; `None` when there is nothing to show.
    pub(in crate::oss) fn start(&self) -> Option<String> {
        let query = &self.query;
        let after = if query.after.is_empty() {
            String::new()
        } else if self.rolled_up(&query.after) == Some(query.after.as_str()) {
            successor(&query.after)?
        } else {
            format!("{}\0", query.after)
        };
        Some(after.max(query.prefix.clone()))
    }

    /// Takes a key; `value` is called only when the key is shown itself.
    pub(in crate::oss) fn offer(&mut self, key: &str, value: impl FnOnce() -> T) -> Offer {
        if !key.starts_with(&self.query.prefix) {
            return Offer::Done;
        }
        if self.entries.len() >= self.query.max {
            self.is_truncated = self.query.max > 0;
            return Offer::Done;
        }
        if let Some(prefix) = self.rolled_up(key).map(str::to_owned) {
            let next = successor(&prefix);
            self.entries.push(Entry::Prefix(prefix));
            return next.map_or(Offer::Done, Offer::Seek);
        }
        self.entries.push(Entry::Key(key.to_owned(), value()));
        Offer::Next
    }

    /// What `after` must be for the next page; `None` on the last one.
    pub(in crate::oss) fn next(&self) -> Option<&str> {
        let last = self.entries.last().filter(|_| self.is_truncated)?;
        Some(match last {
            Entry::Key(key, _) => key,
            Entry::Prefix(prefix) => prefix,
        })
    }

    fn rolled_up<'a>(&self, key: &'a str) -> Option<&'a str> {
        let query = &self.query;
        let rest = key.strip_prefix(query.prefix.as_str())?;
        if query.delimiter.is_empty() {
            return None;
        }
        let at = rest.find(&query.delimiter)?;
        Some(&key[..query.prefix.len() + at + query.delimiter.len()])
    }
}

/// The smallest text greater than every text that starts with `prefix`.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let mut following = u32::from(last) + 1;
        if following == 0xD800 {
            following = 0xE000;
        }
        if let Some(following) = char::from_u32(following) {
            text.push(following);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn page(keys: &BTreeSet<String>, query: &ListQuery) -> Page<()> {
        let mut page = Page::new(query.clone());
        let mut from = page.start();
        while let Some(start) = from.take() {
            for key in keys.range(start..) {
                match page.offer(key, || ()) {
                    Offer::Next => {}
                    Offer::Seek(to) => {
                        from = Some(to);
                        break;
                    }
                    Offer::Done => break,
                }
            }
        }
        page
    }

    fn all_pages(keys: &BTreeSet<String>, mut query: ListQuery) -> Vec<Entry<()>> {
        let mut entries = Vec::new();
        for _ in 0..1000 {
            let page = page(keys, &query);
            assert!(page.entries.len() <= query.max);
            let next = page.next().map(str::to_owned);
            entries.extend(page.entries);
            match next {
                Some(next) => query.after = next,
                None => return entries,
            }
        }
        panic!("paging does not end");
    }

    /// The definition: each key that starts with the prefix, rolled up to its first delimiter behind it.
    fn expected(keys: &BTreeSet<String>, prefix: &str, delimiter: &str) -> Vec<Entry<()>> {
        let mut entries = BTreeMap::new();
        for key in keys.iter().filter(|key| key.starts_with(prefix)) {
            let cut = (!delimiter.is_empty())
                .then(|| key[prefix.len()..].find(delimiter))
                .flatten();
            let (name, entry) = match cut {
                Some(at) => {
                    let name = key[..prefix.len() + at + delimiter.len()].to_owned();
                    (name.clone(), Entry::Prefix(name))
                }
                None => (key.clone(), Entry::Key(key.clone(), ())),
            };
            entries.insert(name, entry);
        }
        entries.into_values().collect()
    }

    proptest! {
        #[test]
        fn pages_of_any_size_add_up_to_the_whole(
            keys in proptest::collection::btree_set("[ab/é\u{10ffff}-]{1,6}", 0..40),
            prefix in "[ab/]{0,2}",
            delimiter in "(|/|b|a/|\u{10ffff})",
            max in 1_usize..7,
        ) {
            let query = ListQuery { prefix: prefix.clone(), delimiter: delimiter.clone(), after: String::new(), max };
            prop_assert_eq!(all_pages(&keys, query), expected(&keys, &prefix, &delimiter));
        }

        #[test]
        fn a_key_to_start_after_hides_what_is_not_greater(
            keys in proptest::collection::btree_set("[ab]{1,4}", 0..20),
            after in "[ab]{1,4}",
        ) {
            let query = ListQuery { after: after.clone(), max: 1000, ..ListQuery::default() };
            let shown: Vec<_> = page(&keys, &query).entries;
            let greater = keys.iter().filter(|key| **key > after);
            let greater: Vec<_> = greater.map(|key| Entry::Key(key.clone(), ())).collect();
            prop_assert_eq!(shown, greater);
        }
    }
}
