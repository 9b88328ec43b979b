//! From a visitor's request to the function that it is for, past whatever guards it.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use runtime::{BoxError, CallBody};
use serde_json::Value as Json;

use super::admit::{Entrance, domain_entrance, entrance, methods};
use super::cors::Cors;
use super::header::forwarded_for;
use super::serve::{read, whole};
use super::token::Sent;
use super::{bearer, rewrite, route, token};
use crate::body::Reply;
use crate::function::error::{FcError, Outcome};
use crate::function::model::{Domain, Route};
use crate::function::resolve::Target;
use crate::function::service::{Functions, Shared};
use crate::identity::request_uuid;
use crate::rpc::RpcCall;
use crate::server::Peer;

/// What the vendor's own names of functions end with.
const OWN_NAMES: &str = ".fcapp.run";

/// Function and qualifier in `<function>[.<qualifier>].<region>.fcapp.run`, in lower case as hosts are. Functions are not kept by region
/// here, so that of the name may be any.
pub(in crate::function) fn own_name(host: &str) -> Option<(&str, &str)> {
    let (name, region) = host.strip_suffix(OWN_NAMES)?.rsplit_once('.')?;
    if name.is_empty() || !is_region(region) {
        return None;
    }
    match name.split_once('.') {
        None => Some((name, "LATEST")),
        Some((name, "latest")) => Some((name, "LATEST")),
        named => named,
    }
}

/// Whether a text has the form of a region's id, such as `cn-hangzhou` and `ap-southeast-1`.
fn is_region(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains('-')
        && text.split('-').all(is_word)
}

/// A request and what it is for.
pub(super) struct Visit {
    pub(super) request: Request<CallBody>,
    pub(super) about: About,
}

/// What a request is for.
pub(super) struct About {
    pub(super) request_id: String,
    pub(super) host: String,
    /// Where the visitor is.
    pub(super) source_ip: String,
    /// What the function shall see of path and query.
    pub(super) target: String,
    /// What of the path led to the function.
    pub(super) base_path: String,
}

impl Functions {
    /// Answers a request to `/_fc/{name}{rest}`, the address of a function's http trigger.
    pub(crate) async fn visit(
        &self,
        (name, rest): (&str, String),
        request: Request<Incoming>,
    ) -> Reply {
        let (function, qualifier) = name.split_once('.').unwrap_or((name, "LATEST"));
        let host = format!("{}.{}{OWN_NAMES}", function.to_lowercase(), self.0.region);
        let mut visit = Visit::new(host, request.map(boxed));
        visit.about.target = rest;
        visit.about.base_path = format!("/_fc/{name}");
        let id = visit.about.request_id.clone();
        finished(
            self.0.visit_trigger((function, qualifier), visit).await,
            &id,
        )
    }

    /// Answers a request to a name for which [`Functions::knows`] is true.
    pub(crate) async fn visit_domain(&self, name: &str, request: Request<Incoming>) -> Reply {
        self.visit_name(name, Visit::new(name.to_owned(), request.map(boxed)))
            .await
    }

    /// Answers a CDN that asks such a name as its origin, for the visitor that it names last in `X-Forwarded-For`.
    pub(crate) async fn visit_as_origin(&self, name: &str, request: Request<CallBody>) -> Reply {
        let forwarded = forwarded_for(request.headers());
        let mut visit = Visit::new(name.to_owned(), request);
        if let Some(address) = forwarded {
            visit.about.source_ip = address;
        }
        self.visit_name(name, visit).await
    }

    async fn visit_name(&self, name: &str, visit: Visit) -> Reply {
        let id = visit.about.request_id.clone();
        let answered = match self.0.resolver.domain(name) {
            Some(domain) => self.0.visit_route(&domain, visit).await,
            None => match own_name(name) {
                Some(called) => self.0.visit_own(called, visit).await,
                None => Err(FcError::missing(
                    "DomainNameNotFound",
                    format!("domain name '{name}' does not exist"),
                )),
            },
        };
        finished(answered, &id)
    }
}

impl Visit {
    fn new(host: String, request: Request<CallBody>) -> Self {
        let target = request.uri().path_and_query();
        let target = target.map_or("/", |target| target.as_str()).to_owned();
        let peer = request.extensions().get::<Peer>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0);
        let about = About {
            request_id: request_uuid(),
            host,
            source_ip: peer.to_canonical().to_string(),
            target,
            base_path: String::new(),
        };
        Self { request, about }
    }
}

impl Shared {
    /// Serves a request to the vendor's own name of a function, which may be spelled with capitals.
    async fn visit_own(&self, (name, qualifier): (&str, &str), visit: Visit) -> Outcome<Reply> {
        match self.resolver.target(name, qualifier).await {
            Err(error) if ["FunctionNotFound", "AliasNotFound"].contains(&error.code) => {
                let (name, qualifier) = self.resolver.spelled(name, qualifier).await?;
                self.visit_trigger((&name, &qualifier), visit).await
            }
            _ => self.visit_trigger((name, qualifier), visit).await,
        }
    }

    async fn visit_trigger(
        &self,
        (function, qualifier): (&str, &str),
        visit: Visit,
    ) -> Outcome<Reply> {
        let target = self.resolver.target(function, qualifier).await?;
        let trigger = target.web.clone().ok_or_else(|| {
            FcError::missing(
                "TriggerNotFound",
                format!("function '{function}' has no http trigger for {qualifier}"),
            )
        })?;
        let methods = methods(&trigger);
        let cors = Cors::read(&trigger.config["corsConfig"], visit.request.headers());
        let is_disabled = trigger.config["disableURLInternet"] == true;
        if let Some(reply) = preflight(cors.as_ref().filter(|_| !is_disabled), &visit, &methods) {
            return Ok(reply);
        }
        let id = visit.about.request_id.clone();
        let answered = match entrance(&trigger, visit.request.method()) {
            Ok(entrance) => self.let_in(entrance, &target, visit, |target| target).await,
            Err(error) => Err(error),
        };
        stamped(cors.as_ref(), answered, &id)
    }

    async fn visit_route(&self, domain: &Domain, visit: Visit) -> Outcome<Reply> {
        let path = visit.about.target.split('?').next().unwrap_or_default();
        let route = route::choose(domain.routes(), path).ok_or_else(|| {
            let message = format!(
                "no route of domain '{}' fits the path '{path}'",
                domain.name
            );
            FcError::missing("PathNotSupported", message)
        })?;
        let methods: Vec<&str> = route.methods.iter().map(String::as_str).collect();
        let cors = Cors::read(&domain.other["corsConfig"], visit.request.headers());
        if let Some(reply) = preflight(cors.as_ref(), &visit, &methods) {
            return Ok(reply);
        }
        let id = visit.about.request_id.clone();
        let answered = self.take_route(domain, route, visit).await;
        stamped(cors.as_ref(), answered, &id)
    }

    async fn take_route(&self, domain: &Domain, route: &Route, visit: Visit) -> Outcome<Reply> {
        let method = visit.request.method().as_str();
        if !route.methods.is_empty() && !route.methods.iter().any(|known| known == method) {
            let message = format!("the route takes {}", route.methods.join(", "));
            let status = StatusCode::METHOD_NOT_ALLOWED;
            return Err(FcError::new(status, "MethodNotAllowed", message));
        }
        let entrance = domain_entrance(domain)?;
        let target = self
            .resolver
            .target(&route.function_name, route.qualifier())
            .await?;
        let rewritten = |target: String| rewrite::target(&route.rewrite_config, &target);
        self.let_in(entrance, &target, visit, rewritten).await
    }

    /// Serves a request whose sender may come in; `rewrite` makes of the path and query what the function shall see.
    async fn let_in(
        &self,
        entrance: Entrance,
        target: &Target,
        mut visit: Visit,
        rewrite: impl FnOnce(String) -> String + Send,
    ) -> Outcome<Reply> {
        match entrance {
            Entrance::Anonymous => {}
            Entrance::Token(config) => visit = self.proven(&config, visit).await?,
            Entrance::Bearer(config) => bearer::admit(&config, visit.request.headers())?,
            Entrance::Signed => visit = self.checked(visit).await?,
        }
        visit.about.target = rewrite(visit.about.target);
        self.serve(target, visit).await
    }

    /// Checks the web token of a request and adds the claims that are passed on. Its body is read only where it is a form that
    /// counts.
    async fn proven(&self, config: &Json, visit: Visit) -> Outcome<Visit> {
        let (parts, mut body) = visit.request.into_parts();
        let mut form = None;
        if token::reads_form(config, &parts.headers)? {
            let text = String::from_utf8(read(body).await?.into());
            form = Some(text.map_err(|_| FcError::invalid("the form is not UTF-8"))?);
            body = whole(Bytes::new());
        }
        let target = visit.about.target;
        let mut sent = Sent {
            parts,
            target,
            form,
        };
        token::admit(config, &mut sent, self.now_ms().div_euclid(1000))?;
        if let Some(form) = sent.form {
            let length = HeaderValue::from(form.len());
            sent.parts.headers.insert(header::CONTENT_LENGTH, length);
            body = whole(form.into());
        }
        let target = sent.target;
        Ok(Visit {
            request: Request::from_parts(sent.parts, body),
            about: About {
                target,
                ..visit.about
            },
        })
    }

    /// Reads a request whole and checks that the account signed it.
    async fn checked(&self, visit: Visit) -> Outcome<Visit> {
        let (parts, body) = visit.request.into_parts();
        let body = read(body).await?;
        let call = RpcCall {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            body: body.clone(),
            params: Vec::new(),
            version: String::new(),
            action: String::new(),
            request_id: visit.about.request_id.clone(),
        };
        if self.verifier.refuse(&call).is_some() {
            let message =
                "the authType is function, and the request is not signed with the account's key";
            return Err(FcError::new(StatusCode::FORBIDDEN, "AccessDenied", message));
        }
        Ok(Visit {
            request: Request::from_parts(parts, whole(body)),
            about: visit.about,
        })
    }
}

fn boxed(body: Incoming) -> CallBody {
    CallBody::new(body.map_err(BoxError::from))
}

/// The reply to a preflight, when there is a configuration that answers it.
fn preflight(cors: Option<&Cors<'_>>, visit: &Visit, methods: &[&str]) -> Option<Reply> {
    let (method, headers): (&Method, _) = (visit.request.method(), visit.request.headers());
    let cors = cors?;
    let answered = cors.preflight(method, headers, methods)?;
    let mut reply = answered.unwrap_or_else(|error| error.reply(&visit.about.request_id));
    cors.stamp(reply.headers_mut(), true);
    Some(reply)
}

/// A refusal is stamped too, so that a page that may ask can read why.
fn stamped(cors: Option<&Cors<'_>>, answered: Outcome<Reply>, id: &str) -> Outcome<Reply> {
    let Some(cors) = cors else {
        return answered;
    };
    let mut reply = answered.unwrap_or_else(|error| error.reply(id));
    cors.stamp(reply.headers_mut(), false);
    Ok(reply)
}

/// The reply, with what every reply of the gateway carries.
fn finished(answered: Outcome<Reply>, request_id: &str) -> Reply {
    let mut reply = answered.unwrap_or_else(|error| error.reply(request_id));
    if let Ok(id) = HeaderValue::try_from(request_id) {
        reply.headers_mut().insert("x-fc-request-id", id);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_names_lead_to_functions_whatever_their_region() {
        for (host, expected) in [
            ("f.cn-hangzhou.fcapp.run", Some(("f", "LATEST"))),
            ("f.latest.ap-southeast-1.fcapp.run", Some(("f", "LATEST"))),
            ("f.prod.cn-hangzhou-finance.fcapp.run", Some(("f", "prod"))),
            ("f.fcapp.run", None),
            ("f.prod.fcapp.run", None),
            ("cn-hangzhou.fcapp.run", None),
            (".cn-hangzhou.fcapp.run", None),
            ("f.cn-.fcapp.run", None),
            ("f.1-cn.fcapp.run", None),
            ("f.cn-hangzhou.example.com", None),
        ] {
            assert_eq!(own_name(host), expected, "{host}");
        }
    }
}
