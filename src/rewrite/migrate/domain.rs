//! The custom domains of a function as resources of their own.

use super::super::layout::{Body, Collection, Entry, Node};
use super::edit::{Losses, get_mut, new_entry, new_map, put_into, take, text};

/// One resource for each item of `domains`, named after the function's resource.
pub(super) fn resources(
    domains: Entry,
    name: &str,
    region: Option<&Node>,
    losses: &mut Losses,
) -> Vec<Entry> {
    let mut made = Vec::new();
    let mut before = domains.before;
    let Body::Collection(list) = domains.value.body else {
        return made;
    };
    for (number, item) in list.entries.into_iter().enumerate() {
        let mut value = item.value;
        let Some(domain) = value.map_mut() else {
            losses.warn(
                &value,
                "this domain is not a map and is left out",
                "write it out",
            );
            continue;
        };
        routes(domain, name, losses);
        if let Some(region) = region {
            let mut region = region.clone();
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
