//! What may not be deleted or replaced.

use super::*;

/// What is said when `graph` is planned from `state` while blocks `present` are in the manifest, and these protected.
fn protected_plan(
    graph: &Graph,
    (state, seen): (&State, &Observed),
    present: &[&str],
    protected: &[&str],
) -> Result<Plan, Vec<String>> {
    let source = crate::diagnostic::Source::new("s.yaml", "x");
    let spans = |names: &[&str]| -> BTreeMap<String, crate::diagnostic::Span> {
        let span = crate::diagnostic::Span::new(&source, 0, 1);
        names
            .iter()
            .map(|n| ((*n).to_owned(), span.clone()))
            .collect()
    };
    let protection = Protection {
        blocks: spans(present),
        protected: spans(protected),
    };
    let goal = Goal {
        graph,
        owner: OWNER,
        adoption: Adoption::Refuse,
        scope: &Scope::All,
        part: Part::Whole,
        order: &[],
    };
    let mut plan = make(graph, state, seen).unwrap();
    match protect(&mut plan, &protection, &goal, state) {
        Ok(()) => Ok(plan),
        Err(errors) => Err(errors.iter().map(|d| d.detail.clone()).collect()),
    }
}

#[test]
fn protection_is_noted_once_and_kept_by_the_state() {
    let graph = site(json!({"a": 1}));
    let (mut state, seen) = applied(&graph);
    let plan = protected_plan(&graph, (&state, &seen), &["s"], &["s"]).unwrap();
    assert!(plan.steps.is_empty() && !plan.is_empty());
    plan.edits.apply(&mut state);
    let again = protected_plan(&graph, (&state, &seen), &["s"], &["s"]).unwrap();
    assert!(again.is_empty(), "{again:?}");
    let nothing = Graph::default();
    for present in [&[][..], &["s"]] {
        let refused = protected_plan(&nothing, (&state, &seen), present, &[]).unwrap_err();
        assert_eq!(refused.len(), 3, "{refused:?}");
    }
    let plan = protected_plan(&graph, (&state, &seen), &["s"], &[]).unwrap();
    assert_eq!(plan.edits.release.len(), 3);
    plan.edits.apply(&mut state);
    assert!(protected_plan(&nothing, (&state, &seen), &[], &[]).is_ok());
}

#[test]
fn what_is_gone_already_may_be_forgotten_though_protected() {
    let graph = site(json!({"a": 1}));
    let (mut state, mut seen) = applied(&graph);
    for (id, record) in &mut state.records {
        record.protected = true;
        seen.insert(id.clone(), None);
    }
    let plan = protected_plan(&Graph::default(), (&state, &seen), &[], &[]).unwrap();
    assert_eq!(plan.summary().forget, 3);
}

#[test]
fn a_replacement_of_what_is_protected_is_told_once_for_each_resource() {
    let graph = site(json!({"a": 1}));
    let (state, seen) = applied(&graph);
    let goal = Graph::build([resource(
        "s.store",
        "store",
        json!({"name": "b", "region": "other", "acl": "open"}),
        &[],
    )])
    .unwrap();
    let refused = protected_plan(&goal, (&state, &seen), &["s"], &["s"]).unwrap_err();
    assert_eq!(
        refused,
        [
            "`s.store` (store) would be replaced: region cannot change in place",
            "`s.cache` (cache) would be deleted: it is no longer in the manifest",
            "`s.files` (files) would be deleted: it is no longer in the manifest",
        ]
    );
}
