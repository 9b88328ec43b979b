//! Begins executions.

use std::sync::Arc;

use serde_json::Value;
use workflow::Program;
use workflow::engine::{Command, Header, Turned, apply};

use super::live::written;
use super::{Runner, digest};
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::{Flow, Row};
use crate::flow::table;
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
}

impl Runner {
    /// Begins an execution. It is kept, whole, before this returns.
    ///
    /// # Errors
    /// The flow has one of that name, or it cannot be kept.
    pub(in crate::flow) async fn start(self: &Arc<Self>, begin: Begin) -> Outcome<Row> {
        let digest = digest(&begin.definition);
        let (program, is_new) = match self.known(&digest) {
            Some(program) => (program, false),
            None => (self.read(&digest, &begin.definition)?, true),
        };
        let header = Header {
            flow: begin.flow.name.clone(),
            name: begin.name.clone(),
            input: begin.input,
            mode: begin.flow.mode,
            role: begin.flow.role.clone(),
            token: begin.token,
        };
        let turned = apply(
            &program,
            None,
            Command::Start(header),
            self.now(),
            &self.seal,
        );
        let row = row(
            &begin.flow.name,
            begin.name,
            digest,
            (&turned, begin.qualifier),
        )?;
        let text = is_new.then_some(begin.definition);
        let kept = self.insert(row.clone(), text, &turned).await?;
        let Some(id) = kept else {
            let said = format!(
                "Execution {} of flow {} exists already.",
                row.name, row.flow
            );
            return Err(FlowError::taken("ExecutionAlreadyExists", said));
        };
        self.begin(id, &program, turned).await?;
        Ok(Row { id, ..row })
    }

    fn known(&self, digest: &str) -> Option<Arc<Program>> {
        self.lock_programs().get(digest).map(Arc::clone)
    }

    fn read(&self, digest: &str, definition: &str) -> Outcome<Arc<Program>> {
        let (program, _) = workflow::read(definition);
        let program =
            program.ok_or_else(|| FlowError::invalid("The flow's definition cannot be read."))?;
        let program = Arc::new(program);
        self.lock_programs()
            .insert(digest.to_owned(), Arc::clone(&program));
        Ok(program)
    }

    async fn insert(
        &self,
        row: Row,
        definition: Option<String>,
        turned: &Turned,
    ) -> Outcome<Option<i64>> {
        let Some(execution) = &turned.execution else {
            return Ok(None);
        };
        let (events, status, stopped, waits) = written(execution, &turned.events)?;
        let write = self.store.write(move |db| {
            if let Some(text) = &definition {
                table::execution::keep_definition(db, &row.digest, text)?;
            }
            let Some(id) = table::execution::create(db, &row)? else {
                return Ok(None);
            };
            table::execution::add(db, id, &events, (status, stopped), waits)?;
            Ok::<_, StoreError>(Some(id))
        });
        Ok(write.await?)
    }
}

fn row(
    flow: &str,
    name: String,
    digest: String,
    (turned, qualifier): (&Turned, String),
) -> Outcome<Row> {
    let execution = turned.execution.as_ref();
    let execution = execution.ok_or_else(|| FlowError::invalid("The execution did not begin."))?;
    Ok(Row {
        id: 0,
        flow: flow.to_owned(),
        name,
        digest,
        status: execution.status.name().to_owned(),
        started: execution.started,
        stopped: execution.stopped,
        qualifier,
        map_run: String::new(),
    })
}
