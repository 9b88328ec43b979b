//! The props of fc, a service with a function, as those of fc3.

use super::super::layout::{Body, Collection, Entry, Form, Line, Node};
use super::edit::{
    Losses, get, get_mut, new_entry, new_list, new_map, plain, put_into, rename, set_name, take,
    text,
};
use super::expression::has_any;

/// Why a service's own settings have no place.
pub(super) const NO_SERVICES: &str = "there are no services in edition 3.0.0";

/// As the vendor's own conversion names functions.
const SERVICE_NAME: &str = "it is left as a comment; what is deployed already goes by the name SERVICE$FUNCTION: write that as `functionName` to go on with it";

/// Keys of the service and the function that fc3 has under the same name.
const SAME: [&str; 24] = [
    "<<",
    "functionName",
    "description",
    "runtime",
    "handler",
    "code",
    "memorySize",
    "timeout",
    "cpu",
    "diskSize",
    "instanceConcurrency",
    "environmentVariables",
    "layers",
    "role",
    "internetAccess",
    "logConfig",
    "vpcConfig",
    "nasConfig",
    "ossMountConfig",
    "customRuntimeConfig",
    "customContainerConfig",
    "instanceLifecycleConfig",
    "asyncInvokeConfig",
    "customDNS",
];

/// Moves the entries of `service` and `function` into `props`, each as fc3 wants it.
pub(super) fn flatten(props: &mut Collection, parts: Vec<Entry>, losses: &mut Losses) {
    for part in parts {
        let owner = part.name().to_owned();
        let is_service = owner == "service";
        let mut lines = part.before;
        let head = part.key.and_then(|key| key.comment);
        lines.extend(head.map(|comment| Line::Comment(comment, 0)));
        let Body::Collection(map) = part.value.body else {
            continue;
        };
        for mut entry in map.entries {
            if !lines.is_empty() {
                entry.before.splice(0..0, lines.drain(..));
            }
            if is_service && entry.name() == "name" {
                set_name(&mut entry, "service.name");
                losses.leave_with(props, &entry, NO_SERVICES, SERVICE_NAME);
            } else if is_service && entry.name() == "description" {
                set_name(&mut entry, "service.description");
                losses.leave(props, &entry, NO_SERVICES);
            } else if get(props, entry.name()).is_some() {
                let name = format!("{owner}.{}", entry.name());
                set_name(&mut entry, &name);
                losses.leave(props, &entry, "the same key is there already");
            } else {
                props.entries.push(entry);
            }
        }
        props.end.extend(map.end);
    }
    rename(props, "name", "functionName");
    code(props, losses);
    ports(props, losses);
    container(props, losses);
    lifecycle(props, losses);
    asynchronous(props, losses);
    network(props);
    leave_unknown(props, losses);
}

/// The code is in a folder or in a bucket; with both, in the bucket.
fn code(props: &mut Collection, losses: &mut Losses) {
    match (take(props, "ossBucket"), take(props, "ossKey")) {
        (Some(mut bucket), Some(mut key)) => {
            set_name(&mut bucket, "ossBucketName");
            set_name(&mut key, "ossObjectName");
            if let Some(folder) = take(props, "codeUri") {
                losses.leave(props, &folder, "the code comes from the bucket");
            }
            let object = new_map(vec![bucket, key]);
            props.entries.push(new_entry("code", object));
        }
        (Some(alone), None) | (None, Some(alone)) => {
            losses.leave(props, &alone, "`ossBucket` and `ossKey` only go together");
        }
        (None, None) => {}
    }
    rename(props, "codeUri", "code");
}

/// `caPort` and `customHealthCheckConfig` belong to the container or the custom runtime.
fn ports(props: &mut Collection, losses: &mut Losses) {
    let owner = if get(props, "customContainerConfig").is_some() {
        "customContainerConfig"
    } else {
        "customRuntimeConfig"
    };
    for (old, new) in [
        ("caPort", "port"),
        ("customHealthCheckConfig", "healthCheckConfig"),
    ] {
        let Some(mut entry) = take(props, old) else {
            continue;
        };
        set_name(&mut entry, new);
        if let Some(entry) = put_into(props, owner, entry) {
            losses.leave(props, &entry, "its new place is an expression");
        }
    }
}

/// What was `command` is the entrypoint, what was `args` is the command; both are lists.
fn container(props: &mut Collection, losses: &mut Losses) {
    if let Some(runtime) = get_mut(props, "customRuntimeConfig").and_then(Node::map_mut) {
        for entry in &mut runtime.entries {
            if matches!(entry.name(), "command" | "args") {
                as_list(&mut entry.value);
            }
        }
    }
    let Some(container) = get_mut(props, "customContainerConfig").and_then(Node::map_mut) else {
        return;
    };
    for (old, new) in [("command", "entrypoint"), ("args", "command")] {
        rename(container, old, new);
        if let Some(value) = get_mut(container, new) {
            as_list(value);
        }
    }
    for name in ["instanceID", "accelerationType", "webServerMode"] {
        if let Some(entry) = take(container, name) {
            losses.leave(container, &entry, "fc3 has no such setting");
        }
    }
}

/// `'["a","b"]'` → `[a, b]`; another text is a list of one.
fn as_list(value: &mut Node) {
    let Some(written) = value.text().filter(|text| !has_any(text)) else {
        return;
    };
    let parsed: Vec<String> =
        serde_json::from_str(written).unwrap_or_else(|_| vec![written.to_owned()]);
    let mut list = new_list(parsed.iter().map(|item| text(item)).collect());
    if let Body::Collection(list) = &mut list.body {
        list.form = Form::Line;
    }
    list.comment = value.comment.take();
    *value = list;
}

fn lifecycle(props: &mut Collection, losses: &mut Losses) {
    let handler = take(props, "initializer");
    let timeout = take(props, "initializationTimeout");
    match (handler, timeout) {
        (Some(mut handler), timeout) => {
            set_name(&mut handler, "handler");
            let timeout = timeout.map(|mut entry| {
                set_name(&mut entry, "timeout");
                entry
            });
            let entries = [handler].into_iter().chain(timeout).collect();
            let initializer = new_entry("initializer", new_map(entries));
            if let Some(entry) = put_into(props, "instanceLifecycleConfig", initializer) {
                losses.leave(props, &entry, "its new place is an expression");
            }
        }
        (None, Some(timeout)) => losses.leave(props, &timeout, "there is no initializer"),
        (None, None) => {}
    }
    if let Some(config) = get_mut(props, "instanceLifecycleConfig").and_then(Node::map_mut)
        && let Some(entry) = take(config, "preFreeze")
    {
        losses.leave(config, &entry, "fc3 has no such hook");
    }
}

fn asynchronous(props: &mut Collection, losses: &mut Losses) {
    rename(props, "asyncConfiguration", "asyncInvokeConfig");
    let Some(config) = get_mut(props, "asyncInvokeConfig").and_then(Node::map_mut) else {
        return;
    };
    rename(config, "statefulInvocation", "asyncTask");
    rename(config, "destination", "destinationConfig");
    let Some(destinations) = get_mut(config, "destinationConfig").and_then(Node::map_mut) else {
        return;
    };
    for entry in &mut destinations.entries {
        let Some(arn) = entry.value.text().map(str::to_owned) else {
            continue;
        };
        let mut target = entry.value.clone();
        if arn.starts_with("acs:fc:") {
            losses.warn(
                &target,
                format!("`{arn}` names a function of a service"),
                "write acs:fc:REGION:ACCOUNT:functions/NAME",
            );
            if let (Some((start, _)), Some((_, function))) =
                (arn.split_once("services/"), arn.rsplit_once("functions/"))
            {
                target.body = Body::Scalar(plain(&format!("{start}functions/{function}")));
            }
        }
        entry.value = new_map(vec![new_entry("destination", target)]);
    }
}

fn network(props: &mut Collection) {
    if let Some(vpc) = get_mut(props, "vpcConfig").and_then(Node::map_mut) {
        for old in ["vswitchIds", "vswitchId", "vSwitchId"] {
            rename(vpc, old, "vSwitchIds");
        }
        if let Some(value) = get_mut(vpc, "vSwitchIds")
            && let Some(id) = value.text().filter(|id| *id != "auto")
        {
            let id = id.to_owned();
            *value = new_list(vec![text(&id)]);
        }
    }
    let Some(nas) = get_mut(props, "nasConfig").and_then(Node::map_mut) else {
        return;
    };
    let Some(Body::Collection(points)) = get_mut(nas, "mountPoints").map(|node| &mut node.body)
    else {
        return;
    };
    for point in points
        .entries
        .iter_mut()
        .filter_map(|item| item.value.map_mut())
    {
        rename(point, "fcDir", "mountDir");
        let host = get(point, "serverAddr")
            .and_then(Node::text)
            .map(str::to_owned);
        let Some(host) = host else { continue };
        if let (Some(folder), Some(address)) = (take(point, "nasDir"), get_mut(point, "serverAddr"))
        {
            let path = folder.value.text().unwrap_or_default();
            address.body = Body::Scalar(plain(&format!("{host}:{path}")));
            address.comment = address.comment.take().or(folder.value.comment);
        }
    }
}

/// What fc3 does not have is left as a comment.
fn leave_unknown(props: &mut Collection, losses: &mut Losses) {
    let fits = |entry: &Entry| {
        let is_tracing = entry.name() == "tracingConfig" && entry.value.text().is_none();
        SAME.contains(&entry.name())
            || is_tracing
            || matches!(entry.name(), "region" | "triggers" | "customDomains")
    };
    let all = std::mem::take(&mut props.entries);
    let (known, unknown): (Vec<Entry>, Vec<Entry>) = all.into_iter().partition(fits);
    props.entries = known;
    for entry in unknown {
        losses.leave(props, &entry, "fc3 has no such property");
    }
}
