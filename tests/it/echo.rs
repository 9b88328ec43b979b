//! A cloud that says what it was sent: its words reach the user without the texts of secrets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::Value as Json;

use sdev::apply::{Event, Owner, Stop, apply};
use sdev::diagnostic::Diagnostic;
use sdev::observe::observe;
use sdev::plan::{Adoption, Goal, Observed, plan};
use sdev::provider::{
    ErrorKind, Made, Means, Progress, Provider, ProviderError, Providers, Seen, Task,
};
use sdev::resource::{
    Attrs, Graph, Kind, KindSpec, Object, RemoteId, Resource, SecretRef, Specs, Value,
};
use sdev::secret::{Secret, Secrets};
use sdev::state::{Place, Record};

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

#[tokio::test]
async fn what_a_cloud_repeats_is_said_without_the_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), "app", "test");
    let providers = Providers::new([Arc::new(Echo) as Arc<dyn Provider>]);
    let means = Means {
        providers: &providers,
        secrets: &One,
    };
    let digest = One.fingerprint("", TEXT).unwrap().unwrap();
    let graph = goal(&digest);
    let mut state = place.lock_for("test").unwrap();
    let unreadable = observe(state.state(), &graph, means).await.unwrap_err();
    assert!(!unreadable.is_empty());
    assert_silent(&format!("{unreadable:?}"));

    let aim = |graph| Goal {
        graph,
        owner: "o",
        adoption: Adoption::Refuse,
    };
    let made = |graph| {
        plan(
            &aim(graph),
            &place.read().unwrap(),
            &Observed::new(),
            &providers.specs(),
        )
    };
    let owner = Owner {
        mark: "o".to_owned(),
        account: None,
    };
    let told = Mutex::new(Vec::new());
    let tell = |event: Event| told.lock().unwrap().push(event);
    let first = plan(
        &aim(&graph),
        state.state(),
        &Observed::new(),
        &providers.specs(),
    )
    .unwrap();
    let report = apply(&first, means, &owner, &mut state, (&Stop::default(), &tell)).await;
    assert_eq!(report.unwrap().failed, 1);
    let words = format!("{first:?}{:?}", told.lock().unwrap());
    assert!(
        words.contains("Note") && words.contains("Failed"),
        "{words}"
    );
    assert_silent(&words);
    drop(state);
    let kept = std::fs::read_to_string(place.file()).unwrap();
    assert!(kept.contains(&digest));
    assert_silent(&kept);

    // A plan whose secret has changed since is not carried out.
    let outdated = goal(&"0".repeat(40));
    let outdated = made(&outdated).unwrap();
    let mut state = place.lock_for("test").unwrap();
    let refused = apply(
        &outdated,
        means,
        &owner,
        &mut state,
        (&Stop::default(), &tell),
    )
    .await;
    assert_eq!(
        Diagnostic::from(refused.unwrap_err()).code.to_string(),
        "SD0601"
    );
}
