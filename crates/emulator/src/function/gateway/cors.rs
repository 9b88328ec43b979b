//! What a `corsConfig` says to browsers that come from another site (the Fetch standard's CORS protocol).
//!
//! With one, the gateway alone speaks: it answers preflights, before any check of who asks, and replaces what code says
//! of the matter. Without one, everything is the code's. The vendor's defaults are not documented; chosen are: any origin,
//! the methods of the trigger or route, the headers that are asked for.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value as Json;

use crate::body::{Reply, ReplyBody};
use crate::function::error::{FcError, Outcome};

/// Methods that a preflight names when neither the configuration nor the trigger does.
const METHODS: &str = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS";
/// Headers of the protocol in responses.
const SPOKEN: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// A configuration, and the origin that a request names.
pub(super) struct Cors<'c> {
    config: &'c Json,
    /// What `Origin` says, when the configuration allows it.
    allowed: Option<HeaderValue>,
}

impl<'c> Cors<'c> {
    /// Reads a configuration; `None` when it says nothing.
    pub(super) fn read(config: &'c Json, asked: &HeaderMap) -> Option<Self> {
        config.as_object().filter(|fields| !fields.is_empty())?;
        let origin = asked.get(header::ORIGIN);
        let allowed = origin.filter(|origin| {
            let origin = origin.to_str().unwrap_or_default();
            let patterns = list(&config["allowOrigins"]);
            patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, origin))
        });
        Some(Self {
            config,
            allowed: allowed.cloned(),
        })
    }

    /// The answer to a preflight; `None` when the request is none. `methods` are those that the trigger or route takes.
    pub(super) fn preflight(
        &self,
        method: &Method,
        asked: &HeaderMap,
        methods: &[&str],
    ) -> Option<Outcome<Reply>> {
        let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        if method != Method::OPTIONS || !asked.contains_key(header::ORIGIN) {
            return None;
        }
        Some(self.answer(wanted, asked, methods))
    }

    fn answer(&self, wanted: &HeaderValue, asked: &HeaderMap, methods: &[&str]) -> Outcome<Reply> {
        if self.allowed.is_none() {
            return Err(refused("corsConfig does not allow this origin"));
        }
        let own = list(&self.config["allowMethods"]);
        let methods = match (own.as_slice(), methods) {
            ([], []) | (["*"], _) => METHODS.to_owned(),
            ([], methods) => methods.join(", "),
            (own, _) => own.join(", "),
        };
        let is_among = |name: &str| name.trim().as_bytes() == wanted.as_bytes();
        if !methods.split(',').any(is_among) {
            return Err(refused("corsConfig does not allow this method"));
        }
        let mut reply = Reply::new(ReplyBody::empty());
        *reply.status_mut() = StatusCode::NO_CONTENT;
        let headers = reply.headers_mut();
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &methods);
        if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            let wanted = wanted.to_str().unwrap_or_default();
            let own = list(&self.config["allowHeaders"]);
            let names = || wanted.split(',').map(str::trim);
            let knows = |name: &str| own.iter().any(|own| own.eq_ignore_ascii_case(name));
            if !own.is_empty() && !own.contains(&"*") && !names().all(knows) {
                return Err(refused("corsConfig does not allow these headers"));
            }
            set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
        if let Some(age) = self.config["maxAge"].as_u64() {
            set(headers, header::ACCESS_CONTROL_MAX_AGE, &age.to_string());
        }
        Ok(reply)
    }

    /// Says in a response who may read it. A preflight's own answers stay.
    pub(super) fn stamp(&self, headers: &mut HeaderMap, is_preflight: bool) {
        if !is_preflight {
            for name in SPOKEN {
                headers.remove(name);
            }
        }
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = &self.allowed else {
            return;
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.config["allowCredentials"] == true {
            set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        let exposed = list(&self.config["exposeHeaders"]).join(", ");
        if !is_preflight && !exposed.is_empty() {
            set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &exposed);
        }
    }
}

fn refused(message: &str) -> FcError {
    FcError::new(StatusCode::FORBIDDEN, "AccessDenied", message)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn list(value: &Json) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Json::as_str).collect()
}

/// Whether an origin is the pattern, in which one `*` stands for anything.
fn fits(pattern: &str, origin: &str) -> bool {
    let (pattern, origin) = (pattern.to_ascii_lowercase(), origin.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => pattern == origin,
        Some((begin, end)) => {
            origin.len() >= begin.len() + end.len()
                && origin.starts_with(begin)
                && origin.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_in_an_origin_stands_for_anything() {
        for (pattern, origin, expected) in [
            ("*", "null", true),
            ("https://a.test", "https://A.test", true),
            ("https://a.test", "https://a.test.evil", false),
            ("https://*.a.test", "https://x.y.a.test", true),
            ("https://*.a.test", "https://a.test", false),
            ("http://localhost:*", "http://localhost:5173", true),
        ] {
            assert_eq!(fits(pattern, origin), expected, "{pattern} {origin}");
        }
    }

    #[test]
    fn preflights_are_answered_by_the_configuration_or_its_defaults() {
        let ask = |config: Json, origin: &'static str, method: &'static str| {
            let mut asked = HeaderMap::new();
            asked.insert(header::ORIGIN, HeaderValue::from_static(origin));
            let method = HeaderValue::from_static(method);
            asked.insert(header::ACCESS_CONTROL_REQUEST_METHOD, method);
            let wanted = HeaderValue::from_static("x-a, X-B");
            asked.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, wanted);
            let cors = Cors::read(&config, &asked)?;
            let answer = cors.preflight(&Method::OPTIONS, &asked, &["GET", "POST"])?;
            Some(answer.map(|reply| {
                let methods = &reply.headers()[header::ACCESS_CONTROL_ALLOW_METHODS];
                methods.to_str().unwrap().to_owned()
            }))
        };
        let ok = |methods: &str| Some(Ok(methods.to_owned()));
        assert_eq!(ask(json!(null), "o", "GET"), None);
        assert_eq!(ask(json!({}), "o", "GET"), None);
        assert_eq!(ask(json!({"maxAge": 1}), "o", "POST"), ok("GET, POST"));
        let all = json!({"allowMethods": ["*"], "allowHeaders": ["X-A", "x-b"]});
        assert_eq!(ask(all, "o", "PATCH"), ok(METHODS));
        for wrong in [
            json!({"allowOrigins": ["p"]}),
            json!({"allowMethods": ["PUT"]}),
            json!({"allowHeaders": ["x-a"]}),
        ] {
            let refused = ask(wrong.clone(), "o", "GET");
            assert!(matches!(refused, Some(Err(_))), "{wrong}");
        }
    }
}
