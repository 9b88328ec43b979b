//! A domain of the user's own that leads to functions.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::config::shown_time;
use super::rules::{METHODS, check_auth, check_cors};
use crate::function::error::{FcError, Outcome};
use crate::function::gateway::check_rewrite;

/// The body of `CreateCustomDomain` and, without its name, of `UpdateCustomDomain`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewDomain {
    pub(crate) domain_name: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) route_config: Option<RouteConfig>,
    pub(crate) cert_config: Option<Json>,
    pub(crate) tls_config: Option<Json>,
    pub(crate) auth_config: Option<Json>,
    pub(crate) cors_config: Option<Json>,
    pub(crate) waf_config: Option<Json>,
}

/// A domain as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Domain {
    #[serde(rename = "domainName")]
    pub(crate) name: String,
    pub(crate) protocol: String,
    pub(crate) route_config: RouteConfig,
    /// Certificate, TLS and what else is kept and shown, and has no effect here.
    pub(crate) other: Json,
    /// Milliseconds of the cloud's time.
    pub(crate) created_ms: i64,
    /// Milliseconds of the cloud's time.
    pub(crate) modified_ms: i64,
}

/// The routes of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RouteConfig {
    pub(crate) routes: Vec<Route>,
}

/// Where requests to a path go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Route {
    /// A path, or the beginning of paths with `*` behind it.
    pub(crate) path: String,
    pub(crate) function_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) qualifier: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) methods: Vec<String>,
    #[serde(skip_serializing_if = "Rewrite::is_empty")]
    pub(crate) rewrite_config: Rewrite,
}

/// How a route changes path and query.
#[expect(clippy::struct_field_names, reason = "the API's own names")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Rewrite {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) equal_rules: Vec<RewriteRule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) wildcard_rules: Vec<RewriteRule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) regex_rules: Vec<RewriteRule>,
}

/// One rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RewriteRule {
    pub(crate) r#match: String,
    pub(crate) replacement: String,
}

impl NewDomain {
    /// The domain that it makes, or that `kept` becomes, checked.
    pub(crate) fn make(self, name: &str, kept: Option<&Domain>, now_ms: i64) -> Outcome<Domain> {
        check_name(name)?;
        let protocol = self.protocol.filter(|text| !text.is_empty());
        let protocol = protocol
            .or_else(|| kept.map(|domain| domain.protocol.clone()))
            .unwrap_or_else(|| "HTTP".to_owned());
        if !matches!(protocol.as_str(), "HTTP" | "HTTPS" | "HTTP,HTTPS") {
            return Err(FcError::invalid(format!(
                "protocol {protocol:?} is none of HTTP, HTTPS, HTTP,HTTPS"
            )));
        }
        let routes = self
            .route_config
            .or_else(|| kept.map(|domain| domain.route_config.clone()))
            .unwrap_or_default();
        for route in &routes.routes {
            route.check()?;
        }
        if let Some(auth) = &self.auth_config {
            let kind = auth["authType"].as_str().unwrap_or_default();
            let info = ("authConfig.authInfo", &auth["authInfo"]);
            check_auth(("authConfig.authType", kind), info)?;
        }
        check_cors(self.cors_config.as_ref().unwrap_or(&Json::Null))?;
        let mut other = kept.map_or_else(|| json!({}), |domain| domain.other.clone());
        for (field, value) in [
            ("certConfig", self.cert_config),
            ("tlsConfig", self.tls_config),
            ("authConfig", self.auth_config),
            ("corsConfig", self.cors_config),
            ("wafConfig", self.waf_config),
        ] {
            if let Some(value) = value {
                other[field] = value;
            }
        }
        Ok(Domain {
            name: name.to_owned(),
            protocol,
            route_config: routes,
            other,
            created_ms: kept.map_or(now_ms, |domain| domain.created_ms),
            modified_ms: now_ms,
        })
    }
}

impl Domain {
    pub(crate) fn routes(&self) -> &[Route] {
        &self.route_config.routes
    }

    /// The reply of `GetCustomDomain`. A certificate's private key is never shown.
    pub(crate) fn show(&self, account: &str) -> Json {
        let mut shown = json!({
            "domainName": self.name,
            "accountId": account,
            "protocol": self.protocol,
            "apiVersion": "2023-03-30",
            "routeConfig": self.route_config,
            "createdTime": shown_time(self.created_ms),
            "lastModifiedTime": shown_time(self.modified_ms),
        });
        if let (Some(shown), Json::Object(other)) = (shown.as_object_mut(), self.other.clone()) {
            shown.extend(other);
        }
        if let Some(certificate) = shown["certConfig"].as_object_mut() {
            certificate.remove("privateKey");
        }
        if shown["certConfig"].is_null() {
            shown
                .as_object_mut()
                .map(|shown| shown.remove("certConfig"));
        }
        shown
    }
}

impl Route {
    pub(crate) fn qualifier(&self) -> &str {
        let given = self.qualifier.as_deref().filter(|text| !text.is_empty());
        given.unwrap_or("LATEST")
    }

    fn check(&self) -> Outcome<()> {
        let path = &self.path;
        let begin = path.strip_suffix('*').unwrap_or(path);
        if !path.starts_with('/') || begin.contains('*') {
            return Err(FcError::invalid(format!(
                "route path {path:?} must start with / and may hold * at its end only"
            )));
        }
        if self.function_name.is_empty() {
            return Err(FcError::invalid(format!(
                "route {path:?} names no function"
            )));
        }
        let unknown = self
            .methods
            .iter()
            .find(|method| !METHODS.contains(&method.as_str()));
        if let Some(unknown) = unknown {
            return Err(FcError::invalid(format!(
                "route {path:?}: method {unknown:?} is none of {}",
                METHODS.join(", ")
            )));
        }
        check_rewrite(&self.rewrite_config)
    }
}

impl Rewrite {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn check_name(name: &str) -> Outcome<()> {
    let label = |label: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.len() <= 63 && label.chars().all(inner)
    };
    let host = name.strip_prefix("*.").unwrap_or(name);
    if host.contains('.') && host.split('.').all(label) && name.len() <= 253 {
        return Ok(());
    }
    Err(FcError::invalid(format!(
        "domainName {name:?} is not a domain name such as www.example.com"
    )))
}
