//! The custom domains of a function as resources of their own.

use super::super::layout::{Body, Collection, Entry};
use super::edit::{Losses, get, get_mut, new_entry, new_map, put_into, take, text};

/// One resource for each item of `domains`, named after the function's resource.
pub(super) fn resources(
    domains: Entry,
    name: &str,
    props: &mut Collection,
    losses: &mut Losses,
) -> Vec<Entry> {
    let mut made = Vec::new();
    let list = match domains.value.body {
        Body::Collection(list) if !list.is_map => list,
        _ => {
            losses.leave(props, &domains, "what it stands for is not in this file");
            return made;
        }
    };
    let mut before = domains.before;
    let region = get(props, "region").cloned();
    for (number, item) in list.entries.into_iter().enumerate() {
        let mut value = item.value;
        let Some(domain) = value.map_mut() else {
            let mut left = new_entry("customDomains", value);
            if let Some(key) = &mut left.key {
                key.at = left.value.at;
            }
            losses.leave(props, &left, "what it stands for is not in this file");
            continue;
        };
        routes(domain, name, losses);
        if let Some(mut region) = region.clone() {
            region.comment = None;
            domain.entries.insert(0, new_entry("region", region));
        }
        let suffix = match number {
            0 => String::new(),
            n => format!("-{}", n + 1),
        };
        let mut entry = new_entry(
            &format!("{name}-domain{suffix}"),
            new_map(vec![
                new_entry("component", text("fc3-domain")),
                new_entry("props", value),
            ]),
        );
        entry.before.append(&mut before);
        entry.before.extend(item.before);
        made.push(entry);
    }
    made
}

/// `routeConfigs` becomes `routeConfig.routes`, each with the function that it had or the one of `name`.
fn routes(domain: &mut Collection, name: &str, losses: &mut Losses) {
    let Some(mut routes) = take(domain, "routeConfigs") else {
        return;
    };
    super::edit::set_name(&mut routes, "routes");
    if let Body::Collection(list) = &mut routes.value.body {
        for item in &mut list.entries {
            let Some(route) = item.value.map_mut() else {
                continue;
            };
            if let Some(service) = take(route, "serviceName") {
                losses.leave(route, &service, super::function::NO_SERVICES);
            }
            if get_mut(route, "functionName").is_none() {
                let function = format!("${{resources.{name}.props.functionName}}");
                route
                    .entries
                    .insert(0, new_entry("functionName", text(&function)));
            }
        }
    }
    if let Some(entry) = put_into(domain, "routeConfig", routes) {
        losses.leave(domain, &entry, "`routeConfig` is there already");
    }
}
