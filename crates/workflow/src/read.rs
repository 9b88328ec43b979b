//! From a text to a program, whichever language it is in.

use serde_json::Value;

use crate::{Finding, Findings, Node, Program, asl, check, fdl1, fdl2, yaml};

/// The program that a text is, and everything there is to say about the text. No program if there are errors.
///
/// The language is told by the text: `type: flow` is the first, `Type: StateMachine` the second, and a map `States`
/// without a type is Amazon's States Language.
pub fn read(text: &str) -> (Option<Program>, Vec<Finding>) {
    let root = match yaml::parse(text) {
        Ok(root) => root,
        Err(finding) => return (None, vec![finding]),
    };
    let (program, mut findings) = of_node(&root);
    if let Some(program) = &program {
        check::check(program, &mut findings);
    }
    (
        program.filter(|_| !findings.has_errors()),
        findings.sorted(),
    )
}

fn of_node(root: &Node) -> (Option<Program>, Findings) {
    let is = |key: &str, wanted: &str| root.get(key).and_then(Node::text) == Some(wanted);
    if is("Type", "StateMachine") {
        return fdl2::read(root);
    }
    if root.get("steps").is_some() || is("type", "flow") {
        return fdl1::read(root);
    }
    if asl::is_one(root) {
        return asl::read(root);
    }
    let mut findings = Findings::default();
    let said = match root.value() {
        Value::Null => "there is no flow in this text",
        Value::Object(_) => {
            "this is no flow: neither `type: flow`, nor `Type: StateMachine`, nor a map of `States` is here"
        }
        _ => "a flow is a map",
    };
    let hint = "begin with `Type: StateMachine`, `SpecVersion: v1`, `StartAt` and `States`";
    findings.push(Finding::error(root.at, said).hint(hint));
    (None, findings)
}
