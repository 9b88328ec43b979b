//! The operations of the API, one file per thing; and which one a call asks for.

mod account;
mod alias;
mod domain;
mod function;
mod instance;
mod invoke;
mod layer;
mod package;
mod setting;
mod tag;
mod task;
mod trigger;
mod version;

use http::StatusCode;
use serde_json::Value as Json;

use super::call::Call;
use super::error::{FcError, Outcome};
use super::model::SettingKind;
use super::service::Shared;
use crate::body::{Reply, ReplyBody};
use crate::rpc::json_reply;

/// Answers a call by its method and path.
pub(super) async fn dispatch(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.http.method.as_str(), &segments[..]) {
        ("POST", ["functions"]) => function::create(shared, call).await,
        ("GET", ["functions"]) => function::list(shared, call).await,
        ("GET", ["functions", name]) => function::get(shared, call, name).await,
        ("PUT", ["functions", name]) => function::update(shared, call, name).await,
        ("DELETE", ["functions", name]) => function::delete(shared, name).await,
        ("GET", ["functions", name, "code"]) => function::code(shared, call, name).await,
        ("POST", ["functions", name, "invocations"]) => invoke::invoke(shared, call, name).await,
        ("POST", ["functions", name, "triggers"]) => trigger::create(shared, call, name).await,
        ("GET", ["functions", name, "triggers"]) => trigger::list(shared, call, name).await,
        ("GET", ["functions", name, "triggers", trigger]) => {
            trigger::get(shared, name, trigger).await
        }
        ("PUT", ["functions", name, "triggers", trigger]) => {
            trigger::update(shared, call, name, trigger).await
        }
        ("DELETE", ["functions", name, "triggers", trigger]) => {
            trigger::delete(shared, name, trigger).await
        }
        ("POST", ["functions", name, "versions"]) => version::publish(shared, call, name).await,
        ("GET", ["functions", name, "versions"]) => version::list(shared, call, name).await,
        ("DELETE", ["functions", name, "versions", id]) => version::delete(shared, name, id).await,
        ("POST", ["functions", name, "aliases"]) => alias::create(shared, call, name).await,
        ("GET", ["functions", name, "aliases"]) => alias::list(shared, call, name).await,
        ("GET", ["functions", name, "aliases", alias]) => alias::get(shared, name, alias).await,
        ("PUT", ["functions", name, "aliases", alias]) => {
            alias::update(shared, call, (name, alias)).await
        }
        ("DELETE", ["functions", name, "aliases", alias]) => {
            alias::delete(shared, name, alias).await
        }
        (method, ["custom-domains", rest @ ..]) => {
            dispatch_domain(shared, call, (method, rest)).await
        }
        (method, [whole @ ("regions" | "resource-groups" | "tags-v2")]) => {
            dispatch_account(shared, call, (method, whole)).await
        }
        ("GET", ["functions", name, "instances"]) => instance::list(shared, call, name).await,
        ("POST" | "PUT", ["functions", name, "invoke", "disable"]) => {
            instance::switch(shared, call, (name, true)).await
        }
        ("POST" | "PUT", ["functions", name, "invoke", "enable"]) => {
            instance::switch(shared, call, (name, false)).await
        }
        ("GET", ["functions", name, "vpc-bindings"]) => instance::networks(shared, name).await,
        ("POST", ["functions", name, "vpc-bindings"]) => instance::bind(shared, call, name).await,
        ("DELETE", ["functions", name, "vpc-bindings", network]) => {
            instance::unbind(shared, name, network).await
        }
        (method, ["functions", name, "async-tasks", rest @ ..]) => {
            dispatch_task(shared, call, (method, name, rest)).await
        }
        (method, ["layers" | "layerarn", ..]) => {
            dispatch_layer(shared, call, method, &segments).await
        }
        (method, segments) => dispatch_setting(shared, call, (method, segments)).await,
    }
}

/// The operations on what concerns the whole account.
async fn dispatch_account(
    shared: &Shared,
    call: &Call,
    (method, whole): (&str, &str),
) -> Outcome<Reply> {
    match (method, whole) {
        ("GET", "regions") => Ok(account::regions(shared)),
        ("PUT", "resource-groups") => account::change_group(shared, call).await,
        ("POST", "tags-v2") => tag::set(shared, call).await,
        ("DELETE", "tags-v2") => tag::unset(shared, call).await,
        ("GET", "tags-v2") => tag::list(shared, call).await,
        _ => Err(unserved(method, &[whole])),
    }
}

/// The operations on custom domains.
async fn dispatch_domain(
    shared: &Shared,
    call: &Call,
    (method, rest): (&str, &[&str]),
) -> Outcome<Reply> {
    match (method, rest) {
        ("POST", []) => domain::create(shared, call).await,
        ("GET", []) => domain::list(shared, call).await,
        ("GET", [name]) => domain::get(shared, name).await,
        ("PUT", [name]) => domain::update(shared, call, name).await,
        ("DELETE", [name]) => domain::delete(shared, name).await,
        _ => Err(unserved(method, &["custom-domains"])),
    }
}

/// The operations on asynchronous tasks.
async fn dispatch_task(
    shared: &Shared,
    call: &Call,
    (method, function, rest): (&str, &str, &[&str]),
) -> Outcome<Reply> {
    match (method, rest) {
        ("GET", []) => task::list(shared, call, function).await,
        ("GET", [id]) => task::get(shared, call, (function, id)).await,
        ("PUT", [id, "stop"]) => task::stop(shared, call, (function, id)).await,
        _ => Err(unserved(method, &["functions", function, "async-tasks"])),
    }
}

/// The operations on layers.
async fn dispatch_layer(
    shared: &Shared,
    call: &Call,
    method: &str,
    segments: &[&str],
) -> Outcome<Reply> {
    match (method, segments) {
        ("GET", ["layers"]) => layer::list(shared, call).await,
        ("POST", ["layers", name, "versions"]) => layer::publish(shared, call, name).await,
        ("GET", ["layers", name, "versions"]) => layer::versions(shared, call, name).await,
        ("GET", ["layers", name, "versions", id]) => layer::get(shared, name, id).await,
        ("DELETE", ["layers", name, "versions", id]) => layer::delete(shared, name, id).await,
        ("PUT", ["layers", name, "acl"]) => layer::permit(shared, call, name).await,
        ("GET", ["layerarn", arn @ ..]) => layer::get_by_arn(shared, arn).await,
        _ => Err(unserved(method, segments)),
    }
}

/// The operations on settings, which are all alike.
async fn dispatch_setting(
    shared: &Shared,
    call: &Call,
    (method, segments): (&str, &[&str]),
) -> Outcome<Reply> {
    for kind in SettingKind::ALL {
        match (method, segments) {
            ("PUT", ["functions", name, path]) if *path == kind.path() => {
                return setting::put(shared, call, (kind, name)).await;
            }
            ("GET", ["functions", name, path]) if *path == kind.path() => {
                return setting::get(shared, call, (kind, name)).await;
            }
            ("DELETE", ["functions", name, path]) if *path == kind.path() => {
                return setting::delete(shared, call, (kind, name)).await;
            }
            ("GET", [path]) if *path == kind.list().0 => {
                return setting::list(shared, call, kind).await;
            }
            _ => {}
        }
    }
    Err(unserved(method, segments))
}

fn unserved(method: &str, segments: &[&str]) -> FcError {
    FcError::unserved(&format!("{method} /2023-03-30/{}", segments.join("/")))
}

/// 200 with a JSON body.
fn shown(body: &Json) -> Reply {
    json_reply(StatusCode::OK, body)
}

/// 204 without a body.
fn nothing() -> Reply {
    let mut reply = Reply::new(ReplyBody::empty());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// The refusal for a function that is not there.
fn no_function(name: &str) -> FcError {
    FcError::missing(
        "FunctionNotFound",
        format!("function '{name}' does not exist"),
    )
}
