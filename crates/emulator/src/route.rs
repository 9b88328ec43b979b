//! Tells the services on the one port apart and hands each request to its room.

use std::net::IpAddr;
use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use hyper::Request;
use hyper::body::Incoming;

use crate::body::{Reply, ReplyBody};
use crate::cloud::Cloud;
use crate::function::{ARCHIVES, TOKEN_PATH};
use crate::oss::{OssHost, WebRequest};
use crate::rpc::{RpcCall, is_form};
use crate::unserved::{self, Product};
use crate::{admin, oss};

/// API version of the CDN.
const CDN_VERSION: &str = "2018-05-10";
/// API version of `EventBridge`.
const BRIDGE_VERSION: &str = "2020-04-01";
/// API version of `CloudFlow`.
const FLOW_VERSION: &str = "2019-03-15";
/// Start of the path form in which functions are reachable without name resolution.
const FUNCTION_PATH: &str = "/_fc/";
/// Start of the path form in which sites are reachable without name resolution.
const SITE_PATH: &str = "/_site/";

/// Who answers a request.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Admin,
    Oss(OssHost),
    /// The website of the bucket that the host names.
    Website(String),
    Rpc,
    /// The API of Function Compute.
    Functions,
    /// Function Compute's older API: a key to upload code with.
    CodeToken,
    /// A function's http trigger by the path form: its name, and the rest of path and query.
    Trigger(String, String),
    /// A domain that leads to functions.
    FunctionDomain(String),
    Mns,
    /// The API that programs put events with.
    Events,
    /// A code package, by an address that was given out.
    Archive,
    /// An accelerated domain.
    Cdn(String),
    /// A site by name: an accelerated domain or else a bucket.
    Site(String),
    /// A site by the path form; `None` when the slash after its name is missing.
    SitePath(String, Option<String>),
    Unserved(Product),
}

/// Answers any request.
pub(crate) async fn answer(cloud: &Arc<Cloud>, request: Request<Incoming>) -> Reply {
    let host = host(&request);
    let room = choose(
        request.method(),
        request.uri(),
        request.headers(),
        &host,
        &Known {
            cdn: &|name| cloud.cdn.knows(name),
            functions: &|name| cloud.functions.knows(name),
        },
    );
    match room {
        Room::Admin => admin::answer(cloud, request).await,
        Room::Oss(OssHost::Bucket(bucket)) if is_visit(&request) && !bucket.is_empty() => {
            website(cloud, &bucket, request).await
        }
        Room::Oss(host) => cloud.oss.answer(host, request).await,
        Room::Website(bucket) => website(cloud, &bucket, request).await,
        Room::Rpc => rpc(cloud, request).await,
        Room::Functions => cloud.functions.answer(request).await,
        Room::Mns => cloud.mns.answer(request).await,
        Room::Events => cloud.bridge.answer(request).await,
        Room::CodeToken => cloud.functions.lend(&request).await,
        Room::Trigger(name, rest) => cloud.functions.visit((&name, rest), request).await,
        Room::FunctionDomain(name) => cloud.functions.visit_domain(&name, request).await,
        Room::Archive => cloud.functions.archive(request.uri()).await,
        Room::Cdn(domain) => cloud.cdn.serve(&domain, request).await,
        Room::Site(name) => site(cloud, &name, request).await,
        Room::SitePath(name, None) => redirect(&format!("{SITE_PATH}{name}/")),
        Room::SitePath(name, Some(rest)) => site_path(cloud, &name, &rest, request).await,
        Room::Unserved(product) => unserved::answer(product),
    }
}

/// The name that a request asks for: the target's authority, else `Host`; lower-case, without port.
fn host(request: &Request<Incoming>) -> String {
    let from_target = request.uri().authority().map(http::uri::Authority::as_str);
    let from_header = || {
        request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
    };
    let authority = from_target.or_else(from_header).unwrap_or_default();
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Whose names are known.
struct Known<'a> {
    cdn: &'a dyn Fn(&str) -> bool,
    functions: &'a dyn Fn(&str) -> bool,
}

fn choose(method: &Method, uri: &Uri, headers: &HeaderMap, host: &str, known: &Known<'_>) -> Room {
    let path = uri.path();
    let here = is_own_name(host);
    let is_domain = |name: &str| {
        let name = name.strip_suffix(".localhost").unwrap_or(name);
        (known.cdn)(name) || (known.functions)(name)
    };
    if here && path.starts_with("/_sdev/") {
        return Room::Admin;
    }
    if headers.contains_key("x-ots-apiversion") {
        return Room::Unserved(Product::TableStore);
    }
    if let Some(room) = choose_oss(uri, headers, host) {
        return room;
    }
    if path.starts_with("/2023-03-30/") {
        return Room::Functions;
    }
    if method == Method::GET && path == TOKEN_PATH {
        return Room::CodeToken;
    }
    if here && path.starts_with(ARCHIVES) {
        return Room::Archive;
    }
    if authorization(headers).starts_with("MNS ") || headers.contains_key("x-mns-version") {
        return Room::Mns;
    }
    if headers.contains_key("x-eventbridge-version") || path.starts_with("/openapi/") {
        return Room::Events;
    }
    if let Some(product) = choose_unserved(path) {
        return Room::Unserved(product);
    }
    if is_rpc(method, uri, headers) && !is_domain(host) {
        return Room::Rpc;
    }
    if here && let Some(rest) = path.strip_prefix(SITE_PATH) {
        return match rest.split_once('/') {
            Some((name, rest)) => Room::SitePath(site_name(name), Some(format!("/{rest}"))),
            None => Room::SitePath(site_name(rest), None),
        };
    }
    if here && let Some(rest) = path.strip_prefix(FUNCTION_PATH) {
        let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
        let query = uri.query().map(|query| format!("?{query}"));
        let rest = format!("/{path}{}", query.unwrap_or_default());
        return Room::Trigger(name.to_owned(), rest);
    }
    match host.strip_suffix(".localhost") {
        _ if here => Room::Oss(OssHost::Endpoint),
        _ if (known.cdn)(host) => Room::Cdn(host.to_owned()),
        _ if (known.functions)(host) => Room::FunctionDomain(host.to_owned()),
        Some(name) => Room::Site(name.to_owned()),
        None => Room::Site(host.to_owned()),
    }
}

/// Whether the host is the local cloud itself and no name that a site could have.
fn is_own_name(host: &str) -> bool {
    host.is_empty() || host == "localhost" || host.parse::<IpAddr>().is_ok()
}

fn site_name(encoded: &str) -> String {
    wire::escape::decode(encoded)
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn choose_oss(uri: &Uri, headers: &HeaderMap, host: &str) -> Option<Room> {
    let authorization = authorization(headers);
    if authorization.starts_with("AWS4-HMAC-SHA256") {
        return Some(Room::Unserved(Product::S3));
    }
    let named = oss_host(host);
    if let Some((bucket, true)) = named {
        return Some(Room::Website(bucket));
    }
    let signed = ["OSS ", "OSS2 ", "OSS4-HMAC-SHA256"]
        .iter()
        .any(|scheme| authorization.starts_with(scheme))
        || is_presigned(uri.query().unwrap_or_default());
    match named {
        Some((bucket, false)) => Some(Room::Oss(OssHost::Bucket(bucket))),
        _ if !signed => None,
        // `bkt.localhost` is how a client of the vendor names a bucket at an endpoint called localhost.
        _ => Some(Room::Oss(match host.strip_suffix(".localhost") {
            Some(bucket) => OssHost::Bucket(bucket.to_owned()),
            None => OssHost::Endpoint,
        })),
    }
}

/// The bucket in `[bkt.]oss-*.aliyuncs.com`, and whether the host is a website endpoint.
fn oss_host(host: &str) -> Option<(String, bool)> {
    let name = host.strip_suffix(".aliyuncs.com")?;
    let (bucket, endpoint) = name.rsplit_once('.').unwrap_or(("", name));
    let place = endpoint.strip_prefix("oss-")?;
    Some((
        bucket.to_owned(),
        place.starts_with("website") && !bucket.is_empty(),
    ))
}

fn authorization(headers: &HeaderMap) -> &str {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn is_presigned(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        name == "OSSAccessKeyId"
            || name.starts_with("x-oss-signature")
            || name == "x-oss-access-key-id"
    })
}

fn choose_unserved(path: &str) -> Option<Product> {
    let products = [
        ("/2016-08-15/", Product::OldFunctions),
        ("/pop/v1/sam/", Product::Applications),
    ];
    let found = products
        .into_iter()
        .find(|(start, _)| path.starts_with(start));
    found.map(|(_, product)| product)
}

fn is_rpc(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    if uri.path() != "/" {
        return false;
    }
    let query = uri.query().unwrap_or_default();
    headers.contains_key("x-acs-version")
        || headers.contains_key("x-acs-action")
        || query
            .split('&')
            .any(|pair| pair.starts_with("Action=") || pair.starts_with("Version="))
        || (method == Method::POST && is_form(headers))
}

async fn rpc(cloud: &Cloud, request: Request<Incoming>) -> Reply {
    match RpcCall::read(request).await {
        Ok(call) if call.version == CDN_VERSION => cloud.cdn.rpc(call).await,
        Ok(call) if call.version == FLOW_VERSION => cloud.flows.rpc(call).await,
        Ok(call) if call.version == BRIDGE_VERSION => cloud.bridge.rpc(call).await,
        Ok(call) => unserved::answer_rpc(&call),
        Err(reply) => reply,
    }
}

/// Whether a request comes from a visitor: a page is asked for and nobody signs.
fn is_visit(request: &Request<Incoming>) -> bool {
    let asks_page = request.method() == Method::GET || request.method() == Method::HEAD;
    asks_page
        && !request.headers().contains_key(header::AUTHORIZATION)
        && !is_presigned(request.uri().query().unwrap_or_default())
        && !oss::has_subresource(request.uri().query().unwrap_or_default())
}

async fn website(cloud: &Cloud, bucket: &str, request: Request<Incoming>) -> Reply {
    let Some(path) = wire::escape::decode(request.uri().path()) else {
        return plain(StatusCode::BAD_REQUEST, "the path is not UTF-8\n");
    };
    let web = WebRequest {
        method: request.method().clone(),
        path,
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
    };
    cloud.oss.web(bucket, web).await
}

async fn site(cloud: &Cloud, name: &str, request: Request<Incoming>) -> Reply {
    if cloud.cdn.knows(name) {
        return cloud.cdn.serve(name, request).await;
    }
    if cloud.functions.knows(name) {
        return cloud.functions.visit_domain(name, request).await;
    }
    match cloud.oss.has_bucket(name).await {
        Ok(true) => website(cloud, name, request).await,
        Ok(false) => {
            let message = format!("the local cloud knows no site or bucket called {name:?}\n");
            plain(StatusCode::NOT_FOUND, &message)
        }
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
    }
}

async fn site_path(cloud: &Cloud, name: &str, rest: &str, mut request: Request<Incoming>) -> Reply {
    let target = match request.uri().query() {
        Some(query) => PathAndQuery::try_from(format!("{rest}?{query}")),
        None => PathAndQuery::try_from(rest),
    };
    let (Ok(target), Ok(host)) = (target, HeaderValue::try_from(name)) else {
        return plain(StatusCode::BAD_REQUEST, "no such site\n");
    };
    *request.uri_mut() = Uri::from(target);
    request.headers_mut().insert(header::HOST, host);
    let mut reply = site(cloud, name, request).await;
    let location = reply
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok());
    let moved = location
        .filter(|location| location.starts_with('/') && !location.starts_with("//"))
        .and_then(|location| HeaderValue::try_from(format!("/_site/{name}{location}")).ok());
    if let Some(moved) = moved {
        reply.headers_mut().insert(header::LOCATION, moved);
    }
    reply
}

fn redirect(to: &str) -> Reply {
    let Ok(location) = HeaderValue::try_from(wire::escape::path(to)) else {
        return plain(StatusCode::BAD_REQUEST, "no such site\n");
    };
    let mut reply = plain(StatusCode::FOUND, "");
    reply.headers_mut().insert(header::LOCATION, location);
    reply
}

fn plain(status: StatusCode, text: &str) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(text.to_owned()));
    *reply.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(header::CONTENT_TYPE, kind);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(method: &str, target: &str, host: &str, headers: &[(&str, &str)]) -> Room {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let known = Known {
            cdn: &|name| name == "www.shop.test",
            functions: &|name| name == "api.shop.test",
        };
        choose(&method, &target.parse().unwrap(), &map, host, &known)
    }

    fn check(cases: Vec<(Room, Room)>) {
        for (number, (got, expected)) in cases.into_iter().enumerate() {
            assert_eq!(got, expected, "case {number}");
        }
    }

    #[test]
    fn events_are_put_by_their_path_or_their_version() {
        let version = [("x-eventbridge-version", "2015-06-06")];
        check(vec![
            (
                room("POST", "/openapi/putEvents", "127.0.0.1", &[]),
                Room::Events,
            ),
            (room("POST", "/other", "127.0.0.1", &version), Room::Events),
        ]);
    }

    #[test]
    fn the_object_storage_is_known_by_signature_host_or_plain_address() {
        let bucket = |name: &str| Room::Oss(OssHost::Bucket(name.to_owned()));
        let endpoint = || Room::Oss(OssHost::Endpoint);
        let v1 = [("authorization", "OSS AKID:x")];
        let (real, at) = ("oss-cn-hangzhou.aliyuncs.com", "127.0.0.1");
        let website = "bkt.oss-website-cn-hangzhou.aliyuncs.com";
        check(vec![
            (room("GET", "/bkt/key", at, &v1), endpoint()),
            (room("GET", "/bkt/key", at, &[]), endpoint()),
            (room("GET", "/b/k?OSSAccessKeyId=A", "::1", &[]), endpoint()),
            (
                room("PUT", "/k", &format!("bkt.{real}"), &v1),
                bucket("bkt"),
            ),
            (room("GET", "/", &format!(".{real}"), &v1), bucket("")),
            (room("GET", "/", real, &v1), bucket("")),
            (room("GET", "/", website, &[]), Room::Website("bkt".into())),
            (room("PUT", "/k", "bkt.localhost", &v1), bucket("bkt")),
        ]);
    }

    #[test]
    fn calls_and_sites_reach_their_rooms() {
        let cdn = [("x-acs-version", "2018-05-10")];
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let (at, shop) = ("127.0.0.1", "www.shop.test");
        let listed = "/?Action=ListFlows&Version=2019-03-15";
        let path = |rest: Option<&str>| Room::SitePath("bkt".into(), rest.map(str::to_owned));
        check(vec![
            (room("GET", "/_sdev/status", at, &[]), Room::Admin),
            (room("POST", "/", at, &cdn), Room::Rpc),
            (room("POST", "/", at, &form), Room::Rpc),
            (room("GET", listed, at, &[]), Room::Rpc),
            (
                room("GET", "/2023-03-30/functions", at, &[]),
                Room::Functions,
            ),
            (room("GET", TOKEN_PATH, at, &[]), Room::CodeToken),
            (
                room("GET", "/queues/q", at, &[("authorization", "MNS A:s")]),
                Room::Mns,
            ),
            (
                room("PUT", "/topics/t", shop, &[("x-mns-version", "2015-06-06")]),
                Room::Mns,
            ),
            (room("GET", "/", shop, &[]), Room::Cdn(shop.into())),
            (room("POST", "/", shop, &form), Room::Cdn(shop.into())),
            (
                room("POST", "/", "api.shop.test", &form),
                Room::FunctionDomain("api.shop.test".into()),
            ),
            (
                room("GET", "/_fc/f.1/a%20b?c", at, &[]),
                Room::Trigger("f.1".into(), "/a%20b?c".into()),
            ),
            (
                room("GET", "/_fc/f", at, &[]),
                Room::Trigger("f".into(), "/".into()),
            ),
            (
                room("GET", "/_sdev/stop", shop, &[]),
                Room::Cdn(shop.into()),
            ),
            (
                room("GET", "/a", "www.shop.test.localhost", &[]),
                Room::Site(shop.into()),
            ),
            (room("GET", "/_site/bkt", "localhost", &[]), path(None)),
            (
                room("GET", "/_site/bkt/a/b", "localhost", &[]),
                path(Some("/a/b")),
            ),
        ]);
    }

    #[test]
    fn products_that_are_not_served_are_recognised() {
        let unserved = |got: Room, product| assert_eq!(got, Room::Unserved(product));
        let at = "127.0.0.1";
        unserved(
            room("POST", "/GetRow", at, &[("x-ots-apiversion", "2015-12-31")]),
            Product::TableStore,
        );
        let s3 = [(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=A/20260101/r/s3/aws4_request",
        )];
        unserved(room("PUT", "/b/k", at, &s3), Product::S3);
        for (method, path) in [("GET", "/2016-08-15/services"), ("PUT", TOKEN_PATH)] {
            unserved(room(method, path, at, &[]), Product::OldFunctions);
        }
        unserved(
            room("GET", "/pop/v1/sam/app", at, &[]),
            Product::Applications,
        );
    }
}
