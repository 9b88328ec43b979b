//! One resource after another: made, changed, found changed, renamed, removed.

use super::*;

#[test]
fn the_first_plan_creates_in_order_and_refreshes_nothing() {
    let plan = make(&site(json!({"a": 1})), &empty(), &Observed::new()).unwrap();
    assert_eq!(
        told(&plan),
        ["s.store create", "s.cache create", "s.files create"]
    );
    assert_eq!(plan.steps[2].waits, BTreeSet::from([0]));
}

#[test]
fn the_plan_after_an_apply_is_empty() {
    let graph = site(json!({"a": {"md5": "1"}}));
    let (state, seen) = applied(&graph);
    let plan = make(&graph, &state, &seen).unwrap();
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:?}");
}

#[test]
fn one_changed_file_is_one_difference_and_one_refreshed_path() {
    let (state, seen) = applied(&site(json!({"docs/index.html": 1, "b": 1})));
    let plan = make(
        &site(json!({"docs/index.html": 2, "b": 1, "new": 1})),
        &state,
        &seen,
    )
    .unwrap();
    assert_eq!(told(&plan), ["s.files update", "s.cache act"]);
    assert_eq!(plan.steps[0].change.diff().len(), 2);
    let Change::Act { args, .. } = &plan.steps[1].change else {
        panic!("{plan:?}")
    };
    assert_eq!(args["paths"], json!(["/docs/", "/docs/index.html"]));
    assert_eq!(plan.steps[1].waits, BTreeSet::from([0]));
}

#[test]
fn what_an_earlier_run_owes_is_refreshed() {
    let graph = site(json!({"a": 1}));
    let (mut state, seen) = applied(&graph);
    state
        .records
        .get_mut(&"s.cache".into())
        .unwrap()
        .owed
        .insert("/a".into());
    assert_eq!(told(&make(&graph, &state, &seen).unwrap()), ["s.cache act"]);
}

#[test]
fn a_change_online_is_drift_and_is_put_right() {
    let graph = site(json!({"a": {"md5": "1", "type": "t"}}));
    let (state, mut seen) = applied(&graph);
    let shown =
        object(json!({"bucket": "b", "files": {"a": {"md5": "9"}, "foreign": {"md5": "7"}}}));
    seen.insert(
        "s.files".into(),
        Some(Seen {
            attrs: shown,
            owner: None,
        }),
    );
    let plan = make(&graph, &state, &seen).unwrap();
    assert_eq!(told(&plan), ["s.files update", "s.cache act"]);
    assert_eq!(plan.drift[&"s.files".into()].len(), 1);
    assert_eq!(plan.unmanaged[&"s.files".into()], ["foreign"]);
}

#[test]
fn what_vanished_online_is_made_again() {
    let graph = site(json!({"a": 1}));
    let (state, mut seen) = applied(&graph);
    seen.insert("s.cache".into(), None);
    let plan = make(&graph, &state, &seen).unwrap();
    assert_eq!(told(&plan), ["s.cache create"]);
    assert!(plan.drift.contains_key(&"s.cache".into()));
}

#[test]
fn a_new_name_makes_the_successor_first_and_deletes_last() {
    let (state, seen) = applied(&site(json!({"a": 1})));
    let goal = Graph::build([
        resource(
            "s.store",
            "store",
            json!({"name": "c", "region": "r", "acl": "open"}),
            &[],
        ),
        resource(
            "s.files",
            "files",
            json!({"bucket": "c", "files": {"a": 1}}),
            &["s.store"],
        ),
        resource(
            "s.cache",
            "cache",
            json!({"origin": "c", "files": "s.files"}),
            &["s.store"],
        ),
    ])
    .unwrap();
    let plan = make(&goal, &state, &seen).unwrap();
    let wanted = [
        "s.store create",
        "s.cache update",
        "s.files create",
        "s.files delete",
        "s.store delete",
    ];
    let told = told(&plan);
    assert_eq!(
        told.iter()
            .filter(|t| !t.ends_with("act"))
            .map(String::as_str)
            .collect::<Vec<_>>(),
        wanted
    );
    let deletes: Vec<_> = plan
        .steps
        .iter()
        .filter(|s| {
            matches!(
                s.change,
                Change::Delete {
                    which: Which::Deposed(_),
                    ..
                }
            )
        })
        .collect();
    assert_eq!(deletes.len(), 2);
    assert!(
        deletes[1].waits.contains(&(plan.steps.len() - 2)),
        "the store goes after its files"
    );
    assert_eq!(plan.summary().replace, 2);
}

#[test]
fn the_same_name_elsewhere_deletes_first() {
    let graph = |region: &str| {
        Graph::build([resource(
            "s.store",
            "store",
            json!({"name": "b", "region": region}),
            &[],
        )])
        .unwrap()
    };
    let (state, seen) = applied(&graph("r"));
    let plan = make(&graph("q"), &state, &seen).unwrap();
    assert_eq!(told(&plan), ["s.store delete", "s.store create"]);
    assert_eq!(plan.steps[1].waits, BTreeSet::from([0]));
    assert_eq!((plan.summary().replace, plan.summary().delete), (1, 0));
}

#[test]
fn removal_is_a_plan_towards_nothing_dependents_first() {
    let (state, mut seen) = applied(&site(json!({"a": 1})));
    seen.insert("s.cache".into(), None);
    let plan = make(&Graph::default(), &state, &seen).unwrap();
    assert_eq!(
        told(&plan),
        ["s.cache forget", "s.files delete", "s.store delete"]
    );
    assert_eq!(plan.steps[2].waits, BTreeSet::from([0, 1]));
}

#[test]
fn what_is_not_ours_is_refused() {
    let graph = site(json!({"a": 1}));
    let (_, mut seen) = applied(&graph);
    seen.things
        .get_mut(&"s.store".into())
        .unwrap()
        .as_mut()
        .unwrap()
        .owner = Some("other".into());
    let errors = make(&graph, &empty(), &seen).unwrap_err();
    assert!(
        errors.iter().any(|d| d.detail.contains("`other`")),
        "{errors:?}"
    );
}

#[test]
fn what_is_ours_but_forgotten_is_adopted() {
    let graph = Graph::build([resource(
        "s.store",
        "store",
        json!({"name": "b", "region": "r", "acl": "open"}),
        &[],
    )])
    .unwrap();
    let (_, mut seen) = applied(&graph);
    seen.things
        .get_mut(&"s.store".into())
        .unwrap()
        .as_mut()
        .unwrap()
        .owner = Some(OWNER.into());
    let plan = make(&graph, &empty(), &seen).unwrap();
    assert_eq!(told(&plan), ["s.store adopt"]);
    assert!(plan.steps[0].change.diff().is_empty());
}

#[test]
fn an_interrupted_change_is_finished_and_is_no_drift() {
    let graph = site(json!({"a": 1}));
    let (mut state, seen) = applied(&graph);
    let record = state.records.get_mut(&"s.store".into()).unwrap();
    record.status = Status::Updating;
    record.attrs.insert("acl".into(), "closed".into());
    let plan = make(&graph, &state, &seen).unwrap();
    assert_eq!(told(&plan), ["s.store adopt"]);
    assert!(plan.drift.is_empty());
}

#[test]
fn an_output_of_something_new_is_not_known_yet() {
    let mut dependent = resource("x", "store", json!({"name": "x", "region": "r"}), &[]);
    dependent
        .attrs
        .insert("acl".into(), Value::Ref("s.store".into(), "name".into()));
    let graph = Graph::build([
        resource("s.store", "store", json!({"name": "b", "region": "r"}), &[]),
        dependent,
    ])
    .unwrap();
    let plan = make(&graph, &empty(), &Observed::new()).unwrap();
    assert_eq!(told(&plan), ["s.store create", "x create"]);
    assert!(
        plan.steps[1]
            .change
            .diff()
            .iter()
            .any(|d| d.unknown && d.path == ["acl"])
    );
    let (state, seen) = applied(&graph);
    let again = make(&graph, &state, &seen).unwrap();
    assert_eq!(
        told(&again),
        ["x update"],
        "the applied value was `x`, the output is `b`"
    );
}

#[test]
fn an_output_that_a_change_renews_is_not_known_while_the_others_are() {
    let graph = |acl: &str, quota: u32| {
        let wanted = json!({"name": "b", "region": "r", "acl": acl, "quota": quota});
        let mut follower = resource("x", "cache", json!({}), &[]);
        for output in ["mark", "name"] {
            let value = Value::Ref("s.store".into(), output.to_owned());
            follower.attrs.insert(output.to_owned(), value);
        }
        let store = resource("s.store", "store", wanted, &[]);
        Graph::build([store, follower]).unwrap()
    };
    let (mut state, mut seen) = applied(&graph("open", 1));
    let attrs = object(json!({"mark": "x", "name": "b"}));
    let id = "x".into();
    state.records.get_mut(&id).unwrap().attrs = attrs.clone();
    seen.insert(id, Some(Seen { attrs, owner: None }));
    let plan = |graph| make(&graph, &state, &seen).unwrap();
    assert_eq!(told(&plan(graph("open", 1))), Vec::<String>::new());
    assert_eq!(told(&plan(graph("open", 2))), ["s.store update"]);
    let renewing = plan(graph("closed", 1));
    assert_eq!(told(&renewing), ["s.store update", "x update"]);
    let [diff] = renewing.steps[1].change.diff() else {
        panic!("{renewing:?}");
    };
    assert!(diff.unknown && diff.path == ["mark"], "{diff:?}");
    assert!(renewing.steps[1].waits.contains(&0));
}

#[test]
fn a_new_name_in_the_manifest_keeps_the_thing() {
    let (state, seen) = applied(&site(json!({"a": {"md5": "1"}, "b": {"md5": "2"}})));
    let goal = Graph::build([
        resource(
            "t.store",
            "store",
            json!({"name": "b", "region": "r", "acl": "open"}),
            &[],
        ),
        resource(
            "t.files",
            "files",
            json!({"bucket": "b", "files": {"a": {"md5": "1"}}}),
            &["t.store"],
        ),
    ])
    .unwrap();
    let plan = make(&goal, &state, &seen).unwrap();
    let wanted = [
        "t.store adopt",
        "t.files adopt",
        "s.cache delete",
        "s.files forget",
        "s.store forget",
    ];
    assert_eq!(told(&plan), wanted);
    assert_eq!(plan.steps[1].change.diff().len(), 1, "b goes away, a stays");
}

#[test]
fn two_resources_that_are_one_thing_are_refused() {
    let store = |id: &str| resource(id, "store", json!({"name": "b", "region": "r"}), &[]);
    let graph = Graph::build([store("x"), store("y")]).unwrap();
    let errors = make(&graph, &empty(), &Observed::new()).unwrap_err();
    assert!(
        errors.iter().any(|d| d.detail.contains("`x` and `y`")),
        "{errors:?}"
    );
}

#[test]
fn a_predecessor_whose_name_is_wanted_again_is_not_deleted() {
    let store = |name: &str| {
        Graph::build([resource(
            "s.store",
            "store",
            json!({"name": name, "region": "r"}),
            &[],
        )])
        .unwrap()
    };
    let (mut state, seen) = applied(&store("new"));
    let old = applied(&store("old"))
        .0
        .records
        .remove(&"s.store".into())
        .unwrap();
    state.deposed.push(("s.store".into(), old));
    let plan = make(&store("old"), &state, &seen).unwrap();
    assert_eq!(
        told(&plan),
        ["s.store create", "s.store forget", "s.store delete"]
    );
}
