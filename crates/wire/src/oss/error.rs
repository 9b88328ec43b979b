//! The object storage's error shape: an XML document, the same in base64 for replies without a body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::xml::{Document, Element};

/// Header that holds the document in base64 when the reply has no body (`HEAD`).
pub const ERROR_HEADER: &str = "x-oss-err";

/// An error as the object storage tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// Code, such as `NoSuchKey`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// Id of the request that failed.
    pub request_id: String,
    /// Host that the request was sent to.
    pub host_id: String,
    /// Further elements in order, such as `BucketName` or `StringToSign`.
    pub details: Vec<(String, String)>,
}

impl ErrorBody {
    /// The XML document.
    pub fn render(&self) -> String {
        Document::new("Error")
            .leaf("Code", &self.code)
            .leaf("Message", &self.message)
            .leaf("RequestId", &self.request_id)
            .leaf("HostId", &self.host_id)
            .each(&self.details, |document, (name, value)| {
                document.leaf(name, value)
            })
            .finish()
    }

    /// The value of [`ERROR_HEADER`].
    pub fn render_header(&self) -> String {
        STANDARD.encode(self.render())
    }

    /// Reads the XML document; `None` when it is no error of this shape.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let root = Element::parse(std::str::from_utf8(body).ok()?)?;
        let mut parsed = Self {
            code: root.text_of("Code")?.to_owned(),
            ..Self::default()
        };
        for Element { name, text, .. } in root.children {
            match name.as_str() {
                "Code" => {}
                "Message" => parsed.message = text,
                "RequestId" => parsed.request_id = text,
                "HostId" => parsed.host_id = text,
                _ => parsed.details.push((name, text)),
            }
        }
        (root.name == "Error").then_some(parsed)
    }

    /// Reads the value of [`ERROR_HEADER`].
    pub fn parse_header(value: &str) -> Option<Self> {
        Self::parse(&STANDARD.decode(value).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_both_forms() {
        let error = ErrorBody {
            code: "NoSuchKey".into(),
            message: "The specified key does not exist.".into(),
            request_id: "65F0".into(),
            host_id: "127.0.0.1".into(),
            details: vec![("Key".into(), "a<b>\r\n&".into())],
        };
        assert_eq!(
            ErrorBody::parse(error.render().as_bytes()),
            Some(error.clone())
        );
        assert_eq!(ErrorBody::parse_header(&error.render_header()), Some(error));
    }

    #[test]
    fn other_documents_are_no_errors() {
        assert_eq!(ErrorBody::parse(b"<html><body>502</body></html>"), None);
        assert_eq!(ErrorBody::parse(b"<Result><Code>x</Code></Result>"), None);
        assert_eq!(ErrorBody::parse(b"\xff"), None);
    }
}
