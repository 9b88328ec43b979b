//! A server for tests that answers each request on a connection of its own as told, and keeps what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::target::Target;

/// How one request is answered.
pub(super) enum Answer {
    /// Status, further header lines (each ends with CR LF) and body.
    Reply(u16, &'static str, String),
    /// The connection breaks without an answer.
    Break,
}

/// A running stub.
pub(super) struct Stub {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Answers in the order given; a request too many finds the port closed.
    pub(super) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            for answer in answers {
                let (stream, _) = listener.accept().await.unwrap();
                serve(stream, answer, &heard).await;
            }
        });
        Self { address, asked }
    }

    pub(super) fn target(&self) -> Target {
        Target {
            account_id: None,
            region: "cn-hangzhou".into(),
            key_id: "AKID".into(),
            key_secret: "SECRET".into(),
            security_token: None,
            endpoint: Some(self.address.clone()),
        }
    }

    /// The requests so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, heard: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => request.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    heard.lock().unwrap().push(text);
    if let Answer::Reply(status, headers, body) = answer {
        let length = body.len();
        let reply = format!(
            "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(reply.as_bytes()).await.unwrap();
        stream.shutdown().await.ok();
    }
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]);
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().unwrap())
    });
    request.len() - end - 4 >= length.unwrap_or(0)
}
