//! A web request as the event that a handler gets, and the handler's answer as a response. Both are the vendor's version `v1`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value as Json, json};

use super::header::is_own;

/// Headers that the gateway sets itself, so that code cannot.
pub(super) const OWN: &[&str] = &[
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
    "upgrade",
];

/// What the gateway knows of a request beside itself.
pub(super) struct Circumstance<'a> {
    pub(super) account: &'a str,
    /// The host that was asked, without port.
    pub(super) domain: &'a str,
    pub(super) source_ip: &'a str,
    /// The http trigger's id, if there is one.
    pub(super) trigger_id: Option<&'a str>,
    pub(super) request_id: &'a str,
    pub(super) now_ms: i64,
}

/// The event of a request. `path` is what the function shall see, still encoded.
pub(super) fn event(
    head: &http::request::Parts,
    (path, query): (&str, &str),
    body: &[u8],
    about: &Circumstance<'_>,
) -> Bytes {
    let mut headers: Map<String, Json> = Map::new();
    for name in head.headers.keys() {
        let values: Vec<_> = head
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        headers.insert(canonical(name.as_str()), values.join(",").into());
    }
    let mut parameters: Map<String, Json> = Map::new();
    for (name, value) in wire::escape::parse_form(query) {
        match parameters.get_mut(&name) {
            Some(Json::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => drop(parameters.insert(name, value.into())),
        }
    }
    let (body, is_base64) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(body), true),
    };
    let time = super::super::model::shown_time(about.now_ms);
    let prefix = about.domain.split('.').next().unwrap_or_default();
    let agent = head.headers.get(http::header::USER_AGENT);
    let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    let mut event = json!({
        "version": "v1",
        "rawPath": path,
        "body": body,
        "isBase64Encoded": is_base64,
        "headers": headers,
        "queryParameters": parameters,
        "requestContext": {
            "accountId": about.account,
            "domainName": about.domain,
            "domainPrefix": prefix,
            "requestId": about.request_id,
            "time": time,
            "timeEpoch": about.now_ms.to_string(),
            "http": {
                "method": head.method.as_str(),
                "path": wire::escape::decode(path).unwrap_or_else(|| path.to_owned()),
                "protocol": format!("{:?}", head.version),
                "sourceIp": about.source_ip,
                "userAgent": agent.unwrap_or_default(),
            },
        },
    });
    if let Some(id) = about.trigger_id {
        event["requestContext"]["triggerId"] = id.into();
    }
    event.to_string().into()
}

/// A header's name as the vendor writes it: `User-Agent`.
fn canonical(name: &str) -> String {
    let mut start = true;
    name.chars()
        .map(|c| {
            let shown = if start { c.to_ascii_uppercase() } else { c };
            start = c == '-';
            shown
        })
        .collect()
}

/// The response that a handler's answer means: an object with `statusCode`, else the whole answer with 200.
pub(super) fn response(answer: &Bytes) -> Result<Response<Bytes>, &'static str> {
    let parsed = serde_json::from_slice::<Map<String, Json>>(answer).ok();
    let Some(object) = parsed.filter(|object| object.contains_key("statusCode")) else {
        let mut response = Response::new(answer.clone());
        let kind = match serde_json::from_slice::<serde::de::IgnoredAny>(answer) {
            Ok(_) => "application/json",
            Err(_) => "text/plain; charset=utf-8",
        };
        let kind = HeaderValue::from_static(kind);
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, kind);
        return Ok(response);
    };
    let status = match &object["statusCode"] {
        Json::String(text) => text.parse().ok(),
        number => number
            .as_u64()
            .and_then(|number| u16::try_from(number).ok()),
    };
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status
        .filter(|status| status.as_u16() >= 200)
        .ok_or("statusCode is not a status from 200 to 999")?;
    let text = match object.get("body") {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let is_base64 = matches!(
        object.get("isBase64Encoded"),
        Some(Json::Bool(true) | Json::String(_))
    ) && object["isBase64Encoded"] != "false";
    let body = if is_base64 {
        let decoded = STANDARD.decode(&text);
        decoded.map_err(|_| "body is not base64, and isBase64Encoded says that it is")?
    } else {
        text.into_bytes()
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    if let Some(Json::Object(headers)) = object.get("headers") {
        *response.headers_mut() = read_headers(headers)?;
    }
    Ok(response)
}

fn read_headers(from: &Map<String, Json>) -> Result<HeaderMap, &'static str> {
    let mut headers = HeaderMap::new();
    for (name, value) in from {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header's name is none")?;
        if is_own(name.as_str()) {
            continue;
        }
        let values = match value {
            Json::Array(values) => values.iter().map(shown).collect(),
            one => vec![shown(one)],
        };
        for value in values {
            let value = HeaderValue::try_from(value).map_err(|_| "a header's value is none")?;
            headers.append(name.clone(), value);
        }
    }
    Ok(headers)
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_the_vendors_event() {
        let request = http::Request::get("/a%20b?x=1&x=2&y=")
            .header("user-agent", "curl/8")
            .header("x-two", "1")
            .header("x-two", "2")
            .body(());
        let (head, ()) = request.unwrap().into_parts();
        let about = Circumstance {
            account: "1",
            domain: "f-abc.cn-hangzhou.fcapp.run",
            source_ip: "127.0.0.1",
            trigger_id: Some("t-1"),
            request_id: "id",
            now_ms: 1_690_000_000_123,
        };
        let event = event(&head, ("/a%20b", "x=1&x=2&y="), b"\xff", &about);
        let event: Json = serde_json::from_slice(&event).unwrap();
        let expected = json!({
            "version": "v1", "rawPath": "/a%20b", "body": "/w==", "isBase64Encoded": true,
            "headers": {"User-Agent": "curl/8", "X-Two": "1,2"},
            "queryParameters": {"x": "1,2", "y": ""},
            "requestContext": {
                "accountId": "1", "domainName": "f-abc.cn-hangzhou.fcapp.run", "domainPrefix": "f-abc",
                "requestId": "id", "triggerId": "t-1", "time": "2023-07-22T04:26:40Z", "timeEpoch": "1690000000123",
                "http": {
                    "method": "GET", "path": "/a b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                    "userAgent": "curl/8",
                },
            },
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn answers_become_responses() {
        let read = |json: Json| response(&json.to_string().into());
        let full = read(json!({
            "statusCode": 201, "headers": {"X-A": "1", "Set-Cookie": ["a", "b"], "Server": "me", "x-fc-z": "1"},
            "isBase64Encoded": true, "body": "aGk=",
        }));
        let full = full.unwrap();
        assert_eq!(
            (full.status(), &full.body()[..]),
            (StatusCode::CREATED, &b"hi"[..])
        );
        assert_eq!(full.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(full.headers().len(), 3);
        let plain = read(json!({"any": "thing"})).unwrap();
        assert_eq!(plain.status(), 200);
        assert_eq!(plain.headers()["content-type"], "application/json");
        assert!(read(json!({"statusCode": 7})).is_err());
        assert!(read(json!({"statusCode": 200, "isBase64Encoded": true, "body": "?"})).is_err());
        assert!(read(json!({"statusCode": 200, "headers": {"a b": "c"}})).is_err());
        assert_eq!(
            response(&Bytes::from_static(b"hello")).unwrap().body(),
            "hello"
        );
    }
}
