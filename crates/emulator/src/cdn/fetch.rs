//! One fetch from the origin for the cache: asks, decides whether to keep the answer, and tells those who wait.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::body::{Reply, ReplyBody};

use super::cache_key::{self, Key};
use super::entry::{Entry, Lifetime, system_time};
use super::flight::{Landing, Lead};
use super::freshness::{self, Answer, Keep};
use super::header_pass;
use super::origin::{OriginError, OriginRequest};
use super::plane::Plane;
use super::reply::CacheWord;
use super::site::Site;

/// Bytes of the longest body that is kept; a longer one passes through, uncached and in small pieces.
const LONGEST_BODY: usize = 4 * 1024 * 1024;
/// The origin must go on answering within this time.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a visitor wants that is not fresh in the cache.
pub(super) struct Wanted {
    pub(super) key: Key,
    /// Path and query as sent.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    /// What is cached and may still be good.
    pub(super) stale: Option<Arc<Entry>>,
}

/// How the fetch went for the visitor who led it.
pub(super) enum Fetched {
    Kept(Arc<Entry>, CacheWord),
    /// For this visitor only; headers are the origin's.
    Through(Reply),
    /// Like `Through`, but only for its length.
    TooLong(Reply),
    Failed(OriginError),
}

/// A body read as far as it may be kept.
enum Read {
    Whole(Bytes),
    TooLong(ReplyBody),
}

/// Fetches, and lands for all who follow.
pub(super) async fn lead(
    plane: Arc<Plane>,
    site: Arc<Site>,
    wanted: Wanted,
    lead: Lead,
) -> Fetched {
    let answer = match ask(&plane, &site, &wanted).await {
        Ok(answer) => answer,
        Err(error) => {
            lead.land(Landing::Failed(error.clone()));
            return Fetched::Failed(error);
        }
    };
    let fetch = Fetch {
        plane: &plane,
        site: &site,
        wanted: &wanted,
    };
    if answer.status() == StatusCode::NOT_MODIFIED
        && let Some(stale) = &wanted.stale
    {
        let entry = fetch.confirm(stale, answer.into_parts().0.headers);
        return land(&fetch, entry, CacheWord::Confirmed, lead);
    }
    match fetch.keep(answer).await {
        Ok(entry) => {
            let word = if wanted.stale.is_some() {
                CacheWord::Renewed
            } else {
                CacheWord::Miss
            };
            land(&fetch, entry, word, lead)
        }
        Err(Fetched::Failed(error)) => {
            lead.land(Landing::Failed(error.clone()));
            Fetched::Failed(error)
        }
        Err(fetched) => {
            lead.land(Landing::Alone);
            fetched
        }
    }
}

fn land(fetch: &Fetch<'_>, entry: Entry, word: CacheWord, lead: Lead) -> Fetched {
    let entry = Arc::new(entry);
    fetch
        .plane
        .memory
        .keep(fetch.wanted.key.clone(), Arc::clone(&entry));
    // A refresh that came meanwhile means this content too. It is looked for after keeping: one that comes later
    // finds the entry itself.
    if lead.is_outdated() {
        entry.expire();
    }
    lead.land(Landing::Kept(Arc::clone(&entry)));
    Fetched::Kept(entry, word)
}

async fn ask(plane: &Plane, site: &Site, wanted: &Wanted) -> Result<Reply, OriginError> {
    let mut headers = header_pass::to_origin(&wanted.headers);
    header_pass::ask_for_all(&mut headers);
    if let Some(stale) = &wanted.stale {
        stale.ask_whether_good(&mut headers);
    }
    let arguments = site.policy.key_arguments.as_ref();
    let request = OriginRequest {
        method: Method::GET,
        target: cache_key::origin_target(&wanted.target, arguments).into_owned(),
        headers,
        body: None,
    };
    plane.origins.ask(site, request).await
}

struct Fetch<'a> {
    plane: &'a Plane,
    site: &'a Site,
    wanted: &'a Wanted,
}

impl Fetch<'_> {
    /// Reads an answer that may be kept; gives back one that may not.
    async fn keep(&self, answer: Reply) -> Result<Entry, Fetched> {
        let now_ms = self.plane.now_ms();
        let Keep::For(fresh_s) = self.decide(answer.status(), answer.headers(), now_ms) else {
            return Err(Fetched::Through(answer));
        };
        let (head, body) = answer.into_parts();
        let body = match read(body).await {
            Ok(Read::Whole(body)) => body,
            Ok(Read::TooLong(body)) => {
                return Err(Fetched::TooLong(Reply::from_parts(head, body)));
            }
            Err(error) => return Err(Fetched::Failed(error)),
        };
        let mut headers = head.headers;
        let lifetime = Lifetime {
            now_ms,
            initial_age: freshness::age(&headers),
            fresh_s,
        };
        header_pass::to_visitor(&mut headers, system_time(now_ms));
        headers.remove(http::header::CONTENT_LENGTH);
        headers.remove(http::header::AGE);
        let request = &self.wanted.headers;
        Ok(Entry::new(head.status, headers, body, request, lifetime))
    }

    /// The stale content again, with the news of the 304.
    fn confirm(&self, stale: &Entry, mut news: HeaderMap) -> Entry {
        let now_ms = self.plane.now_ms();
        let initial_age = freshness::age(&news);
        header_pass::to_visitor(&mut news, system_time(now_ms));
        news.remove(http::header::AGE);
        let headers = header_pass::merged(&stale.headers, news);
        let fresh_s = match self.decide(stale.status, &headers, now_ms) {
            Keep::For(fresh_s) => fresh_s,
            Keep::No => 0,
        };
        let lifetime = Lifetime {
            now_ms,
            initial_age,
            fresh_s,
        };
        stale.confirmed(headers, lifetime)
    }

    fn decide(&self, status: StatusCode, headers: &HeaderMap, now_ms: i64) -> Keep {
        let answer = Answer {
            status: status.as_u16(),
            headers,
            authorized: self
                .wanted
                .headers
                .contains_key(http::header::AUTHORIZATION),
        };
        let target = &self.wanted.target;
        let path = target
            .split_once('?')
            .map_or(target.as_str(), |(path, _)| path);
        freshness::decide(answer, path, &self.site.policy, system_time(now_ms))
    }
}

/// Reads a body to its end, or gives it back whole when it is too long.
async fn read(mut body: ReplyBody) -> Result<Read, OriginError> {
    let announced = body.size_hint().lower();
    if announced > LONGEST_BODY as u64 {
        return Ok(Read::TooLong(body));
    }
    let length = body.size_hint().exact();
    let mut whole = BytesMut::with_capacity(usize::try_from(announced).unwrap_or_default());
    while let Some(piece) = next(&mut body).await? {
        if whole.is_empty() && length == Some(piece.len() as u64) {
            return Ok(Read::Whole(piece));
        }
        whole.extend_from_slice(&piece);
        if whole.len() > LONGEST_BODY {
            let begun = stream::once(async { Ok(whole.freeze()) });
            let all = begun.chain(body.into_data_stream());
            return Ok(Read::TooLong(ReplyBody::stream(all, length)));
        }
    }
    Ok(Read::Whole(whole.freeze()))
}

async fn next(body: &mut ReplyBody) -> Result<Option<Bytes>, OriginError> {
    loop {
        let frame = tokio::time::timeout(PIECE_TIMEOUT, body.frame())
            .await
            .map_err(|_| OriginError::TimedOut)?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(OriginError::BrokeOff(error.to_string())),
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
        }
    }
}
