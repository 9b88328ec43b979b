//! What the connections to web servers promise, on servers of their own.

use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt as _, Full, StreamBody};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A server that does `serve` with each connection, and how many there were.
async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> (Upstream, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Upstream::new(&listener.local_addr().unwrap().to_string()).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream));
        }
    });
    (upstream, count)
}

/// Reads a request without a body; none when the connection has ended.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let mut one = [0];
        if stream.read(&mut one).await.unwrap_or(0) == 0 {
            return None;
        }
        read.push(one[0]);
    }
    Some(String::from_utf8(read).unwrap())
}

fn get(path: &str) -> Request<CallBody> {
    let body = Full::new(Bytes::new()).map_err(|never| -> BoxError { match never {} });
    let mut request = Request::new(CallBody::new(body));
    *request.uri_mut() = path.parse().unwrap();
    request
}

async fn text(response: Response<CallBody>) -> String {
    let read = response.into_body().collect().await.unwrap();
    String::from_utf8(read.to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_connection_is_used_again_by_those_who_read_to_the_end() {
    let (upstream, count) = server(|mut stream| async move {
        while let Some(head) = head(&mut stream).await {
            assert!(head.starts_with("GET /a?b HTTP/1.1\r\n"), "{head}");
            assert!(head.contains("\r\nhost: 127.0.0.1:"), "{head}");
            stream.write_all(HELLO).await.unwrap();
        }
    })
    .await;
    for _ in 0..20 {
        assert_eq!(
            text(upstream.send(get("http://ignored/a?b")).await.unwrap()).await,
            "hello"
        );
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    // Two at the same time need two.
    let (one, other) = (upstream.send(get("/a?b")), upstream.send(get("/a?b")));
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(
        (text(one).await, text(other).await),
        ("hello".into(), "hello".into())
    );
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let (upstream, count) = server(|mut stream| async move {
        head(&mut stream).await;
        stream.write_all(HELLO).await.unwrap();
    })
    .await;
    for round in 1..=5 {
        assert_eq!(text(upstream.send(get("/")).await.unwrap()).await, "hello");
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(count.load(Ordering::SeqCst), round);
    }
}

#[tokio::test]
async fn a_request_that_was_sent_is_not_sent_again() {
    let (upstream, count) = server(|mut stream| async move {
        head(&mut stream).await;
        stream.write_all(HELLO).await.unwrap();
        // The second request is read, and the server dies of it.
        head(&mut stream).await;
    })
    .await;
    assert_eq!(text(upstream.send(get("/")).await.unwrap()).await, "hello");
    assert!(upstream.send(get("/")).await.is_err());
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_its_connection_is_gone() {
    let (upstream, count) = server(|mut stream| async move {
        head(&mut stream).await;
        let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";
        stream.write_all(begun).await.unwrap();
    })
    .await;
    for round in 1..=3 {
        let response = upstream.send(get("/")).await.unwrap();
        assert!(response.into_body().collect().await.is_err());
        assert_eq!(count.load(Ordering::SeqCst), round);
    }
    let gone = Upstream::new("127.0.0.1:1").unwrap();
    assert!(gone.send(get("/")).await.is_err());
}

#[tokio::test]
async fn who_does_not_read_to_the_end_closes_the_connection() {
    let (closed, mut seen) = mpsc::unbounded_channel();
    let (upstream, _) = server(move |mut stream| {
        let closed = closed.clone();
        async move {
            head(&mut stream).await;
            let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";
            stream.write_all(begun).await.unwrap();
            if head(&mut stream).await.is_none() {
                closed.send(()).unwrap();
            }
        }
    })
    .await;
    let mut response = upstream.send(get("/")).await.unwrap();
    response.frame().await.unwrap().unwrap();
    drop(response);
    seen.recv().await.unwrap();
}

#[tokio::test]
async fn both_ways_are_streamed_and_a_request_outlives_its_answer() {
    let (all, mut seen) = mpsc::unbounded_channel();
    let (upstream, _) = server(move |mut stream| {
        let all = all.clone();
        async move {
            head(&mut stream).await;
            stream.write_all(HELLO).await.unwrap();
            let mut body = Vec::new();
            while !body.ends_with(b"0\r\n\r\n") {
                let mut some = [0; 1024];
                let count = stream.read(&mut some).await.unwrap();
                assert_ne!(count, 0, "the request broke off");
                body.extend_from_slice(&some[..count]);
            }
            all.send(String::from_utf8(body).unwrap()).unwrap();
        }
    })
    .await;
    let (pieces, body) = mpsc::unbounded_channel();
    let body = StreamBody::new(futures_util::stream::unfold(body, |mut body| async move {
        let piece: Bytes = body.recv().await?;
        Some((Ok::<_, BoxError>(Frame::data(piece)), body))
    }));
    let mut request = get("/").map(|_| CallBody::new(body));
    *request.method_mut() = http::Method::POST;
    pieces.send(Bytes::from_static(b"one")).unwrap();
    assert_eq!(text(upstream.send(request).await.unwrap()).await, "hello");
    pieces.send(Bytes::from_static(b"two")).unwrap();
    drop(pieces);
    assert_eq!(
        seen.recv().await.unwrap(),
        "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    );
}

#[tokio::test]
async fn a_connection_may_become_another_protocol() {
    let (upstream, _) = server(|mut stream| async move {
        head(&mut stream).await;
        let switched =
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
        stream.write_all(switched).await.unwrap();
        let mut word = [0; 4];
        stream.read_exact(&mut word).await.unwrap();
        stream.write_all(&word).await.unwrap();
    })
    .await;
    let mut request = get("/");
    request
        .headers_mut()
        .insert("connection", HeaderValue::from_static("upgrade"));
    request
        .headers_mut()
        .insert("upgrade", HeaderValue::from_static("echo"));
    let response = upstream.send(request).await.unwrap();
    assert_eq!(response.status(), 101);
    let mut stream = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    stream.write_all(b"ping").await.unwrap();
    let mut word = [0; 4];
    stream.read_exact(&mut word).await.unwrap();
    assert_eq!(&word, b"ping");
}

#[tokio::test]
async fn unused_connections_are_closed() {
    let (closed, mut seen) = mpsc::unbounded_channel();
    let (upstream, _) = server(move |mut stream| {
        let closed = closed.clone();
        async move {
            while head(&mut stream).await.is_some() {
                stream.write_all(HELLO).await.unwrap();
            }
            closed.send(()).unwrap();
        }
    })
    .await;
    text(upstream.send(get("/")).await.unwrap()).await;
    seen.recv().await.unwrap();
    assert!(lock(&upstream.0.idle).lines.is_empty());
}
