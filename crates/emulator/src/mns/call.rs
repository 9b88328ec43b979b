//! One request, taken apart: what it is about, its parameters, its document.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use wire::xml::Element;

use super::error::{MnsError, Outcome};
use crate::identity::random_hex;

/// Bytes of a request's body at most: a batch of messages of 64 KB each, with what escaping adds.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// Items of a page of a list at most, and when it is not said (`ListQueue` of the vendor's docs).
const PAGE: i64 = 1000;

/// A request with its body.
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query as sent.
    pub(super) target: String,
    /// The parts of the path, decoded.
    pub(super) path: Vec<String>,
    query: Vec<(String, Option<String>)>,
    headers: HeaderMap,
    body: Bytes,
    pub(super) request_id: String,
    /// What replies call this server.
    pub(super) host: String,
}

/// Which part of a list is asked for.
pub(super) struct Page {
    /// What names begin with.
    pub(super) prefix: String,
    /// Begins after this one.
    pub(super) after: String,
    /// How many at most.
    pub(super) limit: usize,
}

impl Call {
    /// Reads a request. One whose body breaks off or is too long has none, and says so when the body is asked for.
    pub(super) async fn read(request: Request<Incoming>) -> (Self, Outcome<()>) {
        let (head, body) = request.into_parts();
        let read = Limited::new(body, BODY_LIMIT).collect().await;
        let (body, read) = match read {
            Ok(body) => (body.to_bytes(), Ok(())),
            Err(error) => (Bytes::new(), Err(MnsError::invalid(error.to_string()))),
        };
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let host = head.headers.get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok());
        let path = head.uri.path().split('/').filter(|part| !part.is_empty());
        let call = Self {
            target: target.to_owned(),
            path: path
                .map(|part| wire::escape::decode(part).unwrap_or_default())
                .collect(),
            query: wire::escape::parse_query(head.uri.query().unwrap_or_default()),
            host: host.unwrap_or("127.0.0.1").to_owned(),
            method: head.method,
            headers: head.headers,
            body,
            request_id: random_hex::<12>(),
        };
        (call, read)
    }

    /// A header's text; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
    }

    /// All headers by lower-case name.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let all = self.headers.iter();
        all.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
            .collect()
    }

    /// A parameter's value. The vendor's clients write the same parameter with a small and a capital letter.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        let found = all.find(|(param, _)| param.eq_ignore_ascii_case(name))?;
        Some(found.1.as_deref().unwrap_or_default())
    }

    /// Whether a parameter says yes.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.param(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A parameter that must be a number within bounds if it is there.
    pub(super) fn number(&self, name: &str, bounds: (i64, i64)) -> Outcome<Option<i64>> {
        let Some(text) = self.param(name) else {
            return Ok(None);
        };
        within(name, text, bounds).map(Some)
    }

    /// Which part of a list the headers ask for.
    pub(super) fn page(&self) -> Outcome<Page> {
        let name = "x-mns-ret-number";
        let limit = match self.header(name) {
            Some(text) => within(name, &text, (1, PAGE))?,
            None => PAGE,
        };
        let after = self.header("x-mns-marker").unwrap_or_default();
        Ok(Page {
            prefix: self.header("x-mns-prefix").unwrap_or_default(),
            after: super::model::unmark(&after).ok_or_else(|| {
                MnsError::invalid("The value of x-mns-marker is no marker of this server.")
            })?,
            limit: usize::try_from(limit).unwrap_or_default(),
        })
    }

    /// The document of the body, by the name of its root; nothing when there is no body.
    pub(super) fn optional_document(&self, roots: &[&str]) -> Outcome<Option<Element>> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let malformed =
            || MnsError::bad("MalformedXML", "The XML you provided was not well-formed.");
        let text = std::str::from_utf8(&self.body).map_err(|_| malformed())?;
        let root = Element::parse(text).ok_or_else(malformed)?;
        if !roots.contains(&root.name.as_str()) {
            return Err(MnsError::schema(&root.name));
        }
        Ok(Some(root))
    }

    /// The same for operations that need one.
    pub(super) fn document(&self, roots: &[&str]) -> Outcome<Element> {
        let found = self.optional_document(roots)?;
        found.ok_or_else(|| MnsError::bad("MalformedXML", "The request has no body."))
    }
}

fn within(name: &str, text: &str, (least, most): (i64, i64)) -> Outcome<i64> {
    let number = text.trim().parse().ok();
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| MnsError::range(name, (least, most), ""))
}
