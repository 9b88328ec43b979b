//! A cloud that says what it was sent: its words reach the user without the texts of secrets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::Value as Json;

use sdev::apply::{ApplyError, Event, Owner, Report, Stop, apply};
use sdev::diagnostic::Diagnostic;
use sdev::observe::observe;
use sdev::plan::{Adoption, Goal, Observed, Part, Plan, Scope, plan};
use sdev::provider::{
    ErrorKind, Made, Means, Progress, Provider, ProviderError, Providers, Seen, Task,
};
use sdev::resource::{
    Attrs, Graph, Kind, KindSpec, Object, RemoteId, Resource, SecretRef, Specs, Value,
};
use sdev::secret::{Secret, Secrets};
use sdev::state::{LockedState, Place, Record};

const TEXT: &str = "cAnArY \"quoted\" text";

/// It repeats everything, in its own words and as the wire had it.
struct Echo;

fn echo(attrs: &Json) -> ProviderError {
    let text = attrs["password"].as_str().unwrap_or(TEXT);
    ProviderError {
        kind: ErrorKind::Invalid,
        operation: "Create".to_owned(),
        code: Some(format!("Bad:{text}")),
        message: format!(
            "cannot take {attrs}, sent as {}",
            wire::escape::strict(text)
        ),
        request_id: Some(wire::digest::base64(text.as_bytes())),
        hint: Some(format!("not {text}")),
    }
}

#[async_trait]
impl Provider for Echo {
    fn specs(&self) -> Specs {
        Specs::from([("mem.thing".into(), KindSpec::new(&[], &[]))])
    }

    fn identity(&self, _: &Kind, _: &Object) -> Option<RemoteId> {
        Some("thing".into())
    }

    async fn read(
        &self,
        _: &Kind,
        _: &RemoteId,
        _: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        Err(echo(&Json::Null))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        assert_eq!(task.attrs["password"], format!("x{TEXT}"));
        let words = format!("sending {}", task.attrs["password"]);
        task.tell.progress(Progress::Note(words));
        Err(echo(&Json::Object(task.attrs.clone())))
    }

    async fn update(&self, _: &Task<'_>) -> Result<Made, ProviderError> {
        unreachable!("nothing is there")
    }

    async fn delete(&self, _: &Task<'_>) -> Result<(), ProviderError> {
        unreachable!("nothing is there")
    }

    async fn act(&self, _: &str, _: &Record, _: &Json) -> Result<Json, ProviderError> {
        unreachable!("nothing is there")
    }
}

struct One;

impl Secrets for One {
    fn text(&self, source: &str) -> Result<Secret, Diagnostic> {
        assert_eq!(source, "secret:N");
        Ok(Secret::new(TEXT))
    }

    fn fingerprint(&self, _: &str, text: &str) -> Result<Option<String>, Diagnostic> {
        Ok(Some(
            wire::digest::sha256_hex(text.as_bytes())[..40].to_owned(),
        ))
    }
}

fn goal(digest: &str) -> Graph {
    let secret = Value::Secret(SecretRef::new("secret:N", digest));
    let password = Value::Join(vec!["x".into(), secret]);
    let resource = Resource {
        id: "thing".into(),
        kind: "mem.thing".into(),
        attrs: Attrs::from([("password".to_owned(), password)]),
        after: BTreeSet::new(),
        at: None,
    };
    Graph::build([resource]).unwrap()
}

#[track_caller]
fn assert_silent(words: &str) {
    let coded = wire::digest::base64(TEXT.as_bytes());
    for needle in ["cAnArY", coded.trim_end_matches('='), "quoted"] {
        assert!(!words.contains(needle), "{words}");
    }
}

struct Bench {
    _folder: tempfile::TempDir,
    place: Place,
    providers: Providers,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            place: Place::new(folder.path(), "app", "test"),
            providers: Providers::new([Arc::new(Echo) as Arc<dyn Provider>]),
            _folder: folder,
        }
    }

    fn means(&self) -> Means<'_> {
        Means {
            providers: &self.providers,
            secrets: &One,
        }
    }

    fn plan(&self, graph: &Graph, state: &LockedState) -> Plan {
        let goal = Goal {
            graph,
            owner: "o",
            adoption: Adoption::Refuse,
            scope: &Scope::All,
            part: Part::Whole,
            order: &[],
        };
        plan(
            &goal,
            state.state(),
            &Observed::new(),
            &self.providers.specs(),
        )
        .unwrap()
    }

    async fn apply(
        &self,
        plan: &Plan,
        state: &mut LockedState,
        tell: &(dyn Fn(Event) + Sync),
    ) -> Result<Report, ApplyError> {
        let owner = Owner {
            mark: "o".to_owned(),
            account: None,
        };
        apply(plan, self.means(), &owner, state, (&Stop::default(), tell)).await
    }
}

fn digest() -> String {
    One.fingerprint("", TEXT).unwrap().unwrap()
}

#[tokio::test]
async fn what_a_cloud_repeats_is_said_without_the_secrets() {
    let bench = Bench::new();
    let graph = goal(&digest());
    let mut state = bench.place.lock_for("test").unwrap();
    let unreadable = observe(state.state(), (&graph, &Scope::All), bench.means()).await;
    assert_silent(&format!("{:?}", unreadable.unwrap_err()));

    let told = Mutex::new(Vec::new());
    let tell = |event: Event| told.lock().unwrap().push(event);
    let plan = bench.plan(&graph, &state);
    let report = bench.apply(&plan, &mut state, &tell).await.unwrap();
    assert_eq!(report.failed, 1);
    let words = format!("{plan:?}{:?}", told.lock().unwrap());
    assert!(
        words.contains("Note") && words.contains("Failed"),
        "{words}"
    );
    assert_silent(&words);
    let kept = std::fs::read_to_string(bench.place.file()).unwrap();
    assert!(kept.contains(&digest()));
    assert_silent(&kept);
}

#[tokio::test]
async fn a_plan_whose_secret_changed_since_is_not_carried_out() {
    let bench = Bench::new();
    let mut state = bench.place.lock_for("test").unwrap();
    let plan = bench.plan(&goal(&"0".repeat(40)), &state);
    let refused = bench.apply(&plan, &mut state, &|_| ()).await;
    let refused = Diagnostic::from(refused.unwrap_err());
    assert_eq!(refused.code.to_string(), "SD0601");
    assert!(!bench.place.file().exists());
}
