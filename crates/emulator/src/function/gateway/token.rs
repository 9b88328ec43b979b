//! Admission by a web token, the `authType` `jwt` of triggers and domains: which paths need one, where it is, what of it is
//! passed on.
//!
//! Tokens are looked for, and claims passed, in headers, cookies, the query and forms. A form is a body of the type
//! `application/x-www-form-urlencoded`; where claims are passed in forms, those of several parts are refused as not served, since a
//! visitor could write claims there. That a claim's own name comes before that by which it is passed on is what the vendor's
//! tool (devsapp/fc3) writes of its `claimName` and `mappingParameterName`. A token that is missing or bad is answered with 403; that is our choice.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value as Json};

use super::jwt;
use crate::function::error::{FcError, Outcome};

/// Where a request may bear a token, and where its function may find claims.
pub(super) struct Sent {
    pub(super) parts: Parts,
    /// Path and query.
    pub(super) target: String,
    /// The body, where it is a form that counts.
    pub(super) form: Option<String>,
}

/// Whether the body of a request must be read, since it is a form in which `config` (an `authConfig`) looks for tokens or passes
/// claims.
pub(super) fn reads_form(config: &Json, headers: &HeaderMap) -> Outcome<bool> {
    let is_named = |list: &str| {
        let mut entries = entries(&config[list]).into_iter();
        entries.any(|(place, _, _)| place == "form")
    };
    let kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kinds = kinds.map(|kind| String::from_utf8_lossy(kind.as_bytes()).to_ascii_lowercase());
    let kinds: Vec<String> = kinds.collect();
    let is = |beginning: &str| kinds.iter().any(|kind| kind.trim().starts_with(beginning));
    if is_named("claimPassBy") && is("multipart/") {
        return Err(FcError::unserved(
            "claims passed in a form of several parts",
        ));
    }
    let counts = is_named("claimPassBy") || is_named("tokenLookup");
    Ok(counts && is("application/x-www-form-urlencoded"))
}

/// Lets a request in or refuses it, and adds the claims that `config` (an `authConfig`) wants passed on. `now` is in seconds
/// since 1970.
pub(super) fn admit(config: &Json, sent: &mut Sent, now: i64) -> Outcome<()> {
    for (place, _, name) in entries(&config["claimPassBy"]) {
        forget(place, name, sent);
    }
    if !needs_token(config, sent.target.split('?').next().unwrap_or_default())? {
        return Ok(());
    }
    let keys = config["jwks"]["keys"].as_array();
    let keys = keys.map(Vec::as_slice).unwrap_or_default();
    let token = find(config, sent)?.ok_or_else(|| refused("the request has no token"))?;
    let claims = jwt::claims(&token, keys, now).map_err(refused)?;
    pass(config, &claims, sent)
}

/// Takes out what only the gateway may say, also where no token is needed.
fn forget(place: &str, name: &str, sent: &mut Sent) {
    match place {
        "header" => drop(sent.parts.headers.remove(name)),
        "query" => {
            if let Some((path, query)) = sent.target.split_once('?') {
                let kept = without(query, name);
                let mark = if kept.is_empty() { "" } else { "?" };
                sent.target = format!("{path}{mark}{kept}");
            }
        }
        "form" => {
            if let Some(form) = &mut sent.form {
                *form = without(form, name);
            }
        }
        "cookie" => {
            let all = cookies(&sent.parts).into_iter();
            let kept: Vec<_> = all.filter(|(own, _)| own != name).collect();
            set_cookies(&mut sent.parts, &kept);
        }
        _ => {}
    }
}

/// The pairs of a query or form but those of a name, as they were written.
fn without(pairs: &str, name: &str) -> String {
    let is_other = |pair: &&str| {
        let own = pair.split('=').next().unwrap_or_default();
        wire::escape::decode_form(own) != name
    };
    let kept: Vec<&str> = pairs.split('&').filter(is_other).collect();
    kept.join("&")
}

fn refused(why: &str) -> FcError {
    FcError::new(StatusCode::FORBIDDEN, "AccessDenied", format!("jwt: {why}"))
}

fn needs_token(config: &Json, path: &str) -> Outcome<bool> {
    let list = |name: &str| config[name].as_array().filter(|list| !list.is_empty());
    // A path that a server may read in another way than it is written needs a token.
    let decoded = wire::escape::decode(path);
    let Some(path) = decoded.filter(|path| !path.contains("..") && !path.contains("//")) else {
        return Ok(true);
    };
    let fits = |list: &Vec<Json>| {
        let mut patterns = list.iter().filter_map(Json::as_str);
        patterns.any(|pattern| match pattern.strip_suffix('*') {
            Some(begin) => path.starts_with(begin),
            None => pattern == path,
        })
    };
    match (list("whitelist"), list("blacklist")) {
        (Some(_), Some(_)) => Err(FcError::invalid(
            "authConfig has a whitelist and a blacklist",
        )),
        (Some(free), None) => Ok(!fits(free)),
        (None, Some(bound)) => Ok(fits(bound)),
        (None, None) => Ok(true),
    }
}

/// A place and the two words after it, for each part between commas; the last may hold colons.
fn entries(list: &Json) -> Vec<(&str, &str, &str)> {
    let parts = list.as_str().unwrap_or_default().split(',');
    let entry = |part: &'_ str| -> Option<(usize, usize)> {
        let first = part.find(':')?;
        let second = part[first + 1..]
            .find(':')
            .map_or(part.len(), |at| first + 1 + at);
        Some((first, second))
    };
    parts
        .filter_map(|part| {
            let (first, second) = entry(part)?;
            let rest = part.get(second + 1..).unwrap_or_default();
            Some((part[..first].trim(), part[first + 1..second].trim(), rest))
        })
        .filter(|(_, name, _)| !name.is_empty())
        .collect()
}

fn find(config: &Json, sent: &Sent) -> Outcome<Option<String>> {
    let first = |pairs: &str, name: &str| {
        let mut pairs = wire::escape::parse_form(pairs).into_iter();
        pairs.find(|(own, _)| own == name).map(|(_, value)| value)
    };
    for (place, name, prefix) in entries(&config["tokenLookup"]) {
        let found = match place {
            "header" => sent
                .parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            "cookie" => {
                let mut cookies = cookies(&sent.parts).into_iter();
                cookies.find(|(own, _)| own == name).map(|(_, value)| value)
            }
            "query" => sent
                .target
                .split_once('?')
                .and_then(|(_, query)| first(query, name)),
            "form" => sent.form.as_deref().and_then(|form| first(form, name)),
            other => return Err(FcError::unserved(&format!("a token in a {other}"))),
        };
        if let Some(token) = found.as_deref().and_then(|text| text.strip_prefix(prefix)) {
            return Ok(Some(token.trim().to_owned()));
        }
    }
    Ok(None)
}

/// Names and values of all cookies.
fn cookies(parts: &Parts) -> Vec<(String, String)> {
    let lines = parts.headers.get_all(header::COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let pair = |pair: &str| {
        let (name, value) = pair.trim().split_once('=')?;
        Some((name.trim().to_owned(), value.to_owned()))
    };
    pairs.filter_map(pair).collect()
}

/// Writes all cookies anew. What of them no header can hold is left out.
fn set_cookies(parts: &mut Parts, cookies: &[(String, String)]) {
    let pairs = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let line = pairs.collect::<Vec<_>>().join("; ");
    parts.headers.remove(header::COOKIE);
    if let (false, Ok(line)) = (line.is_empty(), HeaderValue::try_from(line)) {
        parts.headers.insert(header::COOKIE, line);
    }
}

/// Adds claims to the request; `place:claim:name`.
fn pass(config: &Json, claims: &Map<String, Json>, sent: &mut Sent) -> Outcome<()> {
    // The tool's default is `query::`, which names nothing.
    for (place, claim, name) in entries(&config["claimPassBy"]) {
        let Some(value) = claims.get(claim) else {
            continue;
        };
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        match place {
            "header" => {
                let name = HeaderName::try_from(name);
                let name = name.map_err(|_| FcError::invalid("claimPassBy names no header"))?;
                let text = HeaderValue::try_from(text);
                sent.parts
                    .headers
                    .insert(name, text.map_err(|_| refused("a claim is no header"))?);
            }
            "query" => {
                let mark = if sent.target.contains('?') { '&' } else { '?' };
                sent.target.push(mark);
                sent.target.push_str(&pair(name, &text));
            }
            // Where there is no form, there is no place for it.
            "form" => {
                if let Some(form) = &mut sent.form {
                    let mark = if form.is_empty() { "" } else { "&" };
                    *form = format!("{form}{mark}{}", pair(name, &text));
                }
            }
            "cookie" => {
                let is_plain = |c: char| c.is_ascii_graphic() && !"\",;\\".contains(c);
                let value = if text.chars().all(is_plain) {
                    text
                } else {
                    wire::escape::strict(&text)
                };
                let mut all = cookies(&sent.parts);
                all.push((name.to_owned(), value));
                set_cookies(&mut sent.parts, &all);
            }
            other => return Err(FcError::unserved(&format!("claims passed by {other}"))),
        }
    }
    Ok(())
}

fn pair(name: &str, value: &str) -> String {
    let (name, value) = (wire::escape::strict(name), wire::escape::strict(value));
    format!("{name}={value}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The key and the token of HS256 among the cases of `jwt`.
    fn case() -> (Json, &'static str) {
        let mut lines = include_str!("jwt_cases.txt").lines();
        let line = lines.find(|line| line.contains("\"oct\"")).unwrap();
        let (key, token) = line.split_once(' ').unwrap();
        (serde_json::from_str(key).unwrap(), token)
    }

    /// What the function sees of a request, or the status of a refusal.
    fn tried(more: Json, target: &str, headers: &[(&str, &str)]) -> Result<(String, Parts), u16> {
        sent(more, target, headers, None).map(|sent| (sent.target, sent.parts))
    }

    /// The same with a body, which is a form if its headers say so.
    fn sent(
        more: Json,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Sent, u16> {
        let mut config = more;
        config["jwks"] = json!({"keys": [case().0]});
        let mut request = http::Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let status = |error: FcError| error.reply("id").status().as_u16();
        let is_form = reads_form(&config, &parts.headers).map_err(status)?;
        let mut sent = Sent {
            parts,
            target: target.to_owned(),
            form: body.filter(|_| is_form).map(str::to_owned),
        };
        admit(&config, &mut sent, 0).map_err(status)?;
        Ok(sent)
    }

    #[test]
    fn a_token_is_found_where_the_configuration_says() {
        let token = case().1;
        let lookup = json!({"tokenLookup": "header:Authorization:Bearer ,cookie:c,query:q"});
        let ok =
            |target: &str, headers: &[(&str, &str)]| tried(lookup.clone(), target, headers).is_ok();
        assert!(ok("/", &[("authorization", &format!("Bearer {token}"))]));
        assert!(ok("/", &[("cookie", &format!("a=b; c={token}"))]));
        assert!(ok(&format!("/?q={token}"), &[]));
        assert!(!ok("/", &[("authorization", token)]));
        assert!(!ok("/", &[("cookie", &format!("d={token}"))]));
        assert_eq!(tried(lookup, "/", &[]).err(), Some(403));
    }

    #[test]
    fn forms_bear_tokens_and_claims() {
        let config = json!({"tokenLookup": "form:f", "claimPassBy": "form:sub:user"});
        let kind = [(
            "content-type",
            "application/x-www-form-urlencoded; charset=UTF-8",
        )];
        let token = case().1;
        let body = format!("us%65r=root&a=1+2&f={token}");
        let form = |body: &str| sent(config.clone(), "/", &kind, Some(body)).map(|sent| sent.form);
        assert_eq!(form(&body), Ok(Some(format!("a=1+2&f={token}&user=ann"))));
        assert_eq!(form("a=1"), Err(403));
        let plain = [("content-type", "text/plain")];
        let by = |headers: &[(&str, &str)]| sent(config.clone(), "/", headers, Some(&body)).err();
        assert_eq!(by(&plain), Some(403));
        let parts = [
            ("content-type", "text/plain"),
            ("content-type", "Multipart/form-data; boundary=x"),
        ];
        assert_eq!(by(&parts), Some(501));
        // Without claims in forms there is nothing to forge, and no token either.
        let lookup = json!({"tokenLookup": "form:f"});
        assert_eq!(sent(lookup, "/", &parts, Some(&body)).err(), Some(403));
    }

    #[test]
    fn cookies_bear_claims_that_cannot_be_forged() {
        let config = json!({
            "tokenLookup": "header:t", "claimPassBy": "cookie:sub:user,cookie:absent:role", "whitelist": ["/open"],
        });
        let line = |target: &str| {
            let headers = [
                ("t", case().1),
                ("cookie", "a=b; user=root"),
                ("cookie", "role=admin; c=d"),
            ];
            let (_, parts) = tried(config.clone(), target, &headers).unwrap();
            let lines = parts.headers.get_all(header::COOKIE).iter();
            lines
                .map(|line| line.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(line("/"), ["a=b; c=d; user=ann"]);
        assert_eq!(line("/open"), ["a=b; c=d"]);
    }

    #[test]
    fn lists_say_which_paths_need_a_token() {
        let free = json!({"whitelist": ["/open", "/pub/*"]});
        let bound = json!({"blacklist": ["/admin/*"]});
        for (lists, path, expected) in [
            (&free, "/open", true),
            (&free, "/pub/a?x=1", true),
            (&free, "/open/", false),
            (&free, "/pub/../x", false),
            (&free, "/pub/%2e%2e/x", false),
            (&bound, "/", true),
            (&bound, "/admin/a", false),
            (&bound, "/%61dmin/a", false),
            (&bound, "//admin/a", false),
        ] {
            assert_eq!(tried(lists.clone(), path, &[]).is_ok(), expected, "{path}");
        }
        let both = json!({"whitelist": ["/a"], "blacklist": ["/b"]});
        assert_eq!(tried(both, "/a", &[]).err(), Some(400));
    }

    #[test]
    fn claims_are_passed_on_and_cannot_be_forged() {
        let config = json!({
            "tokenLookup": "header:t", "whitelist": ["/open"],
            "claimPassBy": "header:sub:x-user,query:sub:user,query:absent:none",
        });
        let sent = [("t", case().1), ("x-user", "root")];
        let (target, parts) = tried(config.clone(), "/a?us%65r=root&z=1", &sent).unwrap();
        assert_eq!(target, "/a?z=1&user=ann");
        assert_eq!(parts.headers["x-user"], "ann");
        let (target, parts) = tried(config, "/open?user=root", &sent).unwrap();
        assert_eq!(target, "/open");
        assert!(!parts.headers.contains_key("x-user"));
    }
}
