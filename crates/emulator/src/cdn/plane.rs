//! Serves visitors of a domain: from the cache, or from the origin and into the cache.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use hyper::Request;
use hyper::body::Incoming;

use crate::body::Reply;
use crate::clock::Clock;

use super::cache_key::{self, KeyRef};
use super::domain::Status;
use super::entry::{Entry, system_time};
use super::fetch::{self, Fetched, Wanted};
use super::flight::{Flights, Landing, Role, Ticket};
use super::header_pass;
use super::memory::Memory;
use super::origin::{OriginError, OriginRequest, Origins};
use super::reply::{self, CacheWord};
use super::site::Site;
use super::task::ObjectPath;

/// What all domains share.
pub(super) struct Plane {
    pub(super) clock: Clock,
    pub(super) memory: Memory,
    pub(super) origins: Origins,
    flights: Arc<Flights>,
}

impl Plane {
    pub(super) fn new(clock: Clock, origins: Origins) -> Self {
        Self {
            clock,
            memory: Memory::new(),
            origins,
            flights: Arc::default(),
        }
    }

    /// The cloud's time in milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Answers a visitor.
    pub(super) async fn serve(
        self: &Arc<Self>,
        site: &Arc<Site>,
        request: Request<Incoming>,
    ) -> Reply {
        if site.status == Status::Offline {
            return reply::refusal(StatusCode::FORBIDDEN, "this domain is stopped\n");
        }
        if header_pass::is_loop(request.headers()) {
            return reply::refusal(StatusCode::LOOP_DETECTED, "the origin leads back here\n");
        }
        let is_get = request.method() == Method::GET;
        if !is_get && request.method() != Method::HEAD {
            return self.change(site, request).await;
        }
        let sent = sent_target(&request);
        let target = cache_key::target(sent, site.policy.key_arguments.as_ref());
        let key = KeyRef {
            domain: &site.name,
            target: &target,
        };
        let now_ms = self.now_ms();
        let slot = self.memory.find(&key);
        let entry = slot
            .as_ref()
            .and_then(|slot| slot.choose(request.headers()));
        match entry {
            Some(entry) if entry.is_fresh(now_ms) => {
                let word = CacheWord::Hit;
                reply::from_entry(entry, request.headers(), &site.policy, word, now_ms)
            }
            _ if is_get => {
                let wanted = Wanted {
                    key: key.to_key(),
                    target: sent.to_owned(),
                    headers: request.headers().clone(),
                    stale: entry.cloned(),
                };
                self.miss(site, wanted).await
            }
            _ => self.pass(site, request).await,
        }
    }

    /// Fetches a target into the cache as a visitor without preferences would.
    pub(super) async fn preload(
        self: &Arc<Self>,
        site: &Arc<Site>,
        target: &str,
    ) -> Result<StatusCode, OriginError> {
        let normal = cache_key::target(target, site.policy.key_arguments.as_ref());
        let key = KeyRef {
            domain: &site.name,
            target: &normal,
        };
        let slot = self.memory.find(&key);
        let headers = HeaderMap::new();
        let wanted = Wanted {
            key: key.to_key(),
            target: cache_key::normal(target).into_owned(),
            stale: slot.and_then(|slot| slot.choose(&headers).cloned()),
            headers,
        };
        Ok(self.miss(site, wanted).await.status())
    }

    /// Marks what is cached of a file as expired.
    pub(super) fn refresh_file(&self, site: &Site, target: &str) {
        let target = cache_key::target(target, site.policy.key_arguments.as_ref());
        let key = KeyRef {
            domain: &site.name,
            target: &target,
        };
        self.flights.outdate(|known| known == key);
        self.memory.expire(&key);
    }

    /// Marks what is cached below a folder (which ends in `/`) as expired.
    pub(super) fn refresh_folder(&self, site: &Site, folder: &str) {
        let folder = cache_key::normal(folder);
        self.flights
            .outdate(|known| known.domain == &*site.name && known.target.starts_with(&*folder));
        self.memory.expire_below(&site.name, &folder);
    }

    /// Forgets what is cached of a domain that is no more.
    pub(super) fn forget(&self, domain: &str) {
        self.flights.outdate(|known| known.domain == domain);
        self.memory.forget(domain);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.flights.outdate(|_| true);
        self.memory.clear();
    }

    async fn miss(self: &Arc<Self>, site: &Arc<Site>, wanted: Wanted) -> Reply {
        let ticket = Ticket {
            key: wanted.key.clone(),
            passes: header_pass::passes(&wanted.headers),
        };
        match self.flights.board(ticket) {
            Role::Lead(lead) => {
                let visitor = wanted.headers.clone();
                let target = wanted.target.clone();
                // A task of its own: a visitor who leaves takes nothing from those who wait.
                let fetch = fetch::lead(Arc::clone(self), Arc::clone(site), wanted, lead);
                match tokio::spawn(fetch).await {
                    Ok(Fetched::Kept(entry, word)) => self.kept(site, &entry, &visitor, word),
                    Ok(Fetched::TooLong(reply)) if visitor.contains_key(header::RANGE) => {
                        drop(reply);
                        self.alone(site, &target, &visitor).await
                    }
                    Ok(Fetched::Through(reply) | Fetched::TooLong(reply)) => {
                        self.through(site, reply)
                    }
                    Ok(Fetched::Failed(error)) => reply::failure(&error),
                    Err(_) => {
                        reply::refusal(StatusCode::INTERNAL_SERVER_ERROR, "the fetch failed\n")
                    }
                }
            }
            Role::Follow(follow) => match follow.landing().await {
                Landing::Kept(entry) if entry.answers(&wanted.headers) => {
                    self.kept(site, &entry, &wanted.headers, CacheWord::Hit)
                }
                Landing::Failed(error) => reply::failure(&error),
                _ => self.alone(site, &wanted.target, &wanted.headers).await,
            },
        }
    }

    fn kept(&self, site: &Site, entry: &Entry, visitor: &HeaderMap, word: CacheWord) -> Reply {
        reply::from_entry(entry, visitor, &site.policy, word, self.now_ms())
    }

    /// Asks the origin just what this visitor asks, past the cache.
    async fn alone(&self, site: &Site, target: &str, visitor: &HeaderMap) -> Reply {
        let request = OriginRequest {
            method: Method::GET,
            target: origin_target(site, target),
            headers: header_pass::to_origin(visitor),
            body: None,
        };
        self.forward(site, request).await
    }

    async fn pass(&self, site: &Site, request: Request<Incoming>) -> Reply {
        let target = origin_target(site, sent_target(&request));
        let (head, body) = request.into_parts();
        let has_body = !hyper::body::Body::is_end_stream(&body);
        let request = OriginRequest {
            method: head.method,
            target,
            headers: header_pass::to_origin(&head.headers),
            body: has_body.then_some(body),
        };
        self.forward(site, request).await
    }

    /// Passes a request that may change the content, and forgets what it may have changed.
    async fn change(&self, site: &Site, request: Request<Incoming>) -> Reply {
        let target = sent_target(&request).to_owned();
        let is_safe = request.method().is_safe();
        let reply = self.pass(site, request).await;
        if !is_safe && (reply.status().is_success() || reply.status().is_redirection()) {
            self.refresh_file(site, &target);
            for name in [header::LOCATION, header::CONTENT_LOCATION] {
                let named = reply.headers().get(name);
                if let Some(target) = named.and_then(|named| own_target(site, named)) {
                    self.refresh_file(site, target);
                }
            }
        }
        reply
    }

    async fn forward(&self, site: &Site, request: OriginRequest) -> Reply {
        match self.origins.ask(site, request).await {
            Ok(reply) => self.through(site, reply),
            Err(error) => reply::failure(&error),
        }
    }

    fn through(&self, site: &Site, mut reply: Reply) -> Reply {
        let now_ms = self.now_ms();
        header_pass::to_visitor(reply.headers_mut(), system_time(now_ms));
        reply::finish(reply, &site.policy, CacheWord::Miss)
    }
}

/// The path and query of a request; the empty ones of `OPTIONS *` and `http://host` included.
fn sent_target(request: &Request<Incoming>) -> &str {
    request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str)
}

/// The target on this site that a field of an answer names, if it is one of this site.
fn own_target<'a>(site: &Site, named: &'a HeaderValue) -> Option<&'a str> {
    let named = named.to_str().ok()?;
    if named.starts_with('/') && !named.starts_with("//") {
        return Some(named);
    }
    let path = ObjectPath::parse(named)?;
    (path.domain == &*site.name).then_some(path.target)
}

fn origin_target(site: &Site, sent: &str) -> String {
    cache_key::origin_target(sent, site.policy.key_arguments.as_ref()).into_owned()
}
