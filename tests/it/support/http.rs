//! A small HTTP client: one request, any Host.

use std::io::{Read, Write};
use std::net::TcpStream;

/// A reply.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Fetched {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .into_iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// GETs a path from a port of this machine under a host name.
pub(crate) fn fetch(port: u16, host: &str, path: &str, headers: &[(&str, &str)]) -> Fetched {
    send(port, ("GET", host, path), headers, b"")
}

/// Sends a request with a body.
pub(crate) fn send(
    port: u16,
    (method, host, path): (&str, &str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Fetched {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &[name, ": ", value, "\r\n"].concat();
    }
    if method != "GET" {
        request += &["Content-Length: ", &body.len().to_string(), "\r\n"].concat();
    }
    request += "\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let split = bytes
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("a reply has a head");
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Fetched {
        status,
        head,
        body: bytes[split + 4..].to_vec(),
    }
}
