//! Requests that the vendor's own clients sent, for tests to compare ours with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::target::Target;

/// One recorded request.
pub(super) struct Recording {
    pub(super) method: String,
    pub(super) path: String,
    /// Decoded; a parameter without a value has an empty one.
    pub(super) query: BTreeSet<(String, String)>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// A recorded request by client and operation; `None`, with a note, where the recordings are not at hand.
pub(super) fn recording(client: &str, operation: &str) -> Option<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/wire");
    if !folder.is_dir() {
        println!("skipped: no recordings beside this project");
        return None;
    }
    let path = folder.join(client).join(format!("{operation}.txt"));
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let (head, rest) = text.split_once("\n\n").unwrap();
    let (body, _) = rest.split_once("\n\n######## RESPONSE").unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let headers = lines.filter_map(|line| line.split_once(':'));
    Some(Recording {
        method: method.to_owned(),
        path: target.split('?').next().unwrap().to_owned(),
        query: query_of(target),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: body.trim_matches('\n').to_owned(),
    })
}

/// The decoded query of a URL.
pub(super) fn query_of(url: &str) -> BTreeSet<(String, String)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    wire::escape::parse_form(query).into_iter().collect()
}

impl Recording {
    /// A header's value; empty when it was not sent.
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// When it was sent.
    pub(super) fn time(&self) -> SystemTime {
        let compact = self.header("x-oss-date");
        let text = if compact.is_empty() {
            self.header("x-acs-date")
        } else {
            compact
        };
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    /// The target that the client was pointed at, with the keys it had.
    pub(super) fn target(&self) -> Target {
        Target {
            account_id: None,
            region: "cn-hangzhou".into(),
            key_id: "AKID".into(),
            key_secret: "SECRET".into(),
            security_token: None,
            endpoint: Some(format!("http://{}", self.header("host"))),
        }
    }
}
