//! Ways of choices that are never taken, because the text alone decides.

use serde_json::Value;

use crate::expression::{Chance, Expr, Scene, holds};
use crate::program::Kind;
use crate::{Finding, Findings, Program};

pub(super) fn check(program: &Program, findings: &mut Findings) {
    for step in &program.steps {
        let Kind::Choice(choice) = &step.kind else {
            continue;
        };
        let mut always = None;
        for case in &choice.cases {
            if let Some(earlier) = always {
                let finding = Finding::warning(case.at, "this way is never taken");
                findings.push(finding.with(earlier, "this condition always holds"));
                continue;
            }
            match decided(&case.when) {
                Some(true) => always = Some(case.at),
                Some(false) => {
                    findings.push(Finding::warning(case.at, "this condition never holds"));
                }
                None => {}
            }
        }
    }
}

/// What a condition is whatever the data is, if that can be told.
fn decided(condition: &Expr) -> Option<bool> {
    match condition {
        Expr::Literal(value) => Some(*value == Value::Bool(true)),
        Expr::Not(inner) => decided(inner).map(|holds| !holds),
        Expr::All(parts) => all(parts, true),
        Expr::Any(parts) => all(parts, false),
        Expr::Compare(_, left, right) => match (&**left, &**right) {
            (Expr::Literal(_), Expr::Literal(_)) => {
                let chance = Chance::of("");
                holds(
                    condition,
                    &Scene::of(&Value::Null, &|| Value::Null, &chance),
                )
                .ok()
            }
            _ => None,
        },
        Expr::Path(_)
        | Expr::List(_)
        | Expr::Map(_)
        | Expr::Call(..)
        | Expr::Test(..)
        | Expr::Moment(_) => None,
    }
}

/// `wanted` if every part is that whatever the data is, its opposite if one part is that.
fn all(parts: &[Expr], wanted: bool) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.iter().map(decided).collect();
    if parts.contains(&Some(!wanted)) {
        return Some(!wanted);
    }
    parts.iter().all(Option::is_some).then_some(wanted)
}
