//! The application on the local cloud of the tests: what was deployed, by the manifest's names.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::super::{Look, Reach, open};
use super::act::bytes;
use super::matrix::Case;
use super::{Failure, Played};
use crate::cli::args::Global;
use crate::cli::local::{self, Admin, Endpoint, Keys};
use crate::cli::printer::Printer;
use crate::cli::suite::{FaultOf, Test, Words};
use crate::diagnostic::{Diagnostic, Diagnostics, closest, code};
use crate::engine::{Destination, Project, Until};
use crate::provider::ProviderError;
use crate::residence::Address;
use crate::resource::RemoteId;
use crate::state::{Record, Shelf, State};
use crate::sys::{env, fs, http};

/// How long a cloud that was killed may take to answer again.
const COMES_BACK: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);

/// The deployed application, and ways to its cloud.
pub(super) struct Stage {
    pub(super) admin: Admin,
    /// Where the cloud is, such as `http://127.0.0.1:7380`.
    pub(super) url: String,
    /// For visitors: redirects are for them to follow.
    pub(super) visitor: reqwest::Client,
    project: Project,
    to: Destination,
    state: Arc<State>,
}

/// Makes the cloud and what is remembered of it empty.
pub(super) async fn clear() -> Result<(), Diagnostics> {
    let (endpoint, keys) = cloud()?;
    let admin = Admin::new(&endpoint, &keys)?;
    wait(&admin).await?;
    admin.reset().await?;
    match env::var(env::STATES) {
        Some(states) => Ok(fs::remove_folder(states.as_ref()).map_err(Diagnostic::from)?),
        None => Ok(()),
    }
}

/// Returns when a cloud answers: one that was killed comes back.
async fn wait(admin: &Admin) -> Result<(), Diagnostics> {
    let begun = Instant::now();
    while !admin.ping().await {
        if begun.elapsed() >= COMES_BACK {
            let detail = "the local cloud of the tests does not come back";
            return Err(Diagnostic::error(code::LOCAL_DOWN, detail).into());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn cloud() -> Result<(Endpoint, Keys), Diagnostics> {
    let gone = || Diagnostic::error(code::LOCAL_DOWN, "the local cloud of the tests is gone");
    Ok(local::running()?.ok_or_else(gone)?)
}

impl Stage {
    /// What was just deployed.
    pub(super) async fn open(global: &Global, printer: Printer) -> Result<Self, Diagnostics> {
        let (endpoint, keys) = cloud()?;
        let reach = Reach::all("test", Until::Lower);
        let (_, project, to) = open(global, reach, (Look::Away, printer)).await?;
        let state = project.state(to.shelves.as_deref()).await?;
        let visitor = http::loopback(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Diagnostic::error(code::MACHINE, error.to_string()))?;
        Ok(Self {
            admin: Admin::new(&endpoint, &keys)?,
            url: endpoint.url,
            visitor,
            project,
            to,
            state,
        })
    }

    /// Returns when the cloud answers.
    pub(super) async fn wait(&self) -> Result<(), Diagnostics> {
        wait(&self.admin).await
    }

    /// What is known before the first step: the outputs of all resources.
    pub(super) fn words(&self) -> Words {
        let mut words = Words::default();
        for (resource, outputs) in self.project.outputs(&self.state) {
            words.set(&resource, Json::Object(outputs));
        }
        words
    }

    /// Sets what fails, the matrix's fault first, and puts what is given in its place, which may call functions already.
    pub(super) async fn prepare(&self, test: &Test, case: &Case, words: &Words) -> Played<()> {
        let mut rules: Vec<Json> = case.fault.iter().cloned().collect();
        for fault in &test.faults {
            let failed = |why: String| Failure::new(&fault.at, why);
            let of = match &fault.of {
                FaultOf::Function(resource) => {
                    let function = self.function(resource).map_err(failed)?;
                    json!({ "function": name(function) })
                }
                FaultOf::Queue(name) => json!({ "queue": name }),
                FaultOf::Topic(name) => json!({ "topic": name }),
                FaultOf::Bus(name) => json!({ "bus": name }),
            };
            rules.push(json!({ "of": of, "call": fault.call, "does": fault.does }));
        }
        let set = self.admin.set_faults(&rules).await;
        set.map_err(|wrong| Failure::of(&test.at, &wrong))?;
        for file in &test.files {
            let failed = |why: String| Failure::new(&file.at, why);
            let bucket = self.bucket(&file.bucket).map_err(failed)?;
            let content = words.json(&file.content);
            let content = bytes(&content.map_err(|unknown| failed(unknown.into()))?);
            let put = bucket.put(&file.key, &content).await;
            put.map_err(|error| failed(error.to_string()))?;
        }
        Ok(())
    }

    /// Which faults were met by a call since they were set, in the order in which `prepare` set them.
    pub(super) async fn met(&self) -> Result<Vec<bool>, Diagnostics> {
        self.wait().await?;
        let shown = self.admin.faults().await?;
        let met = shown["met"].as_array().into_iter().flatten();
        Ok(met.map(|calls| calls.as_u64() > Some(0)).collect())
    }

    /// The function of a resource.
    pub(super) fn function(&self, resource: &str) -> Result<&Record, String> {
        self.record(resource, ("fc.function", "function"))
    }

    /// The workflow of a resource.
    pub(super) fn flow(&self, resource: &str) -> Result<&Record, String> {
        self.record(resource, ("flow.flow", "workflow"))
    }

    /// The bucket of a resource, to be read and written.
    pub(super) fn bucket(&self, resource: &str) -> Result<Arc<dyn Shelf>, String> {
        let record = self.record(resource, ("oss.bucket", "bucket"))?;
        let address = Address {
            bucket: name(record).to_owned(),
            prefix: String::new(),
            region: None,
        };
        let shelves = self.to.shelves.as_deref();
        let opened = shelves.map(|open| open(&address).map_err(|error| error.detail));
        opened.unwrap_or_else(|| Err("the buckets of this cloud cannot be read".to_owned()))
    }

    /// Has the provider do something with a thing; why it did not, in words.
    pub(super) async fn ask(&self, record: &Record, act: (&str, &Json)) -> Result<Json, String> {
        let answer = self.act(record, act).await;
        answer.map_err(|error| error.to_string())
    }

    /// The same, with what the provider says when it did not.
    pub(super) async fn act(
        &self,
        record: &Record,
        (action, args): (&str, &Json),
    ) -> Result<Json, ProviderError> {
        let providers = self.project.providers(&self.to);
        let provider = providers.of(&record.kind)?;
        provider.act(action, record, args).await
    }

    fn record(&self, resource: &str, (kind, noun): (&str, &str)) -> Result<&Record, String> {
        let all = self.state.records.iter();
        let all: Vec<(&str, &Record)> = all
            .filter(|(_, record)| record.kind.as_str() == kind)
            .map(|(id, record)| (id.as_str().split('.').next().unwrap_or_default(), record))
            .collect();
        if let Some((_, record)) = all.iter().find(|(name, _)| *name == resource) {
            return Ok(record);
        }
        let names = all.iter().map(|(name, _)| *name);
        Err(match closest(resource, names) {
            Some(near) => {
                format!("`{resource}` is no {noun} of the manifest; did you mean `{near}`?")
            }
            None => format!("`{resource}` is no {noun} of the manifest"),
        })
    }
}

/// The name of a thing in the cloud.
pub(super) fn name(record: &Record) -> &str {
    record.remote.as_ref().map_or("", RemoteId::as_str)
}
