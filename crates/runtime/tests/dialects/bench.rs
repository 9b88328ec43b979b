//! A fleet with its log, and functions to run in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use runtime::{
    Answer, Call, Command, Fault, Fleet, FunctionError, Hook, Identity, Language, Line, LogSink,
    Mount, Reply, Request, Settings, Spec,
};
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

/// The trace of calls.
pub(crate) const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// The same as functions are told it that are traced.
pub(crate) const SPAN: &str = "0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1";
/// Where they shall send their spans.
pub(crate) const JAEGER: &str = "http://127.0.0.1:14268/api/traces";

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl LogSink for Lines {
    fn line(&self, line: Line<'_>) {
        self.0.lock().unwrap().push(line.text.to_owned());
    }
}

/// A fleet in a folder of its own.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) fleet: Fleet,
    lines: Arc<Lines>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(false)
    }

    /// With interpreters that wait for code, or none.
    pub(crate) fn with(pool: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = Arc::new(Lines::default());
        let fleet = Fleet::open(Settings {
            folder: folder.path().join("run"),
            launcher: vec![env!("CARGO_BIN_EXE_launch-instance").into()],
            log: Arc::clone(&lines) as Arc<dyn LogSink>,
            clock: Arc::new(SystemTime::now),
            pool,
        });
        Self {
            folder,
            fleet: fleet.unwrap(),
            lines,
        }
    }

    /// Another fleet in the same folder, as after a restart.
    pub(crate) fn again(&self) -> Fleet {
        let opened = Fleet::open(Settings {
            folder: self.folder.path().join("run"),
            launcher: vec![env!("CARGO_BIN_EXE_launch-instance").into()],
            log: Arc::clone(&self.lines) as Arc<dyn LogSink>,
            clock: Arc::new(SystemTime::now),
            pool: false,
        });
        opened.unwrap()
    }

    /// Calls with an event; the request's id is `id`.
    pub(crate) async fn call(
        &self,
        spec: &Arc<Spec>,
        event: impl Into<Bytes>,
    ) -> Result<Answer, Fault> {
        self.call_as("id", spec, event).await
    }

    /// Calls with an event and a request's id.
    pub(crate) async fn call_as(
        &self,
        id: &str,
        spec: &Arc<Spec>,
        event: impl Into<Bytes>,
    ) -> Result<Answer, Fault> {
        let call = Call {
            request_id: id.to_owned(),
            trace: Some(TRACE.to_owned()),
            retries: 2,
            request: Request::Event(event.into()),
        };
        match self.fleet.call(spec, call).await? {
            Reply::Answer(answer) => Ok(answer),
            Reply::Web { .. } => panic!("an event has an answer"),
        }
    }

    /// Calls with an event until that is stopped.
    pub(crate) fn call_until<E: Into<Bytes>>(
        &self,
        spec: &Arc<Spec>,
        event: E,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<Answer, Fault>> + use<E> {
        let (fleet, spec, event) = (self.fleet.clone(), Arc::clone(spec), event.into());
        let call = Call {
            request_id: "id".to_owned(),
            trace: None,
            retries: 0,
            request: Request::Event(event),
        };
        async move {
            match fleet.call_until(&spec, call, stop).await? {
                Reply::Answer(answer) => Ok(answer),
                Reply::Web { .. } => panic!("an event has an answer"),
            }
        }
    }

    /// What a call comes to, as JSON.
    pub(crate) async fn said(&self, spec: &Arc<Spec>, event: impl Into<Bytes>) -> Json {
        let answer = self.call(spec, event).await.unwrap();
        let text = String::from_utf8_lossy(&answer.payload);
        assert_eq!(answer.error, None, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// How a call fails, and the vendor's JSON of it.
    pub(crate) async fn failed(
        &self,
        spec: &Arc<Spec>,
        event: impl Into<Bytes>,
    ) -> (FunctionError, Json) {
        let answer = self.call(spec, event).await.unwrap();
        let text = String::from_utf8_lossy(&answer.payload);
        let error = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        (answer.error.unwrap_or_else(|| panic!("{text}")), error)
    }

    /// Tells the function of a file in a folder that outlives it, by a variable; where that file is here.
    pub(crate) fn share(&self, spec: &mut Spec, variable: &str) -> PathBuf {
        let folder = self.folder.path().join("shared");
        std::fs::create_dir_all(&folder).unwrap();
        spec.environment
            .insert(variable.to_owned(), "/mnt/shared/file".to_owned());
        let file = folder.join("file");
        spec.mounts.push(Mount {
            folder,
            at: "/mnt/shared".to_owned(),
        });
        file
    }

    /// All lines so far.
    pub(crate) fn log(&self) -> String {
        self.lines.0.lock().unwrap().join("\n")
    }
}

/// Code in `tests/functions`.
pub(crate) fn spec(language: Language, folder: &str, handler: &str) -> Spec {
    Spec {
        function: "named".to_owned(),
        version: "7".to_owned(),
        revision: format!("{language:?} {folder} {handler}"),
        language,
        handler: handler.to_owned(),
        code: Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/functions")
            .join(folder),
        layers: Vec::new(),
        mounts: Vec::new(),
        environment: BTreeMap::new(),
        memory_mb: 512,
        cpu: None,
        disk_mb: 512,
        timeout: Duration::from_secs(20),
        concurrency: 1,
        idle: Duration::from_mins(3),
        initializer: None,
        pre_stop: None,
        custom: None,
        container: None,
        tracing: None,
        identity: Identity {
            account: "1234".to_owned(),
            region: "cn-hangzhou".to_owned(),
            qualifier: "prod".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: "SECRET".to_owned(),
            security_token: "TOKEN".to_owned(),
            log: ("project".to_owned(), "store".to_owned()),
            endpoints: BTreeMap::new(),
        },
    }
}

/// The same function, traced.
pub(crate) fn traced(spec: &Spec) -> Arc<Spec> {
    Arc::new(Spec {
        revision: format!("{} traced", spec.revision),
        tracing: Some(JAEGER.to_owned()),
        ..spec.clone()
    })
}

/// A hook that runs a handler.
#[expect(clippy::unnecessary_wraps, reason = "it is put where a hook may be")]
pub(crate) fn hook(handler: &str) -> Option<Hook> {
    Some(Hook {
        command: Command::Handler(handler.to_owned()),
        timeout: Duration::from_secs(10),
    })
}
