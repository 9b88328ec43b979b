//! `flow.flow`: a flow with its definition.
//!
//! Flows have no tags: the mark of ownership stands at the end of the description ([`mark`]).

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, remote};
use super::driver::Driver;
use super::fc_part::text;
use super::{flow_act, fnf_definition, mark};
use crate::provider::alibaba::fnf::{self, Fnf};
use crate::provider::alibaba::rpc::Call;
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId, is_sealed};
use crate::state::Record;

const KIND: &str = "flow.flow";
const STANDARD: &str = "Standard";
/// The output that is another one after each change of the definition, so that versions can follow.
const REVISION: &str = "revision";
/// The attribute that says that versions are published. The service does not hear of it.
const PUBLISHED: &str = "published";

/// Flows of one account in one region.
pub(in crate::provider::alibaba) struct Flow {
    fnf: Fnf,
}

impl Flow {
    pub(in crate::provider::alibaba) fn new(fnf: Fnf) -> Self {
        Self { fnf }
    }

    async fn get(&self, name: &str) -> Result<Option<Object>, ProviderError> {
        let call = fnf::read("DescribeFlow").param("Name", name);
        self.fnf.find(&call).await
    }

    /// Whether an earlier try of this creation made it; an error when it is somebody else's.
    async fn is_ours(&self, name: &str, owner: &str) -> Result<bool, ProviderError> {
        let Some(shown) = self.get(name).await? else {
            return Ok(false);
        };
        let conflict = |message| ProviderError::new(ErrorKind::Conflict, "CreateFlow", message);
        match mark::split(text(&shown, "Description").unwrap_or_default()) {
            (_, Some(mark)) if mark == owner => Ok(true),
            (_, Some(mark)) => Err(conflict(format!("flow `{name}` belongs to `{mark}`"))
                .with_hint("choose another name, or remove that application first")),
            (_, None) => Err(
                conflict(format!("flow `{name}` exists and was not made by sdev"))
                    .with_hint("choose another name, or take it over: sdev deploy --adopt"),
            ),
        }
    }

    async fn put(&self, name: &str, task: &Task<'_>) -> Result<Made, ProviderError> {
        let call = filled("UpdateFlow", name, task);
        let shown = self.fnf.send(&call).await?;
        Ok(self.made(name, &shown, revision(task)))
    }

    fn made(&self, name: &str, shown: &Object, revision: &str) -> Made {
        let target = self.fnf.target();
        let account = target.account_id.as_deref().unwrap_or_default();
        let arn = format!("acs:fnf:{}:{account}:flow/{name}", target.region);
        let mut outputs = Object::new();
        outputs.insert("name".into(), name.into());
        outputs.insert("arn".into(), arn.into());
        outputs.insert(REVISION.into(), revision.into());
        outputs.insert("id".into(), text(shown, "Id").unwrap_or_default().into());
        Made {
            id: RemoteId::from(name),
            outputs,
        }
    }
}

#[async_trait]
impl Driver for Flow {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        // Of an update the API takes neither the name nor the mode.
        let immutable = ["name", "region", "executionMode"];
        let mut spec = KindSpec::new(&immutable, &["name", "arn", "id", REVISION]);
        spec.renew(&[REVISION], &["definition", PUBLISHED]);
        spec.identity.extend(["name".into(), "region".into()]);
        let defaults = json!({
            "description": "", "type": "FDL", "roleArn": "", "executionMode": STANDARD, "environment": {},
        });
        spec.defaults = defaults.as_object().cloned().unwrap_or_default();
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "name")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let shown = self.get(id.as_str()).await?;
        Ok(shown.map(|shown| seen(id.as_str(), &shown, known)))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let name = id.as_str();
        if self.is_ours(name, task.owner).await? {
            return self.put(name, task).await;
        }
        let mode = text(task.attrs, "executionMode").unwrap_or(STANDARD);
        let call = filled("CreateFlow", name, task).field("ExecutionMode", mode);
        match self.fnf.send(&call).await {
            Ok(shown) => Ok(self.made(name, &shown, task.token)),
            // Either somebody else was faster, or the answer to an earlier try was lost.
            Err(error) if error.code.as_deref() == Some("FlowAlreadyExists") => {
                if !self.is_ours(name, task.owner).await? {
                    return Err(error);
                }
                self.put(name, task).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        self.put(id.as_str(), task).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let call = fnf::write("DeleteFlow").field("Name", id.as_str());
        self.fnf.find(&call).await.map(drop)
    }

    async fn act(&self, action: &str, on: &Record, args: &Json) -> Result<Json, ProviderError> {
        let id = on.remote.clone().or_else(|| self.identity(&on.attrs));
        let id = id.ok_or_else(|| {
            let message = "the workflow has no name yet";
            ProviderError::new(ErrorKind::Unsupported, action, message)
        })?;
        flow_act::act(&self.fnf, id.as_str(), (action, args)).await
    }
}

/// The revision after a change: another one when the definition is, of which versions are published.
fn revision<'a>(task: &Task<'a>) -> &'a str {
    let is_renewed = |path: &[String]| {
        path.first()
            .is_some_and(|name| name == "definition" || name == PUBLISHED)
    };
    let before = task
        .record
        .and_then(|record| text(&record.outputs, REVISION));
    let renewed = task.diff.iter().any(|diff| is_renewed(&diff.path));
    before.filter(|_| !renewed).unwrap_or(task.token)
}

/// The call with everything that can change about a flow. Whether the service keeps what an update does not name is not
/// known, so every update names all.
fn filled(action: &'static str, name: &str, task: &Task<'_>) -> Call {
    let attr = |name: &str| text(task.attrs, name).unwrap_or_default();
    let definition = task.attrs.get("definition").unwrap_or(&Json::Null);
    let kind = text(task.attrs, "type").unwrap_or("FDL");
    let description = mark::marked(attr("description"), task.owner);
    let mut call = fnf::write(action)
        .field("Name", name)
        .field("Definition", fnf_definition::as_text(definition))
        .field("Description", description)
        .field("Type", kind);
    let role = attr("roleArn");
    let is_update = action == "UpdateFlow";
    if !role.is_empty() || is_update {
        call = call.field("RoleArn", role);
    }
    let variables = task.attrs.get("environment").and_then(Json::as_object);
    let variables = variables.cloned().unwrap_or_default();
    if !variables.is_empty() || is_update {
        let variable = |(name, value): (String, Json)| json!({ "Name": name, "Value": fnf_definition::as_text(&value) });
        let list: Json = variables.into_iter().map(variable).collect();
        call = call.field("Environment", json!({ "Variables": list }).to_string());
    }
    call
}

fn seen(name: &str, shown: &Object, known: Option<&Record>) -> Seen {
    let told = |name: &str| text(shown, name).unwrap_or_default();
    let (description, owner) = mark::split(told("Description"));
    let or = |text: &str, otherwise: &str| {
        if text.is_empty() {
            otherwise.to_owned()
        } else {
            text.to_owned()
        }
    };
    let asked = known.and_then(|record| record.attrs.get("definition"));
    let definition = match asked {
        // A sealed text is compared with the text itself.
        Some(asked) if is_sealed(asked) => told("Definition").into(),
        asked => fnf_definition::as_asked(told("Definition"), asked),
    };
    let attrs = json!({
        "name": name,
        "definition": definition,
        "description": description,
        "type": or(told("Type"), "FDL"),
        "roleArn": told("RoleArn"),
        "executionMode": or(told("ExecutionMode"), STANDARD),
        "environment": variables(shown),
    });
    Seen {
        attrs: attrs.as_object().cloned().unwrap_or_default(),
        owner: owner.map(str::to_owned),
    }
}

/// The variables by name.
fn variables(shown: &Object) -> Object {
    let list = shown
        .get("Environment")
        .and_then(|environment| environment.get("Variables")?.as_array());
    let pair = |item: &Json| {
        let name = item.get("Name")?.as_str()?.to_owned();
        Some((name, item.get("Value").cloned().unwrap_or_default()))
    };
    list.into_iter().flatten().filter_map(pair).collect()
}
