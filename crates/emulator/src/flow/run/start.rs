//! Begins executions.

use std::sync::Arc;

use serde_json::Value;
use workflow::ScopeId;
use workflow::engine::{Command, Header, Turned, apply};

use super::live::{End, turn};
use super::{Runner, digest};
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::{Flow, Row};
use crate::store::StoreError;

/// What an execution begins with.
pub(in crate::flow) struct Begin {
    pub(in crate::flow) flow: Flow,
    /// The definition that it runs by: the flow's own, or that of a version.
    pub(in crate::flow) definition: String,
    pub(in crate::flow) qualifier: String,
    pub(in crate::flow) name: String,
    pub(in crate::flow) input: Value,
    /// The token that is told how it ended.
    pub(in crate::flow) token: Option<String>,
    /// The request of the execution that asked for it, if one did.
    pub(in crate::flow) caller: Option<String>,
    /// The scope that it runs and its map run, if it is an item of one.
    pub(in crate::flow) item: Option<(ScopeId, String)>,
}

impl Runner {
    /// Begins an execution. It is kept, whole, before this returns.
    ///
    /// # Errors
    /// The flow is gone or has one of that name, or it cannot be kept.
    pub(in crate::flow) async fn start(self: &Arc<Self>, begin: Begin) -> Outcome<Row> {
        let runner = Arc::clone(self);
        // A task of its own: whoever asked may be given up half way, and what is kept must go on.
        match tokio::spawn(async move { runner.start_whole(begin).await }).await {
            Ok(started) => started,
            Err(failure) if failure.is_panic() => std::panic::resume_unwind(failure.into_panic()),
            Err(_) => Err(StoreError::Closed.into()),
        }
    }

    async fn start_whole(self: &Arc<Self>, begin: Begin) -> Outcome<Row> {
        let digest = digest(&begin.definition);
        let program = match self.known(&digest) {
            Some(program) => program,
            None => self.learn(&digest, &begin.definition)?,
        };
        let (part, map_run) = begin.item.unzip();
        let header = Header {
            flow: begin.flow.name.clone(),
            name: begin.name.clone(),
            input: begin.input,
            mode: begin.flow.mode,
            role: begin.flow.role.clone(),
            token: begin.token,
            caller: begin.caller,
            part,
        };
        let start = Command::Start(header);
        let turned = apply(&program, None, start, self.now(), &self.seal);
        let id = self.next_id();
        let row = row(
            (id, &begin.flow.name),
            begin.name,
            digest,
            (&turned, begin.qualifier),
            map_run.unwrap_or_default(),
        )?;
        // Held before others can find it: nobody may tell it anything before it has begun.
        let held = self.hold(id).await;
        let kept = match turn(id, &turned)? {
            Some(first) => {
                self.ledger
                    .begin(row.clone(), &begin.definition, first)
                    .await
            }
            None => Err(FlowError::invalid("The execution did not begin.")),
        };
        if let Err(error) = kept {
            self.let_go(id, End::Gone);
            return Err(error);
        }
        self.begin(id, &program, (turned, held));
        Ok(row)
    }
}

fn row(
    (id, flow): (i64, &str),
    name: String,
    digest: String,
    (turned, qualifier): (&Turned, String),
    map_run: String,
) -> Outcome<Row> {
    let execution = turned.execution.as_ref();
    let execution = execution.ok_or_else(|| FlowError::invalid("The execution did not begin."))?;
    Ok(Row {
        id,
        flow: flow.to_owned(),
        name,
        digest,
        status: execution.status.name().to_owned(),
        started: execution.started,
        stopped: execution.stopped,
        qualifier,
        map_run,
    })
}
