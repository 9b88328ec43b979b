//! Admission by a web token, the `authType` `jwt` of triggers and domains: which paths need one, where it is, what of it is
//! passed on.
//!
//! Tokens are looked for in headers, cookies and the query; claims are passed in headers and the query. Forms, and claims as
//! cookies, are refused as not served. That a claim's own name comes before that by which it is passed on is what the vendor's
//! tool (devsapp/fc3) writes of its `claimName` and `mappingParameterName`. A token that is missing or bad is answered with 403; that is our choice.

use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value as Json};

use super::jwt;
use crate::function::error::{FcError, Outcome};

/// Lets a request in or refuses it, and adds the claims that `config` (an `authConfig`) wants passed on to the headers and to
/// `target`. `now` is in seconds since 1970.
pub(super) fn admit(
    config: &Json,
    parts: &mut Parts,
    target: &mut String,
    now: i64,
) -> Outcome<()> {
    forget_claims(config, parts, target);
    if !needs_token(config, target.split('?').next().unwrap_or_default())? {
        return Ok(());
    }
    let keys = config["jwks"]["keys"].as_array();
    let keys = keys.map(Vec::as_slice).unwrap_or_default();
    let token = find(config, parts, target)?.ok_or_else(|| refused("the request has no token"))?;
    let claims = jwt::claims(&token, keys, now).map_err(refused)?;
    pass(config, &claims, parts, target)
}

/// Takes out what only the gateway may say, also where no token is needed.
fn forget_claims(config: &Json, parts: &mut Parts, target: &mut String) {
    for (place, _, name) in entries(&config["claimPassBy"]) {
        match (place, target.split_once('?')) {
            ("header", _) => drop(parts.headers.remove(name)),
            ("query", Some((path, query))) => {
                let is_claim = |pair: &&str| {
                    let own = pair.split('=').next().unwrap_or_default();
                    wire::escape::decode_form(own) == name
                };
                let kept: Vec<&str> = query.split('&').filter(|pair| !is_claim(pair)).collect();
                let mark = if kept.is_empty() { "" } else { "?" };
                *target = format!("{path}{mark}{}", kept.join("&"));
            }
            _ => {}
        }
    }
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

fn find(config: &Json, parts: &Parts, target: &str) -> Outcome<Option<String>> {
    for (place, name, prefix) in entries(&config["tokenLookup"]) {
        let found = match place {
            "header" => parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            "cookie" => cookie(parts, name),
            "query" => {
                let query = target.split_once('?').map_or("", |(_, query)| query);
                let mut pairs = wire::escape::parse_form(query).into_iter();
                pairs.find(|(own, _)| own == name).map(|(_, value)| value)
            }
            other => return Err(FcError::unserved(&format!("a token in a {other}"))),
        };
        if let Some(token) = found.as_deref().and_then(|text| text.strip_prefix(prefix)) {
            return Ok(Some(token.trim().to_owned()));
        }
    }
    Ok(None)
}

fn cookie(parts: &Parts, name: &str) -> Option<String> {
    let lines = parts.headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs.find_map(|pair| {
        let (own, value) = pair.trim().split_once('=')?;
        (own == name).then(|| value.to_owned())
    })
}

/// Adds claims to the request; `place:claim:name`.
fn pass(
    config: &Json,
    claims: &Map<String, Json>,
    parts: &mut Parts,
    target: &mut String,
) -> Outcome<()> {
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
                parts
                    .headers
                    .insert(name, text.map_err(|_| refused("a claim is no header"))?);
            }
            "query" => {
                let (name, text) = (wire::escape::strict(name), wire::escape::strict(&text));
                target.push(if target.contains('?') { '&' } else { '?' });
                target.extend([name.as_str(), "=", &text]);
            }
            other => return Err(FcError::unserved(&format!("claims passed by {other}"))),
        }
    }
    Ok(())
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
        let mut config = more;
        config["jwks"] = json!({"keys": [case().0]});
        let mut request = http::Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let mut target = target.to_owned();
        match admit(&config, &mut parts, &mut target, 0) {
            Ok(()) => Ok((target, parts)),
            Err(error) => Err(error.reply("id").status().as_u16()),
        }
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
        let form = json!({"tokenLookup": "form:f"});
        assert_eq!(tried(form, "/", &[]).err(), Some(501));
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
