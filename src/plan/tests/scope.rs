//! Plans for some blocks, and blocks in groups.

use super::*;

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
