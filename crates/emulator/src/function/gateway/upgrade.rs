//! Connections that become something else than HTTP, such as WebSocket: handed through between visitor and web server.

use std::time::Duration;

use http::{HeaderValue, Request, Response, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use runtime::{Busy, CallBody};
use tokio::io::{AsyncWriteExt as _, ReadHalf, WriteHalf};

/// When one side has ended, the other may take this long to say its last.
const GRACE: Duration = Duration::from_secs(5);

/// A visitor's wish to speak another protocol.
pub(super) struct Wish {
    protocol: HeaderValue,
    visitor: OnUpgrade,
}

impl Wish {
    /// What the request wishes, if `Connection` names `upgrade`.
    pub(super) fn of<B>(request: &mut Request<B>) -> Option<Self> {
        let named = request.headers().get_all(header::CONNECTION).iter();
        let is_named = named
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case("upgrade"));
        let protocol = request.headers().get(header::UPGRADE).cloned();
        let visitor = request.extensions_mut().remove::<OnUpgrade>()?;
        Some(Self {
            protocol: protocol.filter(|_| is_named)?,
            visitor,
        })
    }

    /// Asks a web server for the same.
    pub(super) fn tell(&self, headers: &mut http::HeaderMap) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, self.protocol.clone());
    }

    /// Lets both sides speak once the response has been sent, until one of them ends. The instance is busy as long.
    pub(super) fn fulfil(self, mut response: Response<CallBody>) -> http::response::Parts {
        let server = hyper::upgrade::on(&mut response);
        let busy = response.extensions_mut().remove::<Busy>();
        let (head, body) = response.into_parts();
        drop(body);
        tokio::spawn(async move {
            // Whoever left before it began leaves nothing to do.
            if let Ok((visitor, server)) = tokio::try_join!(self.visitor, server) {
                between(visitor, server).await;
            }
            drop(busy);
        });
        head
    }
}

type Side = TokioIo<Upgraded>;

async fn between(visitor: Upgraded, server: Upgraded) {
    let (visitor_says, to_visitor) = tokio::io::split(TokioIo::new(visitor));
    let (server_says, to_server) = tokio::io::split(TokioIo::new(server));
    let mut there = std::pin::pin!(carry(visitor_says, to_server));
    let mut back = std::pin::pin!(carry(server_says, to_visitor));
    let ended = tokio::select! {
        () = &mut there => tokio::time::timeout(GRACE, back).await,
        () = &mut back => tokio::time::timeout(GRACE, there).await,
    };
    drop(ended);
}

/// Copies until the end, and passes the end on. A side that broke has ended too.
async fn carry(mut from: ReadHalf<Side>, mut to: WriteHalf<Side>) {
    drop(tokio::io::copy(&mut from, &mut to).await);
    drop(to.shutdown().await);
}
