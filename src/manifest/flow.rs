//! The order in which a command goes through the resources: by the outputs they need, or as `flow` says.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{Expr, parse};
use super::{Block, Entry, Node, NodeKind, key};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, closest, code};

/// The blocks to run `command` on, group by group; see [`super::Manifest::order`].
pub(super) fn order(
    document: &Node,
    blocks: &[Block],
    command: &str,
    diagnostics: &mut Diagnostics,
) -> Vec<Vec<String>> {
    let needs = needs(blocks);
    match chosen(document, command, diagnostics) {
        Some(entry) => by_flow(entry, &needs, diagnostics),
        None => by_needs(blocks, &needs),
    }
}

type Needs<'b> = BTreeMap<&'b str, BTreeSet<&'b str>>;

/// The blocks whose outputs each block's properties hold.
fn needs(blocks: &[Block]) -> Needs<'_> {
    let of = |block| {
        let mut found = BTreeSet::new();
        collect(block, &mut found);
        found
    };
    blocks
        .iter()
        .map(|block| (block.name.as_str(), of(&block.props)))
        .collect()
}

fn collect<'n>(node: &'n Node, found: &mut BTreeSet<&'n str>) {
    match &node.kind {
        NodeKind::Output { resource, .. } if is_of_this_run(node) => drop(found.insert(resource)),
        NodeKind::List(items) | NodeKind::Join(items) => {
            for item in items {
                collect(item, found);
            }
        }
        NodeKind::Map(entries) => {
            for entry in entries {
                collect(&entry.value, found);
            }
        }
        _ => {}
    }
}

/// Whether the expression asks for what this run gives (`output`), and not for what was there before (`info`).
fn is_of_this_run(node: &Node) -> bool {
    let written = node.at.source.text.get(node.at.start..node.at.end);
    let inner = written.and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    match inner.map(parse) {
        Some(Ok(Expr::Reference(reference))) => {
            let member = reference.segments.get(1).map(String::as_str);
            reference.root == "resources" && member != Some("info")
        }
        _ => true,
    }
}

/// The original's order: again and again the first block of the file that needs nothing more. Blocks in a circle come
/// last, in the file's order.
fn by_needs(blocks: &[Block], needs: &Needs<'_>) -> Vec<Vec<String>> {
    let number = |(number, block): (usize, &'_ Block)| (block.name.clone(), number);
    let numbers: BTreeMap<String, usize> = blocks.iter().enumerate().map(number).collect();
    let mut wanted_by: Vec<Vec<usize>> = vec![Vec::new(); blocks.len()];
    let mut missing = vec![0_usize; blocks.len()];
    for (at, block) in blocks.iter().enumerate() {
        for need in &needs[block.name.as_str()] {
            missing[at] += 1;
            if let Some(need) = numbers.get(*need) {
                wanted_by[*need].push(at);
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..blocks.len()).filter(|at| missing[*at] == 0).collect();
    let mut taken = Vec::with_capacity(blocks.len());
    let mut is_taken = vec![false; blocks.len()];
    while let Some(at) = ready.pop_first() {
        taken.push(at);
        is_taken[at] = true;
        for next in std::mem::take(&mut wanted_by[at]) {
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.insert(next);
            }
        }
    }
    taken.extend((0..blocks.len()).filter(|at| !is_taken[*at]));
    let group = |at: usize| vec![blocks[at].name.clone()];
    taken.into_iter().map(group).collect()
}

/// The entry of `flow` for the command: the first whose key fits.
fn chosen<'d>(
    document: &'d Node,
    command: &str,
    diagnostics: &mut Diagnostics,
) -> Option<&'d Entry> {
    let flow = document.get("flow")?;
    if !flow.is_map() {
        diagnostics.push(wrong("`flow` must be a map from commands to groups", flow));
        return None;
    }
    let fits = |entry: &&Entry| match key::spell(&entry.key, command) {
        Ok(spelled) => spelled == command || spelled == "true",
        Err(part) => {
            let detail = format!("`{part}` cannot stand in a key of `flow`");
            diagnostics.push(
                Diagnostic::error(code::FLOW, detail)
                    .at(entry.key_at.clone())
                    .hint("use the name of a command, or ${regex('deploy|remove')}"),
            );
            false
        }
    };
    flow.entries().iter().find(fits)
}

fn by_flow(entry: &Entry, needs: &Needs<'_>, diagnostics: &mut Diagnostics) -> Vec<Vec<String>> {
    let NodeKind::List(groups) = &entry.value.kind else {
        diagnostics.push(wrong(
            "a flow must be a list of groups, each a list of resources",
            &entry.value,
        ));
        return Vec::new();
    };
    let mut order = Vec::new();
    let mut placed: BTreeMap<&str, (usize, &Span)> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        // A name alone is a group of its own.
        let one = std::slice::from_ref(group);
        let items = if let NodeKind::List(items) = &group.kind {
            items
        } else {
            one
        };
        let mut names = Vec::new();
        for item in items {
            let known = item.as_str().and_then(|name| needs.get_key_value(name));
            match known {
                Some((name, _)) => {
                    if placed.insert(name, (number, &item.at)).is_none() {
                        names.push((*name).to_owned());
                    }
                }
                None => diagnostics.push(unknown(item, needs)),
            }
        }
        order.push(names);
    }
    for (name, (number, at)) in &placed {
        for need in &needs[name] {
            if let Some((before, there)) = placed.get(need).filter(|(before, _)| before >= number) {
                let detail = format!(
                    "`{name}` needs an output of `{need}`, which must be in an earlier group"
                );
                let mut error = Diagnostic::error(code::FLOW, detail).at((*at).clone());
                if before != number || there != at {
                    error = error.related((*there).clone(), format!("`{need}` is here"));
                }
                diagnostics.push(error);
            }
        }
    }
    order
}

fn unknown(item: &Node, needs: &Needs<'_>) -> Diagnostic {
    let Some(name) = item.as_str() else {
        return wrong("a flow names resources", item);
    };
    let detail = format!("`flow` names `{name}`, and there is no such resource");
    let error = Diagnostic::error(code::UNKNOWN_RESOURCE, detail).at(item.at.clone());
    match closest(name, needs.keys().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

fn wrong(detail: &str, node: &Node) -> Diagnostic {
    Diagnostic::error(
        code::WRONG_TYPE,
        format!("{detail}, and this is {}", node.type_name()),
    )
    .at(node.at.clone())
    .hint("flow: { deploy: [[first], [second, third]] }")
}

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::{load_with, wrong};

    fn order(text: &str) -> Vec<Vec<String>> {
        load_with(&format!("edition: 3.0.0\n{text}"), &[])
            .unwrap()
            .0
            .order
    }

    #[test]
    fn needs_come_first_and_otherwise_the_file_counts() {
        let text = "resources:\n  z: {component: x, props: {u: '${resources.m.output.u}'}}\n  m: {component: x, props: {u: 'a${resources.a.output.u}'}}\n  k: {component: x}\n  a: {component: x}\n  p: {component: x, props: {u: '${resources.z.output}'}}\n";
        assert_eq!(order(text).concat(), ["k", "a", "m", "z", "p"]);
        let info = "resources:\n  a: {component: x, props: {u: '${resources.b.info.u}', v: '${components.b.output.v}'}}\n  b: {component: x}\n";
        assert_eq!(order(info).concat(), ["a", "b"]);
        let circle = "resources:\n  a: {component: x, props: {u: '${resources.b.output.u}'}}\n  b: {component: x, props: {u: '${resources.a.output.u}'}}\n  c: {component: x}\n";
        assert_eq!(order(circle).concat(), ["c", "a", "b"]);
    }

    #[test]
    fn the_first_flow_that_fits_is_followed() {
        let text = |flow: &str| {
            format!(
                "flow: {{{flow}}}\nresources: {{a: {{component: x}}, b: {{component: x}}, c: {{component: x}}}}\n"
            )
        };
        assert_eq!(
            order(&text("deploy: [[b], [a, c]]")),
            [vec!["b"], vec!["a", "c"]]
        );
        assert_eq!(
            order(&text("remove: [[b]], \"${regex('dep')}\": [[c], a]")),
            [["c"], ["a"]]
        );
        assert_eq!(order(&text("remove: [[b]]")).len(), 3);
    }

    #[test]
    fn what_is_wrong_with_a_flow_is_told() {
        let text = |flow: &str| {
            format!(
                "edition: 3.0.0\nflow: {flow}\nresources:\n  web: {{component: x, props: {{u: '${{resources.api.output.u}}'}}}}\n  api: {{component: x}}\n"
            )
        };
        assert_eq!(wrong(&text("{deploy: [[web], [api]]}")), ["SD0134 2:18"]);
        assert_eq!(wrong(&text("{deploy: [[web, api]]}")), ["SD0134 2:18"]);
        assert_eq!(wrong(&text("{deploy: [[wbe]]}")), ["SD0113 2:18"]);
        assert_eq!(wrong(&text("{deploy: web}")), ["SD0107 2:16"]);
        assert_eq!(wrong(&text("[deploy]")), ["SD0107 2:7"]);
        assert_eq!(wrong(&text("{'${vars.x}': [[api]]}")), ["SD0134 2:8"]);
        assert!(wrong(&text("{deploy: [[web]]}")).is_empty());
    }
}
