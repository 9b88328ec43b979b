//! The HTTP/1 server: accepts, reads requests within limits, survives handlers that panic, stops gracefully.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::body::{Reply, ReplyBody};
use crate::cloud::Cloud;
use crate::route;

/// A client must send a whole request head within this time; an idle connection is closed after it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a request head at most; more is answered 431.
const HEAD_BYTES: usize = 64 * 1024;
/// Requests under way may take this long after a stop was asked.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// Pause after `accept` failed for want of file handles, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The address at the other end of a request's connection, among the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves until `cloud.closing` is cancelled and the connections have ended.
pub(crate) async fn serve(cloud: Arc<Cloud>, listener: TcpListener) {
    raise_file_limit();
    let http = builder();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = cloud.closing.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let peer = Peer(peer.ip());
                    connections.spawn(serve_connection(Arc::clone(&cloud), http.clone(), (stream, peer)));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    drop(tokio::time::timeout(STOP_GRACE, ended).await);
    connections.shutdown().await;
}

fn builder() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .half_close(false);
    http
}

async fn serve_connection(
    cloud: Arc<Cloud>,
    http: http1::Builder,
    (stream, peer): (TcpStream, Peer),
) {
    // Replies are written whole: waiting for more only costs time. A socket that refuses is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let closing = cloud.closing.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let cloud = Arc::clone(&cloud);
        request.extensions_mut().insert(peer);
        async move { Ok::<_, Infallible>(answer(cloud, request).await) }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection.with_upgrades());
    // What breaks a connection (malformed HTTP, a client gone) was answered by hyper or concerns nobody any more.
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    drop(ended);
}

async fn answer(cloud: Arc<Cloud>, request: hyper::Request<Incoming>) -> Reply {
    guarded(route::answer(&cloud, request)).await
}

/// A handler that panics fails its own request only.
async fn guarded(handling: impl Future<Output = Reply>) -> Reply {
    let handled = AssertUnwindSafe(handling).catch_unwind().await;
    handled.unwrap_or_else(|_| {
        let text = "the local cloud failed on this request\n";
        let mut reply = Reply::new(ReplyBody::full(text));
        *reply.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        reply
    })
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Takes as many file handles as the system allows this process; with fewer the server only accepts later.
fn raise_file_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_is_a_500() {
        let reply = guarded(async { panic!("on purpose") }).await;
        assert_eq!(reply.status(), 500);
    }
}
