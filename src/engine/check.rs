//! A plan made anew against the one that was confirmed.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::plan::{Change, FieldDiff, Plan, Scope};
use crate::resource::ResourceId;

/// Whether a step takes a resource away: a deletion, or a successor in its place.
fn takes_away(change: &Change) -> bool {
    match change {
        Change::Delete { .. } => true,
        Change::Create { replaces, .. } => !replaces.is_empty(),
        _ => false,
    }
}

/// Refuses resources that go away and of which the confirmed plan did not say so. Items inside a resource are no matter.
pub(super) fn guard(plan: &Plan, confirmed: &Plan) -> Result<(), Diagnostics> {
    let said = |id: &ResourceId| {
        let mut steps = confirmed.steps.iter();
        steps.any(|s| s.id == *id && takes_away(&s.change))
    };
    let mut diagnostics = Diagnostics::new();
    let new = plan.steps.iter().filter(|s| takes_away(&s.change));
    for step in new.filter(|s| !said(&s.id)) {
        let what = match step.change {
            Change::Delete { .. } => "be deleted",
            _ => "be made anew",
        };
        let detail = format!(
            "after its actions `{}` would {what}, which the confirmed plan did not say",
            step.id
        );
        let mut error = Diagnostic::error(code::UNCONFIRMED, detail)
            .hint("run it again and look at the plan, or allow it with `-y`");
        error.at = step.resource.as_ref().and_then(|r| r.at.clone());
        diagnostics.push(error);
    }
    diagnostics.into_result(()).map(|((), _)| ())
}

/// Whether blocks come to something else than was confirmed. What was not known then is no difference when it is now;
/// what goes away later is none either.
pub(super) fn differs(plan: &Plan, confirmed: &Plan, scope: &Scope) -> bool {
    let changes = |plan: &Plan| -> BTreeMap<ResourceId, Change> {
        let changes = plan.steps.iter().filter(|s| scope.covers(&s.id));
        let changes = changes.filter(|s| {
            !matches!(
                s.change,
                Change::Delete { .. } | Change::Forget { .. } | Change::Act { .. }
            )
        });
        changes.map(|s| (s.id.clone(), s.change.clone())).collect()
    };
    let (now, then) = (changes(plan), changes(confirmed));
    let same = |(a, b): ((&ResourceId, &Change), (&ResourceId, &Change))| {
        a.0 == b.0
            && std::mem::discriminant(a.1) == std::mem::discriminant(b.1)
            && takes_away(a.1) == takes_away(b.1)
            && is_as_said(a.1.diff(), b.1.diff())
    };
    now.len() != then.len() || !now.iter().zip(&then).all(same)
}

fn is_as_said(now: &[FieldDiff], then: &[FieldDiff]) -> bool {
    let by_path = |diffs: &[FieldDiff]| -> BTreeMap<Vec<String>, FieldDiff> {
        diffs.iter().map(|d| (d.path.clone(), d.clone())).collect()
    };
    let (now, then) = (by_path(now), by_path(then));
    now.len() == then.len()
        && now.iter().zip(&then).all(|((path, a), (said, b))| {
            path == said && (b.unknown || (&a.before, &a.after) == (&b.before, &b.after))
        })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::plan::{Base, Step, Which};

    fn plan(steps: &[(&str, Change)]) -> Plan {
        let step = |(id, change): &(&str, Change)| Step {
            id: (*id).into(),
            kind: "oss.bucket".into(),
            change: change.clone(),
            resource: None,
            before: None,
            waits: BTreeSet::new(),
        };
        Plan {
            base: Base {
                lineage: String::new(),
                serial: 0,
            },
            steps: steps.iter().map(step).collect(),
            drift: BTreeMap::new(),
            unmanaged: BTreeMap::new(),
            running: BTreeMap::new(),
            edits: crate::plan::Edits::default(),
            warnings: Diagnostics::new(),
        }
    }

    fn delete() -> Change {
        Change::Delete {
            because: String::new(),
            which: Which::Current,
        }
    }

    fn create(replaces: &[&str], unknown: bool, after: &str) -> Change {
        Change::Create {
            diff: vec![FieldDiff {
                path: vec!["name".to_owned()],
                before: None,
                after: (!unknown).then(|| after.into()),
                unknown,
            }],
            replaces: replaces.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn only_what_was_confirmed_goes_away() {
        let confirmed = plan(&[("a.x", delete()), ("b.x", create(&["name"], false, "n"))]);
        assert_eq!(guard(&confirmed, &confirmed), Ok(()));
        assert_eq!(
            guard(&plan(&[("c.x", create(&[], false, "n"))]), &confirmed),
            Ok(())
        );
        for bad in [delete(), create(&["name"], false, "n")] {
            let refused = guard(&plan(&[("c.x", bad)]), &confirmed).unwrap_err();
            assert!(refused.iter().all(|d| d.code == code::UNCONFIRMED));
        }
    }

    #[test]
    fn what_becomes_known_is_no_difference() {
        let (scope, said) = (Scope::All, plan(&[("a.x", create(&[], true, ""))]));
        assert!(!differs(
            &plan(&[("a.x", create(&[], false, "n"))]),
            &said,
            &scope
        ));
        assert!(differs(
            &said,
            &plan(&[("a.x", create(&[], false, "n"))]),
            &scope
        ));
        assert!(differs(&plan(&[]), &said, &scope));
        assert!(!differs(&plan(&[]), &said, &Scope::Only(BTreeSet::new())));
    }
}
