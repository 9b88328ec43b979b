//! A web server that requests are handed on to, over connections that are kept.
//!
//! Whoever sends a request drives its connection too, and whoever reads the response goes on with it: a request wakes no task but
//! its own. A client that keeps a task for each connection wakes two more for each request, often on the other processor. What wakes
//! a connection while it is driven wakes no task at all: it is looked at before whoever drives it rests.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::bell::Bell;
use crate::call::{BoxError, CallBody};
use crate::fleet::lock;

/// How long an unused connection is kept: shorter than servers keep theirs (Node 5 s, others 2 s), so that none closes just
/// when a request is sent. A new one on loopback costs little.
const KEPT: Duration = Duration::from_secs(1);
/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server at one address; clones share its connections.
#[derive(Clone)]
pub struct Upstream(Arc<Shared>);

struct Shared {
    authority: String,
    host: HeaderValue,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// The one that was used last is at the end.
    lines: Vec<(Instant, Line)>,
    is_swept: bool,
}

/// A connection and what drives it, in which nothing is under way while it is idle.
struct Line {
    sender: SendRequest<CallBody>,
    drive: Drive,
    bell: Bell,
}

type Drive = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

impl Upstream {
    /// A server at `host:port`. Nothing is connected yet.
    ///
    /// # Errors
    /// It cannot be the value of a `Host` header.
    pub fn new(authority: &str) -> Result<Self, BoxError> {
        let host = authority.strip_suffix(":80").unwrap_or(authority);
        Ok(Self(Arc::new(Shared {
            authority: authority.to_owned(),
            host: HeaderValue::try_from(host).map_err(boxed)?,
            idle: Mutex::default(),
        })))
    }

    /// Sends a request and waits for the head of the response. Of its URI only path and query are used; `Host` is that of the
    /// server unless it is set. A connection that the server has closed meanwhile is replaced by another, as long as
    /// nothing was sent on it. After status 101 the response's extensions have `hyper::upgrade::OnUpgrade`.
    ///
    /// # Errors
    /// No connection could be made in five seconds, or it ended before there was a response.
    pub async fn send(
        &self,
        mut request: Request<CallBody>,
    ) -> Result<Response<CallBody>, BoxError> {
        let target = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from(target.unwrap_or_else(|| PathAndQuery::from_static("/")));
        let headers = request.headers_mut();
        headers.entry(HOST).or_insert_with(|| self.0.host.clone());
        while let Some(line) = self.0.take() {
            match exchange(line, request).await {
                Ok((response, line)) => return Ok(self.read(response, line)),
                Err((_, Some(unsent))) => request = unsent,
                Err((error, None)) => return Err(boxed(error)),
            }
        }
        let line = self.0.connect().await?;
        match exchange(line, request).await {
            Ok((response, line)) => Ok(self.read(response, line)),
            Err((error, _)) => Err(boxed(error)),
        }
    }

    /// The response with a body that goes on with its connection.
    fn read(&self, response: Response<Incoming>, line: Line) -> Response<CallBody> {
        let mut line = Some(line);
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // What was agreed on goes on without requests.
            tokio::spawn(line.take().map_or_else(over, |line| line.drive));
        }
        response.map(|incoming| {
            CallBody::new(Reading {
                incoming,
                line,
                upstream: Arc::clone(&self.0),
            })
        })
    }
}

fn boxed(error: impl std::error::Error + Send + Sync + 'static) -> BoxError {
    Box::new(error)
}

fn over() -> Drive {
    Box::pin(std::future::ready(Ok(())))
}

/// Sends a request on a connection; the connection, and the request if the connection ended before anything of it was sent.
async fn exchange(
    mut line: Line,
    request: Request<CallBody>,
) -> Result<(Response<Incoming>, Line), (hyper::Error, Option<Request<CallBody>>)> {
    let ready = poll_fn(|context| {
        line.bell.clone().answer(context, |context| {
            let _ = line.poll(context);
            line.sender.poll_ready(context)
        })
    });
    if let Err(closed) = ready.await {
        return Err((closed, Some(request)));
    }
    line.bell.attend();
    let mut reply = pin!(line.sender.try_send_request(request));
    let replied = poll_fn(|context| {
        line.bell.clone().answer(context, |context| {
            let _ = line.poll(context);
            reply.as_mut().poll(context)
        })
    });
    match replied.await {
        Ok(response) => Ok((response, line)),
        Err(mut error) => {
            let unsent = error.take_message();
            Err((error.into_error(), unsent))
        }
    }
}

impl Line {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.drive.as_mut().poll(context).map(|ended| {
            drop(ended);
            self.drive = over();
        })
    }
}

impl Shared {
    async fn connect(&self) -> Result<Line, BoxError> {
        let connecting = tokio::time::timeout(PATIENCE, TcpStream::connect(&self.authority));
        let stream = connecting.await.map_err(boxed)?.map_err(boxed)?;
        stream.set_nodelay(true).map_err(boxed)?;
        let shaken = handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(boxed)?;
        let drive = Box::pin(connection.with_upgrades());
        Ok(Line {
            sender,
            drive,
            bell: Bell::default(),
        })
    }

    fn take(&self) -> Option<Line> {
        let (since, line) = lock(&self.idle).lines.pop()?;
        // The others are older.
        (since.elapsed() < KEPT).then_some(line)
    }

    /// Keeps a connection whose response has been read, unless more than that is under way on it.
    fn give_back(self: &Arc<Self>, mut line: Line) {
        let mut nobody = Context::from_waker(Waker::noop());
        if line.poll(&mut nobody).is_ready() || line.sender.is_closed() {
            return;
        }
        if !line.sender.is_ready() {
            // The server has answered before it has read the whole request, which it may still want.
            drop(line.sender);
            tokio::spawn(line.drive);
            return;
        }
        let mut idle = lock(&self.idle);
        idle.lines.push((Instant::now(), line));
        if !std::mem::replace(&mut idle.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }
}

/// Closes connections that have not been used for long, as long as there are any.
async fn sweep(upstream: Weak<Shared>) {
    loop {
        tokio::time::sleep(KEPT).await;
        let Some(shared) = upstream.upgrade() else {
            return;
        };
        let mut idle = lock(&shared.idle);
        idle.lines.retain(|(since, _)| since.elapsed() < KEPT);
        if idle.lines.is_empty() {
            idle.is_swept = false;
            return;
        }
    }
}

/// The body of a response.
struct Reading {
    incoming: Incoming,
    /// None once it is read.
    line: Option<Line>,
    upstream: Arc<Shared>,
}

impl Body for Reading {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let read = match &mut this.line {
            Some(line) => line.bell.clone().answer(context, |context| {
                let _ = line.poll(context);
                Pin::new(&mut this.incoming).poll_frame(context)
            }),
            None => Pin::new(&mut this.incoming).poll_frame(context),
        };
        if matches!(read, Poll::Ready(None))
            && let Some(line) = self.line.take()
        {
            self.upstream.give_back(line);
        }
        read.map_err(boxed)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // Nobody asks for the end of a body that is known to be at its end.
        if self.incoming.is_end_stream()
            && let Some(line) = self.line.take()
        {
            self.upstream.give_back(line);
        }
    }
}

#[cfg(test)]
#[path = "upstream_tests.rs"]
mod tests;
