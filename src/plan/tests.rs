//! Plans over a made-up kind: what each situation leads to.

#![expect(clippy::needless_pass_by_value, reason = "tests write values in place")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::*;
use crate::provider::Seen;
use crate::resource::{Graph, KindSpec, Object, Resource, Specs, Value};
use crate::state::{Record, State, Status};

const OWNER: &str = "app/test/1";

fn object(json: Json) -> Object {
    json.as_object().unwrap().clone()
}

fn specs() -> Specs {
    let mut store = KindSpec::new(&["name", "region"], &["name"]);
    store.identity = BTreeSet::from(["name".to_owned()]);
    store.renew(&["mark"], &["acl"]);
    let mut files = KindSpec::new(&["bucket"], &["count"]);
    files.identity = BTreeSet::from(["bucket".to_owned()]);
    files.items = BTreeSet::from(["files".to_owned()]);
    files.contained = true;
    let mut bell = KindSpec::new(&["name"], &[]);
    bell.identity = BTreeSet::from(["name".to_owned()]);
    bell.exclusive = BTreeSet::from(["of".to_owned(), "version".to_owned()]);
    bell.defaults.insert("version".into(), json!("latest"));
    let mut cache = KindSpec::new(&[], &["url"]);
    cache.refresh_from = Some("files".to_owned());
    cache.local = BTreeSet::from(["files".to_owned(), "index".to_owned()]);
    Specs::from([
        ("store".into(), store),
        ("files".into(), files),
        ("bell".into(), bell),
        ("cache".into(), cache),
    ])
}

pub(super) fn resource(id: &str, kind: &str, attrs: Json, after: &[&str]) -> Resource {
    let attrs = object(attrs)
        .into_iter()
        .map(|(k, v)| (k, Value::Plain(v)))
        .collect();
    Resource {
        id: id.into(),
        kind: kind.into(),
        attrs,
        after: after.iter().map(|&a| a.into()).collect(),
        at: None,
    }
}

fn site(files: Json) -> Graph {
    Graph::build([
        resource(
            "s.store",
            "store",
            json!({"name": "b", "region": "r", "acl": "open"}),
            &[],
        ),
        resource(
            "s.files",
            "files",
            json!({"bucket": "b", "files": files}),
            &["s.store"],
        ),
        resource(
            "s.cache",
            "cache",
            json!({"origin": "b", "files": "s.files"}),
            &["s.store"],
        ),
    ])
    .unwrap()
}

/// The state and the cloud right after `graph` was applied.
pub(super) fn applied(graph: &Graph) -> (State, Observed) {
    let mut records = BTreeMap::new();
    let mut seen = Observed::new();
    for resource in graph.ordered() {
        let attrs = resource.resolve(&|_, _| Some("x".into())).unwrap();
        let outputs = object(json!({"name": "b", "url": "u", "count": 1, "mark": "x"}));
        let record = Record {
            kind: resource.kind.clone(),
            remote: Some(resource.id.as_str().into()),
            attrs: attrs.clone(),
            outputs,
            after: resource.needs(),
            status: Status::Ready,
            owed: BTreeSet::new(),
            pending: BTreeSet::new(),
            protected: false,
        };
        records.insert(resource.id.clone(), record);
        seen.insert(resource.id.clone(), Some(Seen { attrs, owner: None }));
    }
    (
        State {
            version: 1,
            lineage: "l".into(),
            serial: 3,
            account: None,
            records,
            deposed: Vec::new(),
            origins: BTreeMap::new(),
        },
        seen,
    )
}

pub(super) fn make(
    graph: &Graph,
    state: &State,
    seen: &Observed,
) -> Result<Plan, crate::diagnostic::Diagnostics> {
    plan(
        &Goal {
            graph,
            owner: OWNER,
            adoption: Adoption::Refuse,
            scope: &Scope::All,
            part: Part::Whole,
            order: &[],
        },
        state,
        seen,
        &specs(),
    )
}

/// `id action` of each step.
pub(super) fn told(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|s| {
            let json = serde_json::to_value(&s.change).unwrap();
            format!("{} {}", s.id, json["action"].as_str().unwrap())
        })
        .collect()
}

fn empty() -> State {
    State {
        version: 1,
        lineage: "l".into(),
        serial: 0,
        account: None,
        records: BTreeMap::new(),
        deposed: Vec::new(),
        origins: BTreeMap::new(),
    }
}

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

/// Two blocks, the second of which refers to the first.
fn pair(name: &str) -> Graph {
    let mut user = resource(
        "b.store",
        "store",
        json!({"name": "two", "region": "r"}),
        &[],
    );
    let origin = Value::Ref("a.store".into(), "name".into());
    user.attrs.insert("origin".to_owned(), origin);
    let store = json!({"name": name, "region": "r"});
    Graph::build([resource("a.store", "store", store, &[]), user]).unwrap()
}

fn only(block: &str) -> Scope {
    Scope::Only(BTreeSet::from([block.to_owned()]))
}

fn scoped(
    graph: &Graph,
    (state, seen): &(State, Observed),
    scope: &Scope,
    part: Part,
) -> Result<Plan, crate::diagnostic::Diagnostics> {
    let goal = Goal {
        graph,
        owner: OWNER,
        adoption: Adoption::Refuse,
        scope,
        part,
        order: &[],
    };
    plan(&goal, state, seen, &specs())
}

fn codes(refused: &crate::diagnostic::Diagnostics) -> Vec<String> {
    refused.iter().map(|d| d.code.to_string()).collect()
}

#[test]
fn what_is_outside_the_scope_is_left_alone() {
    let mut before = applied(&pair("one"));
    // What `a` puts out is what `b` has.
    let link = |attrs: &mut Object| drop(attrs.insert("origin".to_owned(), "b".into()));
    link(&mut before.0.records.get_mut(&"b.store".into()).unwrap().attrs);
    let seen = before.1.things.get_mut(&"b.store".into()).unwrap();
    link(&mut seen.as_mut().unwrap().attrs);
    let ids =
        |plan: &Plan| -> Vec<String> { plan.steps.iter().map(|s| s.id.to_string()).collect() };
    // `b` wants nothing new; `a` is renamed, and a block that is gone stays too.
    let mut more = before.clone();
    let gone = more.0.records[&"a.store".into()].clone();
    more.0.records.insert("c.store".into(), gone);
    let graph = pair("renamed");
    assert!(
        scoped(&graph, &more, &only("b"), Part::Changes)
            .unwrap()
            .is_empty()
    );
    // `b` stands on what `a` had: that goes when `b` had its turn.
    let plan = scoped(&graph, &more, &only("a"), Part::Changes).unwrap();
    assert_eq!(ids(&plan), ["a.store"]);
    assert!(
        matches!(&plan.steps[0].change, Change::Create { replaces, .. } if !replaces.is_empty())
    );
    // Removal of what something outside stands on is refused, of that something it is not.
    let nothing = Graph::default();
    let refused = scoped(&nothing, &before, &only("a"), Part::Whole).unwrap_err();
    assert_eq!(codes(&refused), ["SD0606"]);
    let plan = scoped(&nothing, &before, &only("b"), Part::Whole).unwrap();
    assert_eq!(ids(&plan), ["b.store"]);
}

#[test]
fn an_output_outside_comes_from_the_state_or_is_an_error() {
    let graph = pair("one");
    let nothing = (applied(&Graph::default()).0, Observed::new());
    let refused = scoped(&graph, &nothing, &only("b"), Part::Changes).unwrap_err();
    assert_eq!(codes(&refused), ["SD0606"]);
    let mut first = applied(&graph);
    first.0.records.remove(&"b.store".into());
    first.1.insert("b.store".into(), None);
    let plan = scoped(&graph, &first, &only("b"), Part::Changes).unwrap();
    assert_eq!(plan.steps.len(), 1);
    assert!(plan.steps[0].change.diff().iter().all(|d| !d.unknown));
}

#[test]
fn a_farewell_only_deletes() {
    let mut before = applied(&pair("one"));
    let gone = before.0.records[&"b.store".into()].clone();
    before.0.records.insert("c.store".into(), gone.clone());
    before.0.deposed.push((
        "a.store".into(),
        Record {
            after: BTreeSet::new(),
            ..gone
        },
    ));
    let mut graph = pair("renamed");
    graph
        .get_mut(&"b.store".into())
        .unwrap()
        .attrs
        .insert("acl".into(), "new".into());
    let plan = scoped(&graph, &before, &Scope::All, Part::Farewell).unwrap();
    let all_go = |s: &Step| matches!(s.change, Change::Delete { .. } | Change::Forget { .. });
    assert_eq!(
        (plan.steps.len(), plan.steps.iter().all(all_go)),
        (2, true),
        "{plan:?}"
    );
}

#[test]
fn groups_wait_for_all_groups_before_them() {
    let store =
        |id: &str, name: &str| resource(id, "store", json!({"name": name, "region": "r"}), &[]);
    let graph = Graph::build([store("a.x", "1"), store("b.x", "2"), store("c.x", "3")]).unwrap();
    let nothing = (applied(&Graph::default()).0, Observed::new());
    let order = [vec!["c".to_owned()], vec!["a".to_owned(), "b".to_owned()]];
    let goal = Goal {
        graph: &graph,
        owner: OWNER,
        adoption: Adoption::Refuse,
        scope: &Scope::All,
        part: Part::Whole,
        order: &order,
    };
    let plan = plan(&goal, &nothing.0, &nothing.1, &specs()).unwrap();
    let steps: Vec<(&str, Vec<usize>)> = plan
        .steps
        .iter()
        .map(|s| (s.id.as_str(), s.waits.iter().copied().collect()))
        .collect();
    assert_eq!(steps, [("c.x", vec![]), ("a.x", vec![0]), ("b.x", vec![0])]);
}
