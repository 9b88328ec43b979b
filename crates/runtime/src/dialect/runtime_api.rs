//! The vendor's runtime API: a program fetches its calls by HTTP and hands its answers in. Programs in Go speak it, through
//! the vendor's library; paths, headers and the numbers of the kinds are those that the library knows.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::custom::{LARGEST_ANSWER, headers};
use super::desk::{Desk, Failed, Handed, Sheet};
use super::{Dialect, EVENTS_ONLY, GONE, Outcome, tracing};
use crate::call::{Call, Fault, FunctionError, Request};
use crate::launch::Exit;
use crate::spec::{Hook, Spec};

/// What all paths begin with.
const ROOT: &str = "/2020-11-11/runtime/";
/// The vendor's numbers of what a call runs: its function, initializer or pre-stop. 3 is a hook that FC 3.0 does not have.
const FUNCTION: u32 = 0;
const INITIALIZER: u32 = 1;
const PRE_STOP: u32 = 2;

/// A program that asks for calls at an address of its own.
pub(crate) struct RuntimeApi {
    desk: Arc<Desk>,
    address: SocketAddr,
    /// Serves the address; ends with this.
    _server: JoinSet<()>,
    /// How the program ended, once it did.
    ended: Option<watch::Receiver<Option<Exit>>>,
    /// What every call carries.
    known: HeaderMap,
    is_traced: bool,
    timeout: Duration,
    initializer: Option<Duration>,
    pre_stop: Option<Duration>,
}

/// What the program is asked.
struct Asked<'a> {
    id: &'a str,
    trace: Option<&'a str>,
    retries: u32,
    event: Bytes,
}

impl RuntimeApi {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// No port can be had.
    pub(crate) fn listen(spec: &Spec) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk::new());
        let mut server = JoinSet::new();
        server.spawn(accept(listener, Arc::clone(&desk)));
        let limit = |hook: &Option<Hook>| hook.as_ref().map(|hook| hook.timeout);
        let (log_project, log_store) = spec.identity.log.clone();
        let mut known = headers(spec);
        set(&mut known, "x-fc-service-logproject", log_project);
        set(&mut known, "x-fc-service-logstore", log_store);
        Ok(Self {
            desk,
            address,
            _server: server,
            ended: None,
            known,
            is_traced: spec.tracing.is_some(),
            timeout: spec.timeout,
            initializer: limit(&spec.initializer),
            pre_stop: limit(&spec.pre_stop),
        })
    }

    /// What the program finds in `FC_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Whose end ends all that is waited for.
    pub(crate) fn of(mut self, ended: watch::Receiver<Option<Exit>>) -> Self {
        self.ended = Some(ended);
        self
    }

    /// Waits for something as long as the program runs. What has come counts, whatever became of the program then.
    async fn while_it_runs<T>(&self, waited: impl Future<Output = T>) -> Result<T, Fault> {
        let ended = async {
            match self.ended.clone() {
                Some(mut ended) => drop(ended.wait_for(Option::is_some).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            came = waited => Ok(came),
            () = ended => Err(Fault::Exited(GONE.to_owned())),
        }
    }

    async fn ask(&self, kind: u32, asked: Asked<'_>, most: Duration) -> Result<Handed, Fault> {
        // Compared with the machine's clock by the program, so it is taken from there.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let deadline = now.unwrap_or_default().saturating_add(most).as_millis();
        let mut headers = self.known.clone();
        set(&mut headers, "x-fc-function-type", kind.to_string());
        set(&mut headers, "x-fc-function-deadline", deadline.to_string());
        set(&mut headers, "x-fc-retry-count", asked.retries.to_string());
        let trace = asked.trace.filter(|_| self.is_traced);
        if let Some(Ok(span)) = trace.and_then(tracing::span).map(HeaderValue::try_from) {
            headers.insert(tracing::SPAN, span);
        }
        let handed = self.desk.ask(asked.id, headers, asked.event);
        self.while_it_runs(handed).await
    }

    /// Runs what has no event and whose result is of no interest.
    async fn hook(&self, kind: u32, most: Option<Duration>, request_id: &str) -> Result<(), Fault> {
        let Some(most) = most else {
            return Ok(());
        };
        let asked = Asked {
            id: request_id,
            trace: None,
            retries: 0,
            event: Bytes::new(),
        };
        match self.ask(kind, asked, most).await? {
            Ok(_) => Ok(()),
            Err(Failed::Code(error)) => Err(Fault::code(error)),
            Err(Failed::Protocol(why)) => Err(Fault::Protocol(why)),
        }
    }
}

#[async_trait]
impl Dialect for RuntimeApi {
    async fn ready(&self) -> Result<(), Fault> {
        self.while_it_runs(self.desk.ready()).await?
    }

    async fn initialize(&self, request_id: &str) -> Result<(), Fault> {
        self.hook(INITIALIZER, self.initializer, request_id).await
    }

    async fn call(&self, call: Call) -> Result<Outcome, Fault> {
        let Request::Event(event) = call.request else {
            return Err(Fault::Protocol(EVENTS_ONLY.to_owned()));
        };
        let asked = Asked {
            id: &call.request_id,
            trace: call.trace.as_deref(),
            retries: call.retries,
            event,
        };
        let (payload, error) = match self.ask(FUNCTION, asked, self.timeout).await? {
            Ok(payload) => (payload, None),
            Err(Failed::Code(payload)) => (payload, Some(FunctionError::Unhandled)),
            Err(Failed::Protocol(why)) => return Err(Fault::Protocol(why)),
        };
        Ok(Outcome::Answer { payload, error })
    }

    async fn pre_stop(&self, request_id: &str) -> Result<(), Fault> {
        self.hook(PRE_STOP, self.pre_stop, request_id).await
    }
}

/// Serves connections until it is dropped, and them with it.
async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        // It fails when the machine has no more files, and would again at once.
        let Ok((socket, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let desk = Arc::clone(&desk);
        connections.spawn(async move { serve(socket, &desk).await });
    }
}

async fn serve(socket: TcpStream, desk: &Desk) {
    let _ = socket.set_nodelay(true);
    let answer = service_fn(|request| async move {
        Ok::<_, std::convert::Infallible>(answer(desk, request).await)
    });
    let server = hyper::server::conn::http1::Builder::new();
    // What breaks off here is seen by whoever waits for the answer.
    let _ = server.serve_connection(TokioIo::new(socket), answer).await;
}

type Response = http::Response<Full<Bytes>>;

async fn answer(desk: &Desk, request: http::Request<Incoming>) -> Response {
    let path = request.uri().path().strip_prefix(ROOT);
    let path: Vec<&str> = path.unwrap_or_default().split('/').collect();
    let is_post = request.method() == Method::POST;
    match path[..] {
        ["invocation", "next"] if request.method() == Method::GET => sheet(desk.fetch().await),
        ["invocation", id, "response" | "error"] if is_post => {
            let (id, is_error) = (id.to_owned(), path[2] == "error");
            let handed = match body(request).await {
                Ok(payload) if is_error => Err(Failed::Code(payload)),
                Ok(payload) => Ok(payload),
                Err(why) => Err(Failed::Protocol(why)),
            };
            if desk.hand_in(&id, handed) {
                return Response::default();
            }
            plain(StatusCode::NOT_FOUND, "nobody waits for this answer")
        }
        ["init", "error"] if is_post => {
            desk.fail(body(request).await.unwrap_or_default());
            Response::default()
        }
        _ => plain(StatusCode::NOT_FOUND, "no such path of the runtime API"),
    }
}

fn sheet(sheet: Sheet) -> Response {
    let mut response = Response::new(Full::new(sheet.event));
    *response.headers_mut() = sheet.headers;
    set(response.headers_mut(), "x-fc-request-id", sheet.id);
    let octets = HeaderValue::from_static("application/octet-stream");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, octets);
    response
}

fn plain(status: StatusCode, words: &'static str) -> Response {
    let mut response = Response::new(Full::new(words.into()));
    *response.status_mut() = status;
    response
}

async fn body(request: http::Request<Incoming>) -> Result<Bytes, String> {
    let limited = Limited::new(request.into_body(), LARGEST_ANSWER);
    match limited.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(format!("the answer cannot be read: {error}")),
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: String) {
    // What no header can hold is left out: it is a name or an id that the caller made up.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
