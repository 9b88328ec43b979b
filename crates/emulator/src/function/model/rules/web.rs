//! What http triggers and domains say of their visitors: methods, who may come in, what browsers may do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use serde_json::Value as Json;

use super::{bearer, flag, text, texts};
use crate::function::error::{FcError, Outcome};

/// Methods that triggers and routes may name.
pub(in crate::function::model) const METHODS: &[&str] =
    &["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
/// Ways to be known that the vendor has and this cloud does not serve.
const UNSERVED: &[&str] = &["basic"];
/// Where tokens are looked for, and claims passed on.
const PLACES: &[&str] = &["header", "query", "cookie", "form"];

/// Checks what an http trigger says (`HTTPTriggerConfig` of the vendor's docs).
pub(super) fn check(config: &Json) -> Outcome<()> {
    check_methods("methods", &config["methods"], &[])?;
    flag("disableURLInternet", &config["disableURLInternet"])?;
    let kind = text("authType", &config["authType"])?.unwrap_or_default();
    check_auth(("authType", kind), ("authConfig", &config["authConfig"]))?;
    check_cors(&config["corsConfig"])
}

fn check_methods(field: &str, value: &Json, more: &[&str]) -> Outcome<()> {
    let methods = texts(field, value)?;
    let is_known = |method: &&&str| METHODS.contains(method) || more.contains(method);
    match methods.iter().find(|method| !is_known(method)) {
        None => Ok(()),
        Some(unknown) => {
            let known = METHODS.join(", ");
            Err(FcError::invalid(format!(
                "{field}: {unknown:?} is none of {known}"
            )))
        }
    }
}

/// Checks how visitors are known. Both come with the names of their fields; a domain's `config` is JSON in a text.
pub(in crate::function::model) fn check_auth(
    (field, kind): (&str, &str),
    (of, config): (&str, &Json),
) -> Outcome<()> {
    match kind {
        "" | "anonymous" | "function" => Ok(()),
        "jwt" | "bearer" => {
            let read = match config.as_str() {
                Some(text) => serde_json::from_str(text)
                    .map_err(|error| FcError::invalid(format!("{of} is not JSON: {error}")))?,
                None => config.clone(),
            };
            let checked = match kind {
                "jwt" => check_tokens(&read),
                _ => bearer::check(&read),
            };
            checked.map_err(|why| FcError::invalid(format!("{of}.{why}")))
        }
        known if UNSERVED.contains(&known) => {
            Err(FcError::unserved(&format!("the authType {known}")))
        }
        unknown => Err(FcError::invalid(format!(
            "{field} {unknown:?} is none of anonymous, function, jwt, bearer"
        ))),
    }
}

/// Checks which tokens count and what comes of them; the error begins with the field.
fn check_tokens(config: &Json) -> Result<(), String> {
    let keys = config["jwks"]["keys"].as_array();
    let keys = keys.filter(|keys| !keys.is_empty());
    let keys = keys.ok_or("jwks.keys must be a list of JSON Web Keys")?;
    for (at, key) in keys.iter().enumerate() {
        check_key(key).map_err(|why| format!("jwks.keys[{at}]{why}"))?;
    }
    if keys.iter().filter(|key| key["kid"].is_null()).count() > 1 {
        return Err("jwks.keys: one key at most may have no kid".to_owned());
    }
    for field in ["tokenLookup", "claimPassBy"] {
        check_places(field, &config[field])?;
    }
    let paths = |field: &str| {
        let paths = texts(field, &config[field]).map_err(|error| error.message)?;
        match paths.iter().find(|path| !path.starts_with('/')) {
            Some(path) => Err(format!("{field}: {path:?} must begin with /")),
            None => Ok(!paths.is_empty()),
        }
    };
    if paths("whitelist")? && paths("blacklist")? {
        return Err("whitelist and blacklist exclude each other".to_owned());
    }
    Ok(())
}

/// Whether a key has what its type needs (RFC 7518, section 6; RFC 8037); what it lacks.
fn check_key(key: &Json) -> Result<(), String> {
    let kind = &key["kty"];
    let parts: &[&str] = match kind.as_str() {
        Some("RSA") => &["n", "e"],
        Some("EC") => &["x", "y"],
        Some("OKP") => &["x"],
        Some("oct") => &["k"],
        _ => return Err(format!(".kty must be RSA, EC, OKP or oct, and is {kind}")),
    };
    let curves: &[&str] = match kind.as_str() {
        Some("EC") => &["P-256", "P-384", "P-521"],
        Some("OKP") => &["Ed25519"],
        _ => &[],
    };
    let curve = &key["crv"];
    if !curves.is_empty() && !curve.as_str().is_some_and(|curve| curves.contains(&curve)) {
        let curves = curves.join(", ");
        return Err(format!(".crv must be one of {curves}, and is {curve}"));
    }
    let is_number = |part: &&&str| {
        let decoded = key[**part]
            .as_str()
            .map(|text| URL_SAFE_NO_PAD.decode(text));
        matches!(decoded, Some(Ok(bytes)) if !bytes.is_empty())
    };
    match parts.iter().find(|part| !is_number(part)) {
        None => Ok(()),
        Some(part) => Err(format!(".{part} must be a text in base64url")),
    }
}

/// Checks a list such as `header:Authorization:Bearer ,query:token`. The vendor's tool writes `query::` for none.
fn check_places(field: &str, value: &Json) -> Result<(), String> {
    let list = text(field, value).map_err(|error| error.message)?;
    for entry in list.unwrap_or_default().split(',') {
        let (place, rest) = entry.split_once(':').unwrap_or((entry, ""));
        let place = place.trim();
        if place.is_empty() && rest.is_empty() {
            continue;
        }
        if !PLACES.contains(&place) || !entry.contains(':') {
            let places = PLACES.join(", ");
            return Err(format!(
                "{field}: {entry:?} must begin with one of {places}, and a colon"
            ));
        }
    }
    Ok(())
}

/// Checks what browsers may do (`CORSConfig` of the vendor's docs).
pub(in crate::function::model) fn check_cors(config: &Json) -> Outcome<()> {
    if !config.is_null() && !config.is_object() {
        return Err(FcError::invalid(format!(
            "corsConfig must be an object, and is {config}"
        )));
    }
    let origins = texts("corsConfig.allowOrigins", &config["allowOrigins"])?;
    if let Some(origin) = origins.iter().find(|origin| !is_origin(origin)) {
        return Err(FcError::invalid(format!(
            "corsConfig.allowOrigins: {origin:?} must be `*`, or an origin such as https://example.com, with one `*` at most"
        )));
    }
    check_methods("corsConfig.allowMethods", &config["allowMethods"], &["*"])?;
    for name in ["allowHeaders", "exposeHeaders"] {
        let field = format!("corsConfig.{name}");
        let headers = texts(&field, &config[name])?;
        let is_header = |header: &&&str| **header == "*" || HeaderName::try_from(**header).is_ok();
        if let Some(header) = headers.iter().find(|header| !is_header(header)) {
            return Err(FcError::invalid(format!(
                "{field}: {header:?} is no header's name"
            )));
        }
    }
    flag("corsConfig.allowCredentials", &config["allowCredentials"])?;
    let age = &config["maxAge"];
    if !age.is_null() && !age.is_u64() {
        return Err(FcError::invalid(format!(
            "corsConfig.maxAge must be a whole number of seconds, and is {age}"
        )));
    }
    Ok(())
}

/// Whether a pattern can be met by what browsers send: a scheme and a host, `null`, or anything.
fn is_origin(pattern: &str) -> bool {
    let host = pattern.split_once("://").map(|(_, host)| host);
    let is_host = host.is_some_and(|host| !host.is_empty() && !host.contains('/'));
    matches!(pattern, "*" | "null") || (is_host && pattern.matches('*').count() <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(config: &Json) -> Option<(&'static str, String)> {
        check(config).err().map(|error| (error.code, error.message))
    }

    /// A configuration is refused, and its field is named first.
    fn names(config: &Json, field: &str) {
        let (code, message) = refused(config).unwrap_or_else(|| panic!("{config}"));
        assert_eq!(code, "InvalidArgument");
        assert!(message.starts_with(field), "{config} {message}");
    }

    #[test]
    fn a_refusal_names_its_field() {
        for (config, field) in [
            (json!({"authType": "jwtt"}), "authType"),
            (json!({"authType": 1}), "authType"),
            (json!({"authType": "jwt"}), "authConfig.jwks.keys"),
            (json!({"authType": "bearer"}), "authConfig.tokens"),
            (json!({"methods": ["GET", "FETCH"]}), "methods"),
            (json!({"methods": "GET"}), "methods"),
            (json!({"disableURLInternet": "yes"}), "disableURLInternet"),
            (json!({"corsConfig": "all"}), "corsConfig"),
        ] {
            names(&config, field);
        }
        for (cors, field) in [
            (json!({"allowOrigins": ["shop.test"]}), "allowOrigins"),
            (json!({"allowMethods": ["FETCH"]}), "allowMethods"),
            (json!({"allowHeaders": ["a b"]}), "allowHeaders"),
            (json!({"allowCredentials": 1}), "allowCredentials"),
            (json!({"maxAge": -1}), "maxAge"),
        ] {
            names(
                &json!({ "corsConfig": cors }),
                &format!("corsConfig.{field}"),
            );
        }
        let basic = refused(&json!({"authType": "basic"}));
        assert_eq!(basic.unwrap().0, "NotImplemented");
    }

    #[test]
    fn a_refusal_of_tokens_names_the_key_or_the_field() {
        let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"});
        let nameless = json!({"kty": "oct", "k": "AQAB"});
        for (keys, at) in [
            (json!([]), ""),
            (json!(["k"]), "[0].kty"),
            (json!([rsa, {"kty": "RSA", "n": "AQAB"}]), "[1].e"),
            (json!([{"kty": "EC", "crv": "P-1"}]), "[0].crv"),
            (json!([{"kty": "oct", "k": "?"}]), "[0].k"),
            (json!([nameless, nameless]), ""),
        ] {
            let config = json!({"authType": "jwt", "authConfig": {"jwks": {"keys": keys}}});
            names(&config, &format!("authConfig.jwks.keys{at}"));
        }
        for (field, value) in [
            ("tokenLookup", json!("body:x")),
            ("claimPassBy", json!(["header:a:b"])),
            ("whitelist", json!(["a"])),
        ] {
            let mut auth = json!({"jwks": {"keys": [rsa]}, "blacklist": ["/b"]});
            auth[field] = value;
            let config = json!({"authType": "jwt", "authConfig": auth});
            names(&config, &format!("authConfig.{field}"));
        }
        let both = json!({"jwks": {"keys": [rsa]}, "whitelist": ["/a"], "blacklist": ["/b"]});
        names(
            &json!({"authType": "jwt", "authConfig": both}),
            "authConfig.whitelist",
        );
    }

    #[test]
    fn what_can_work_is_taken() {
        for config in [
            json!({}),
            json!({"authType": "", "methods": []}),
            json!({"authType": "function", "methods": METHODS}),
            json!({"authType": "jwt", "authConfig": {
                "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}]},
                "tokenLookup": "header:Authorization:Bearer ,cookie:t", "claimPassBy": "query::", "whitelist": [], "blacklist": ["/a/*"],
            }}),
            json!({"corsConfig": {
                "allowOrigins": ["*", "null", "https://*.shop.test"], "allowMethods": ["*"], "allowHeaders": ["*", "x-own"],
                "exposeHeaders": ["x-own"], "allowCredentials": true, "maxAge": 60,
            }}),
        ] {
            assert_eq!(refused(&config), None, "{config}");
        }
    }
}
