//! The domain of a function: one route among those of the domain.

use serde_json::json;

use super::lower::kind_of;
use crate::component::lower::Context;
use crate::component::props::{Props, bad};
use crate::component::typed::{entries, shaped};
use crate::diagnostic::{Diagnostics, Span};
use crate::manifest::Block;
use crate::resource::{Attrs, Value};

/// A route, and where it is asked for.
pub(in crate::component) struct Route {
    pub(in crate::component) attrs: Attrs,
    pub(in crate::component) at: Span,
}

/// The route that `customDomain` asks for.
pub(super) fn route(
    block: &Block,
    props: &Props<'_>,
    function: &str,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Option<Route> {
    let node = block
        .props
        .get("customDomain")
        .filter(|node| node.is_map())?;
    let domain = Props::new(node, &props.path("customDomain"));
    let name = domain.text("domainName", diagnostics)?;
    let name = match name {
        "auto" => auto_name(function, context),
        given => given.to_owned(),
    };
    let mut attrs = entries(shaped(node, kind_of("customDomain")));
    let route = attrs.remove("route").map(entries).unwrap_or_default();
    attrs.extend(route);
    attrs.insert("domainName".to_owned(), name.into());
    attrs
        .entry("path".to_owned())
        .or_insert_with(|| "/*".into());
    attrs.remove("functionName");
    if let Some(Value::Plain(path)) = attrs.get("path")
        && !path.as_str().is_some_and(|path| path.starts_with('/'))
    {
        let path = domain.path("route.path");
        diagnostics.push(bad(
            &path,
            "a path that starts with `/`",
            &domain.at("route"),
        ));
        return None;
    }
    certificate(&mut attrs);
    Some(Route {
        attrs,
        at: node.at.clone(),
    })
}

/// The name that the original component takes for `auto`; the account is not known before there is a destination.
pub(in crate::component) fn auto_name(function: &str, context: &Context) -> String {
    let label = function.to_lowercase().replace('_', "-");
    let account = context.account.as_deref().unwrap_or("account");
    format!("{label}.fcv3.{account}.{}.fc.devsapp.net", context.region)
}

/// Where there is no certificate, none is spoken of.
pub(in crate::component) fn certificate(attrs: &mut Attrs) {
    let empty = |value: &Value| matches!(value, Value::Plain(json) if *json == json!({}));
    attrs.retain(|_, value| !empty(value));
}
