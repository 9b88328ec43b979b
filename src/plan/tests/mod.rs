//! Plans over a made-up kind: what each situation leads to.

#![expect(clippy::needless_pass_by_value, reason = "tests write values in place")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::*;
use crate::provider::Seen;
use crate::resource::{Exclusive, Graph, KindSpec, Object, Resource, Specs, Value};
use crate::state::{Record, State, Status};

mod change;
mod protection;
mod scope;

pub(super) const OWNER: &str = "app/test/1";

pub(super) fn object(json: Json) -> Object {
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
    bell.exclusive = vec![Exclusive::same(("rings", "loud"), &["of", "version"])];
    bell.defaults.insert("rings".into(), json!("loud"));
    bell.defaults.insert("version".into(), json!("latest"));
    let mut chime = KindSpec::new(&["name"], &[]);
    chime.exclusive = vec![Exclusive::other("bell", true, &["name"])];
    let mut clapper = KindSpec::new(&["name"], &[]);
    clapper.exclusive = vec![Exclusive::other("bell", false, &["name"])];
    let mut cache = KindSpec::new(&[], &["url"]);
    cache.refresh_from = Some("files".to_owned());
    cache.local = BTreeSet::from(["files".to_owned(), "index".to_owned()]);
    Specs::from([
        ("store".into(), store),
        ("files".into(), files),
        ("bell".into(), bell),
        ("chime".into(), chime),
        ("clapper".into(), clapper),
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
            manifest: None,
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
