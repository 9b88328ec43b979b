//! An API call taken apart: segments of its path, parameters, its body as JSON.

use serde::de::DeserializeOwned;

use super::error::{FcError, Outcome};
use crate::rpc::RpcCall;

/// Bytes of an API call's body at most: 100 MB of code in base64, and some.
pub(super) const BODY_LIMIT: usize = 160 * 1024 * 1024;
/// Entries of a page when nothing is said, and at most.
const PAGE: usize = 20;
const LONGEST_PAGE: usize = 100;

/// One call of the API of 2023-03-30.
pub(super) struct Call {
    /// The HTTP call, verified.
    pub(super) http: RpcCall,
    /// Below `/2023-03-30/`, decoded.
    pub(super) segments: Vec<String>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// Names before it were given out already: it begins after this one.
    pub(super) after: Option<String>,
    pub(super) limit: usize,
    /// What names begin with.
    pub(super) prefix: String,
}

impl Call {
    /// Takes a call apart; `root` is the part of the path before the segments.
    pub(super) fn new(http: RpcCall, root: &str) -> Outcome<Self> {
        let path = http.path.strip_prefix(root).unwrap_or(&http.path);
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let segments = segments.map(wire::escape::decode).collect::<Option<_>>();
        let segments = segments.ok_or_else(|| FcError::invalid("the path is not UTF-8"))?;
        Ok(Self { http, segments })
    }

    /// A parameter of the query; an empty one counts as absent.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.http.param(name)
    }

    /// The qualifier that is asked for, `LATEST` when none is.
    pub(super) fn qualifier(&self) -> &str {
        self.param("qualifier").unwrap_or("LATEST")
    }

    /// The body.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Outcome<T> {
        serde_json::from_slice(&self.http.body).map_err(|error| {
            FcError::invalid(format!(
                "the body is not what this operation takes: {error}"
            ))
        })
    }

    /// Which part of a list is asked for.
    pub(super) fn page(&self) -> Outcome<Page> {
        let limit = match self.param("limit") {
            None => PAGE,
            Some(text) => match text.parse::<usize>() {
                Ok(0) => PAGE,
                Ok(limit) => limit.min(LONGEST_PAGE),
                Err(_) => return Err(FcError::invalid("limit must be a number from 1 to 100")),
            },
        };
        Ok(Page {
            after: self.param("nextToken").map(str::to_owned),
            limit,
            prefix: self.param("prefix").unwrap_or_default().to_owned(),
        })
    }
}

impl Page {
    /// Cuts a sorted list of all that there is to this page; also the token of the next one.
    pub(super) fn cut<T>(
        &self,
        all: impl IntoIterator<Item = T>,
        name: impl Fn(&T) -> &str,
    ) -> (Vec<T>, Option<String>) {
        let is_here = |one: &T| {
            let name = name(one);
            name.starts_with(&self.prefix) && self.after.as_deref().is_none_or(|after| name > after)
        };
        let mut page: Vec<T> = all
            .into_iter()
            .filter(is_here)
            .take(self.limit + 1)
            .collect();
        let more = page.len() > self.limit;
        page.truncate(self.limit);
        let next = page.last().filter(|_| more);
        let next = next.map(|last| name(last).to_owned());
        (page, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gaps() {
        let names = ["a1", "a2", "a3", "b1"];
        let mut page = Page {
            after: None,
            limit: 2,
            prefix: "a".to_owned(),
        };
        let (first, next) = page.cut(names, |name| name);
        assert_eq!((first, next.as_deref()), (vec!["a1", "a2"], Some("a2")));
        page.after = next;
        assert_eq!(page.cut(names, |name| name), (vec!["a3"], None));
    }
}
