//! Message Service: queues, topics, and what they are joined to.

mod crash;
mod fault;
mod join;
mod queue;
pub(crate) mod topic;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use wire::header;
use wire::mns::{self, VERSION};
use wire::xml::Element;

use crate::client::{Answer, Cloud, SECRET, exchange, request};

/// A signed call.
pub(crate) async fn call(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    exchange(address, &signed(SECRET, (method, target), headers, body)).await
}

/// The bytes of a call that is signed with a secret.
pub(crate) fn signed(
    secret: &str,
    (method, target): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> Vec<u8> {
    let mut all: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let date = httpdate::fmt_http_date(SystemTime::now());
    for (name, value) in [
        ("date", date.as_str()),
        ("x-mns-version", VERSION),
        ("content-type", "text/xml"),
    ] {
        if !all.iter().any(|(known, _)| known == name) {
            all.push((name.to_owned(), value.to_owned()));
        }
    }
    let signed = header::Call {
        scheme: &header::MNS,
        method,
        resource: target,
        headers: &all,
    };
    let authorization = signed.sign("AKID", secret);
    all.push(("authorization".to_owned(), authorization));
    request(method, target, &all, body.as_bytes())
}

impl Cloud {
    pub(crate) async fn mns(&self, method: &str, target: &str, body: &str) -> Answer {
        call(self.address(), method, target, &[], body)
            .await
            .unwrap()
    }

    /// Makes a queue with attributes.
    pub(crate) async fn queue(&self, name: &str, attributes: &str) {
        let body = format!("<Queue xmlns=\"{}\">{attributes}</Queue>", mns::NAMESPACE);
        let made = self.mns("PUT", &format!("/queues/{name}"), &body).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }

    /// Sends a message; its id.
    pub(crate) async fn send(&self, queue: &str, body: &str, more: &str) -> String {
        let body = format!("<Message><MessageBody>{body}</MessageBody>{more}</Message>");
        let target = format!("/queues/{queue}/messages");
        let sent = self.mns("POST", &target, &body).await;
        assert_eq!(sent.status, 201, "{}", sent.text());
        sent.of("MessageId")
    }

    /// What is received now, or the code of the refusal.
    pub(crate) async fn receive(&self, queue: &str) -> Answer {
        let target = format!("/queues/{queue}/messages?waitseconds=0");
        self.mns("GET", &target, "").await
    }

    /// Receives a message within the time of a test; its text.
    pub(crate) async fn wait_for(&self, queue: &str) -> Element {
        let target = format!("/queues/{queue}/messages?waitseconds=30");
        let got = self.mns("GET", &target, "").await;
        assert_eq!(got.status, 200, "{}", got.text());
        got.document()
    }

    /// Deletes a message by a handle.
    pub(crate) async fn delete(&self, queue: &str, handle: &str) -> Answer {
        let target = format!("/queues/{queue}/messages?ReceiptHandle={handle}");
        self.mns("DELETE", &target, "").await
    }

    /// Deletes messages by handles.
    pub(crate) async fn delete_all(&self, queue: &str, handles: &[&str]) -> Answer {
        let body = handles.iter().fold(String::new(), |text, handle| {
            text + "<ReceiptHandle>" + handle + "</ReceiptHandle>"
        });
        let body = format!("<ReceiptHandles>{body}</ReceiptHandles>");
        let target = format!("/queues/{queue}/messages");
        self.mns("DELETE", &target, &body).await
    }

    /// Checks texts of what is shown.
    pub(crate) async fn shows(&self, target: &str, texts: &[(&str, &str)]) {
        let shown = self.mns("GET", target, "").await;
        for (name, value) in texts {
            assert_eq!(shown.of(name), *value, "{target}: {name}");
        }
    }

    /// Moves the clock forward.
    pub(crate) async fn pass(&self, time: Duration) {
        let body = format!("{{\"advance_ms\":{}}}", time.as_millis());
        let moved = self.admin("POST", "clock", body.as_bytes()).await;
        assert_eq!(moved.status, 200);
    }
}

impl Answer {
    pub(crate) fn document(&self) -> Element {
        Element::parse(&self.text()).unwrap_or_else(|| panic!("{}: {}", self.head, self.text()))
    }

    /// A text of the document.
    pub(crate) fn of(&self, name: &str) -> String {
        let document = self.document();
        let text = document.text_of(name);
        text.unwrap_or_else(|| panic!("no {name}: {}", self.text()))
            .to_owned()
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.of("Code"))
    }
}

/// A refusal as tests write it.
pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
