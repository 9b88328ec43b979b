//! Names of states: short enough, and each only once in a whole machine, however deep.

use std::collections::BTreeMap;

use crate::form::Builder;
use crate::{Finding, Node, Place};

/// How many characters a name has at most.
const NAME: usize = 80;

pub(super) fn check(builder: &mut Builder, root: &Node) {
    walk(builder, root, &mut BTreeMap::new());
}

fn walk<'n>(builder: &mut Builder, machine: &'n Node, met: &mut BTreeMap<&'n str, Place>) {
    let states = machine.get("States").and_then(Node::entries);
    for entry in states.unwrap_or_default() {
        if entry.key.chars().count() > NAME {
            let said = format!("a state's name has at most {NAME} characters");
            builder.error(entry.at, said);
        }
        if let Some(first) = met.insert(&entry.key, entry.at) {
            let finding =
                Finding::error(entry.at, format!("a state `{}` is here twice", entry.key));
            builder.findings.push(finding.with(first, "the first"));
        }
        let branches = entry.value.get("Branches").and_then(Node::items);
        let inside = branches.unwrap_or_default().iter();
        let each = ["ItemProcessor", "Iterator"].into_iter();
        let each = each.filter_map(|key| entry.value.get(key));
        for machine in inside.chain(each) {
            walk(builder, machine, met);
        }
    }
}
