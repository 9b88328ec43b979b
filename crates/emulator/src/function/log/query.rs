//! Which lines are asked for.

use super::file::Record;

/// A filter; what is absent excludes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) function: String,
    pub(crate) request: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) version: Option<String>,
    /// Milliseconds of the cloud's time.
    pub(crate) since: Option<i64>,
    /// Milliseconds of the cloud's time.
    pub(crate) until: Option<i64>,
    /// A part of the text.
    pub(crate) text: Option<String>,
}

impl Query {
    /// The query that parameters ask for; the error names what cannot be read.
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
        Ok(Self {
            function: text("function").ok_or("function must be named")?,
            request: text("request"),
            instance: text("instance"),
            version: text("version"),
            since: time("since")?,
            until: time("until")?,
            text: text("text"),
        })
    }

    /// Whether a line is asked for.
    pub(crate) fn fits(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == found
        };
        record.function == self.function
            && is(&self.request, record.request.as_deref())
            && is(&self.instance, Some(&record.instance))
            && is(&self.version, Some(&record.version))
            && self.since.is_none_or(|since| record.time >= since)
            && self.until.is_none_or(|until| record.time <= until)
            && self
                .text
                .as_deref()
                .is_none_or(|text| record.text.contains(text))
    }
}
