//! Requests that the vendor's clients sent must verify, and must not once a byte of them changes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use wire::oss::{Request, v1, v2, v4};

const SECRET: &str = "SECRET";

struct Recorded {
    name: String,
    method: String,
    bucket: Option<String>,
    key: Option<String>,
    query: Vec<(String, Option<String>)>,
    headers: Vec<(String, String)>,
}

impl Recorded {
    fn read(path: &Path) -> Self {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let mut lines = text.lines();
        let mut first = lines.next().unwrap().split(' ');
        let (method, target) = (first.next().unwrap(), first.next().unwrap());
        let headers: Vec<_> = lines
            .take_while(|line| !line.trim().is_empty())
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let (path_part, query) = target.split_once('?').unwrap_or((target, ""));
        let host = headers
            .iter()
            .find(|(name, _)| name == "host")
            .map(|(_, host)| host.clone());
        let (bucket, key) = split(path_part, &host.unwrap_or_default());
        Self {
            name: path.display().to_string(),
            method: method.to_owned(),
            bucket,
            key,
            query: wire::escape::parse_query(query),
            headers,
        }
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            bucket: self.bucket.as_deref(),
            key: self.key.as_deref(),
            query: &self.query,
            headers: &self.headers,
        }
    }

    fn verifies(&self) -> bool {
        let request = self.request();
        let authorization = self
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        let authorization = &authorization.unwrap().1;
        if let Some(claim) = v1::Claim::from_header(authorization) {
            return claim.verify(&request, SECRET);
        }
        if let Some(claim) = v2::Claim::from_header(authorization) {
            return claim.verify(&request, SECRET);
        }
        let claim = v4::Claim::from_header(authorization, &request);
        claim.is_some_and(|claim| claim.key_id == "AKID" && claim.verify(&request, SECRET))
    }
}

/// Virtual hosts name the bucket in the host, which one client sends even to a bare address.
fn split(path: &str, host: &str) -> (Option<String>, Option<String>) {
    let path = wire::escape::decode(path).unwrap();
    let path = path.trim_start_matches('/');
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if host.contains(".oss-") {
        return (some(host.split('.').next().unwrap()), some(path));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (some(bucket), some(key))
}

fn recordings() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/wire");
    let clients = [
        "py-oss2-v1",
        "py-oss2-v2",
        "py-oss2-v4",
        "py-ossv2-v4",
        "js-ali-oss-v1",
        "js-ali-oss-v4",
    ];
    let folders = clients
        .iter()
        .filter_map(|client| fs::read_dir(corpus.join(client)).ok());
    folders
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[test]
fn recorded_requests_verify_and_changed_ones_do_not() {
    let recordings = recordings();
    if recordings.is_empty() {
        println!("skipped: no recordings beside this checkout");
        return;
    }
    let mut failed = Vec::new();
    for path in &recordings {
        let mut recorded = Recorded::read(path);
        if !recorded.verifies() {
            failed.push(recorded.name.clone());
            continue;
        }
        let changes: [fn(&mut Recorded); 3] = [
            |recorded| recorded.method.push('X'),
            |recorded| recorded.bucket = Some("other".to_owned()),
            |recorded| {
                recorded
                    .headers
                    .push(("x-oss-meta-a".to_owned(), "b".to_owned()));
            },
        ];
        for change in changes {
            change(&mut recorded);
            assert!(
                !recorded.verifies(),
                "{} verifies after a change",
                recorded.name
            );
            recorded = Recorded::read(path);
        }
        flip_each_signature_byte(&mut recorded);
    }
    assert!(
        failed.is_empty(),
        "{} of {}: {failed:#?}",
        failed.len(),
        recordings.len()
    );
    assert!(
        recordings.len() > 100,
        "only {} recordings",
        recordings.len()
    );
}

fn flip_each_signature_byte(recorded: &mut Recorded) {
    let at = recorded
        .headers
        .iter()
        .position(|(name, _)| name == "authorization")
        .unwrap();
    let whole = recorded.headers[at].1.clone();
    for position in [whole.len() - 5, whole.len() - 10, whole.len() - 20] {
        let mut changed = whole.clone().into_bytes();
        changed[position] = if changed[position] == b'a' {
            b'b'
        } else {
            b'a'
        };
        recorded.headers[at].1 = String::from_utf8(changed).unwrap();
        assert!(!recorded.verifies(), "{}: byte {position}", recorded.name);
    }
}
