//! Which lines are asked for.

use std::collections::{HashMap, HashSet};

use super::file::{Link, Record};
use crate::function::trace::{span_id, trace_id};

/// A filter; what is absent excludes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    functions: Vec<String>,
    /// Of functions that are here, only lines of these versions.
    versions: HashMap<String, HashSet<String>>,
    calls: Option<Calls>,
    pub(crate) instance: Option<String>,
    pub(crate) version: Option<String>,
    /// Milliseconds of the cloud's time.
    pub(crate) since: Option<i64>,
    /// Milliseconds of the cloud's time.
    pub(crate) until: Option<i64>,
    /// A part of the text.
    pub(crate) text: Option<String>,
}

/// A call and those that were made for it, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Calls {
    /// The trace that the call begins, if nobody made it for another.
    trace: String,
    requests: HashSet<String>,
    spans: HashSet<String>,
}

impl Calls {
    fn of(request: String) -> Self {
        Self {
            trace: trace_id(&request),
            spans: HashSet::from([span_id(&request)]),
            requests: HashSet::from([request]),
        }
    }

    fn learn(&mut self, link: &Link) {
        if link.trace == self.trace || self.spans.contains(&link.parent) {
            self.spans.insert(span_id(&link.request));
            self.requests.insert(link.request.clone());
        }
    }
}

impl Query {
    /// The query that parameters ask for; the error names what cannot be read. A `function` is a name, or a name with a version as
    /// `NAME:VERSION`; several versions of one may be named.
    pub(crate) fn parse(params: &[(String, String)]) -> Result<Self, String> {
        let text = |name: &str| {
            let found = params.iter().find(|(key, _)| key == name);
            found
                .map(|(_, value)| value.clone())
                .filter(|value| !value.is_empty())
        };
        let time = |name: &str| match text(name) {
            None => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| format!("{name} must be a number of milliseconds since 1970")),
        };
        let (mut functions, mut versions) = (Vec::new(), HashMap::<String, HashSet<String>>::new());
        for (_, value) in params.iter().filter(|(key, _)| key == "function") {
            let (name, version) = value.split_once(':').unwrap_or((value, ""));
            if !version.is_empty() {
                let of = versions.entry(name.to_owned()).or_default();
                of.insert(version.to_owned());
            }
            if functions.iter().all(|other| other != name) {
                functions.push(name.to_owned());
            }
        }
        if functions.is_empty() {
            return Err("function must be named".to_owned());
        }
        Ok(Self {
            functions,
            versions,
            calls: text("request").map(Calls::of),
            instance: text("instance"),
            version: text("version"),
            since: time("since")?,
            until: time("until")?,
            text: text("text"),
        })
    }

    /// The functions whose lines are asked for.
    pub(super) fn functions(&self) -> &[String] {
        &self.functions
    }

    /// Whether one call's lines are asked for.
    pub(super) fn is_of_a_request(&self) -> bool {
        self.calls.is_some()
    }

    /// Takes note of a call that was made for another: its lines are asked for with the other's.
    pub(crate) fn learn(&mut self, link: &Link) {
        if let Some(calls) = &mut self.calls {
            calls.learn(link);
        }
    }

    /// Whether a line is asked for.
    pub(crate) fn fits(&self, record: &Record<'_>) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == found
        };
        let is_of_call = |calls: &Calls| {
            let request = record.request.as_ref();
            request.is_some_and(|request| calls.requests.contains(&**request))
        };
        self.functions.iter().any(|name| *name == record.function)
            && self.calls.as_ref().is_none_or(is_of_call)
            && is(&self.instance, Some(&record.instance))
            && is(&self.version, Some(&record.version))
            && self
                .versions
                .get(&*record.function)
                .is_none_or(|versions| versions.contains(&*record.version))
            && self.since.is_none_or(|since| record.time >= since)
            && self.until.is_none_or(|until| record.time <= until)
            && self
                .text
                .as_deref()
                .is_none_or(|text| record.text.contains(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(functions: &[&str]) -> Query {
        let params = functions.iter();
        let params: Vec<(String, String)> = params
            .map(|value| ("function".to_owned(), (*value).to_owned()))
            .collect();
        Query::parse(&params).unwrap()
    }

    #[test]
    fn functions_are_named_with_versions_or_without() {
        let query = query(&["shop:1", "shop:3", "mail"]);
        assert_eq!(query.functions(), ["shop", "mail"]);
        let record = |function: &'static str, version: &'static str| Record {
            function: function.into(),
            version: version.into(),
            time: 0,
            instance: "c-1".into(),
            request: None,
            pipe: "out".into(),
            text: "hello".into(),
        };
        for (function, version, fits) in [
            ("shop", "1", true),
            ("shop", "2", false),
            ("shop", "3", true),
            ("mail", "2", true),
            ("other", "1", false),
        ] {
            assert_eq!(
                query.fits(&record(function, version)),
                fits,
                "{function}:{version}"
            );
        }
    }
}
