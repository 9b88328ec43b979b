//! A bucket as a website: index documents, sub-directories, the error page.

use http::{Method, StatusCode};
use rusqlite::Connection;

use super::get::{self, Found, View};
use super::list;
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::content::Content;
use crate::oss::error::{OssError, Outcome};
use crate::oss::model::{Caller, Missing, Website};
use crate::oss::reply::{empty, set};
use crate::oss::service::Shared;
use crate::oss::table::bucket;

/// What a visitor gets.
enum Page {
    Object(Box<Found>),
    /// The error page with its status.
    Error(Box<Found>, StatusCode),
    Redirect(String),
    /// The bucket has no website and its root was asked for.
    Listing,
}

/// Answers a visitor who asks for `path` (decoded, starting with `/`).
pub(in crate::oss) async fn visit(oss: &Shared, call: &Call, path: &str) -> Outcome<Reply> {
    if call.method != Method::GET && call.method != Method::HEAD {
        return Err(OssError::MethodNotAllowed);
    }
    let mut tries = 1;
    loop {
        match answer(oss, call, path.to_owned()).await {
            // A writer replaced the page and removed its blob before it was opened.
            Err(OssError::Internal(_)) if tries < get::TRIES => tries += 1,
            answered => return answered,
        }
    }
}

async fn answer(oss: &Shared, call: &Call, path: String) -> Outcome<Reply> {
    let (bucket, with_content) = (call.bucket()?, call.method == Method::GET);
    let look = move |db: &Connection| {
        let visit = Visit {
            db,
            bucket: &bucket,
            with_content,
        };
        visit.page(&path)
    };
    let (found, status, range) = match oss.store.read(look).await? {
        Page::Object(found) => {
            get::judge(&get::conditions(call, ""), &found.object)?;
            (found, StatusCode::OK, call.header("range"))
        }
        Page::Error(found, status) => (found, status, None),
        Page::Listing => return list::objects(oss, call).await,
        Page::Redirect(path) => {
            let mut reply = empty(StatusCode::FOUND);
            set(&mut reply, "location", &wire::escape::path(&path));
            return Ok(reply);
        }
    };
    let view = View {
        status,
        range,
        standard: true,
    };
    get::send(oss, call, *found, view).await
}

struct Visit<'a> {
    db: &'a Connection,
    bucket: &'a str,
    with_content: bool,
}

impl Visit<'_> {
    fn page(&self, path: &str) -> Outcome<Page> {
        let bucket = bucket::find(self.db, self.bucket)?;
        let Some(site) = bucket
            .website
            .as_deref()
            .and_then(|text| Website::parse(text).ok())
        else {
            return match path {
                "/" => Ok(Page::Listing),
                path => Ok(Page::Object(Box::new(
                    self.read(path.trim_start_matches('/'))?,
                ))),
            };
        };
        match self.asked(&site, path) {
            Err(OssError::NoSuchKey(key)) => self.error(&site, key),
            page => page,
        }
    }

    fn asked(&self, site: &Website, path: &str) -> Outcome<Page> {
        let Some(key) = site.key(path) else {
            return Err(OssError::NoSuchKey(path.trim_start_matches('/').to_owned()));
        };
        match (self.read(&key), site.missing(path)) {
            (Err(OssError::NoSuchKey(key)), Some((Missing::Redirect, index))) => {
                match self.read(&index) {
                    Ok(_) => Ok(Page::Redirect(format!("{path}/"))),
                    Err(_) => Err(OssError::NoSuchKey(key)),
                }
            }
            (Err(OssError::NoSuchKey(_)), Some((Missing::Index, index))) => {
                self.read(&index).map(|found| Page::Object(Box::new(found)))
            }
            (found, _) => found.map(|found| Page::Object(Box::new(found))),
        }
    }

    fn error(&self, site: &Website, missing: String) -> Outcome<Page> {
        let page = site.error.as_ref().and_then(|(key, status)| {
            let found = self.read(key).ok()?;
            Some(Page::Error(
                Box::new(found),
                StatusCode::from_u16(*status).ok()?,
            ))
        });
        page.ok_or(OssError::NoSuchKey(missing))
    }

    fn read(&self, key: &str) -> Outcome<Found> {
        let object = get::find(self.db, Caller::Anonymous, self.bucket, key)?;
        let content = self
            .with_content
            .then(|| Content::find(self.db, &object.pieces))
            .transpose()?;
        Ok(Found { object, content })
    }
}
