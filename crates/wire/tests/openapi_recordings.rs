//! Requests that the vendor's own SDKs sent verify here, and any change of one is noticed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::PathBuf};

use wire::{
    acs3::{self, Acs3Error, Call},
    escape::parse_form,
    rpc::{self, RpcSignatureError},
};

/// The secret that every recording was signed with.
const SECRET: &str = "SECRET";

struct Recorded {
    name: String,
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[test]
fn every_recorded_acs3_call_verifies_and_no_changed_one() {
    for recorded in recordings("py-cdn20180510") {
        let digest = acs3::body_sha256(&recorded.body);
        let call = recorded.call(&digest);
        assert_eq!(acs3::verify(&call, SECRET), Ok(()), "{}", recorded.name);

        let changed_body = acs3::body_sha256(b"another body");
        assert_changed(
            &Call {
                body_sha256: &changed_body,
                ..call
            },
            &recorded.name,
        );
        assert_changed(
            &Call {
                method: "PUT",
                ..call
            },
            &recorded.name,
        );
        assert_changed(&Call { path: "/x", ..call }, &recorded.name);
        let mut query = recorded.query.clone();
        query.push(("Force".to_owned(), "true".to_owned()));
        assert_changed(
            &Call {
                query: &query,
                ..call
            },
            &recorded.name,
        );
        for at in 0..recorded.headers.len() {
            let (name, _) = &recorded.headers[at];
            if name.starts_with("x-acs-") || name == "host" {
                let mut headers = recorded.headers.clone();
                flip_last_byte(&mut headers[at].1);
                assert_changed(
                    &Call {
                        headers: &headers,
                        ..call
                    },
                    &recorded.name,
                );
            }
        }
    }
}

#[test]
fn every_recorded_rpc_call_verifies_and_no_changed_one() {
    for recorded in recordings("js-pop-core") {
        let mut params = recorded.query.clone();
        params.extend(parse_form(&String::from_utf8_lossy(&recorded.body)));
        let answer = rpc::verify(&recorded.method, &params, SECRET);
        assert_eq!(answer, Ok(()), "{}", recorded.name);
        for at in 0..params.len() {
            let mut changed = params.clone();
            flip_last_byte(&mut changed[at].1);
            let answer = rpc::verify(&recorded.method, &changed, SECRET);
            let noticed = matches!(answer, Err(RpcSignatureError::Mismatch { .. }));
            assert!(noticed, "{}: {}", recorded.name, params[at].0);
        }
    }
}

#[track_caller]
fn assert_changed(call: &Call<'_>, name: &str) {
    let answer = acs3::verify(call, SECRET);
    assert!(matches!(answer, Err(Acs3Error::Mismatch { .. })), "{name}");
}

impl Recorded {
    fn call<'a>(&'a self, digest: &'a str) -> Call<'a> {
        Call {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body_sha256: digest,
        }
    }
}

/// The requests of one client; empty when the recordings are not at hand.
fn recordings(client: &str) -> Vec<Recorded> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/corpus/wire")
        .join(client);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<Recorded> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = String::from_utf8(fs::read(&path).unwrap()).unwrap();
            parse(path.display().to_string(), &text)
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!found.is_empty(), "{client} has no recordings");
    found
}

fn parse(name: String, text: &str) -> Recorded {
    let text = text.replace("\r\n", "\n");
    let (head, rest) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let mut request_line = lines.next().unwrap().split(' ');
    let method = request_line.next().unwrap().to_owned();
    let target = request_line.next().unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap_or((line, "")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    Recorded {
        name,
        method,
        path: path.to_owned(),
        query: parse_form(query),
        body: rest.as_bytes()[..length].to_vec(),
        headers,
    }
}

fn flip_last_byte(text: &mut String) {
    let last = text.pop();
    text.push(if last == Some('1') { '2' } else { '1' });
}
