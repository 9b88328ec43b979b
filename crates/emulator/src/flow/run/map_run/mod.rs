//! Map runs: room for them, their items, the executions of items, and their results.

mod csv;
mod read;
mod write;

use std::sync::Arc;

use serde_json::Value;
use workflow::engine::{
    Child, Command, Execution, Fault, Header, ItemId, Opening, Unopened, Writing,
};

use super::effect::{Errand, PAUSE};
use super::{Begin, Runner};
use crate::flow::error::Outcome;
use crate::flow::model::Flow;
use crate::flow::table;
use crate::store::StoreError;

/// How many map runs go on at once at most, of all executions together.
const MAP_RUNS: usize = 10;

/// What executions of items are stopped with that nobody waits for any more.
fn given_up() -> Fault {
    Fault::new("FnF.MapRunAborted", "the map run of this item was given up")
}

impl Runner {
    /// Makes room for a map run and reads its items.
    pub(super) fn open_map_run(self: &Arc<Self>, id: i64, opening: Opening) {
        let runner = Arc::clone(self);
        let started = opening.started;
        self.carry(id, Errand::Open(started), async move {
            let outcome = runner.opened(id, &opening).await;
            Command::MapRunOpened { started, outcome }
        });
    }

    async fn opened(&self, id: i64, opening: &Opening) -> Result<Option<Vec<Value>>, Unopened> {
        if !self.admit(id, opening.started) {
            let said = format!("{MAP_RUNS} map runs go on already, as many as may");
            return Err(Unopened::NoRoom(said));
        }
        let Some((format, place)) = &opening.source else {
            return Ok(None);
        };
        let read = read::items(&self.oss, format, place).await;
        read.map(Some).map_err(Unopened::Unread)
    }

    /// Takes a place for a map run, if there is one left.
    fn admit(&self, id: i64, started: u64) -> bool {
        let mut open = self.lock_map_runs();
        let has_room = open.len() < MAP_RUNS || open.contains(&(id, started));
        if has_room {
            open.insert((id, started));
        }
        has_room
    }

    /// Map runs that have ended make room; those whose items are there have theirs, also after a start.
    pub(super) fn note_map_runs(&self, id: i64, execution: &Execution) {
        let mut open = self.lock_map_runs();
        let going: Vec<(u64, bool)> = execution
            .map_runs()
            .map(|map_run| (map_run.started, map_run.is_open()))
            .collect();
        let is_there = |started: u64| going.iter().any(|(other, _)| *other == started);
        open.retain(|(execution, started)| *execution != id || is_there(*started));
        let opened = going.iter().filter(|(_, is_open)| *is_open);
        open.extend(opened.map(|(started, _)| (id, *started)));
    }

    /// Begins the execution of an item.
    pub(super) fn begin_item(self: &Arc<Self>, id: i64, header: Arc<Header>, child: Child) {
        let runner = Arc::clone(self);
        tokio::spawn(async move {
            // What cannot be kept now is tried again; a flow that is gone has no items any more.
            while let Err(error) = runner.start_item(id, &header, &child).await
                && error.status.is_server_error()
                && !runner.closing.is_cancelled()
            {
                tokio::time::sleep(PAUSE).await;
            }
        });
    }

    async fn start_item(self: &Arc<Self>, id: i64, header: &Header, child: &Child) -> Outcome<()> {
        let name = header.flow.clone();
        let found = self.ledger.read_one(id, move |db| {
            let Some(row) = table::execution::by_id(db, id)? else {
                return Ok(None);
            };
            let definition = table::execution::definition(db, &row.digest)?;
            let flow = table::flow::find(db, &name)?;
            Ok::<_, StoreError>(flow.zip(definition).map(|found| (row, found)))
        });
        let Some((row, (flow, definition))) = found.await? else {
            return Ok(());
        };
        let begin = Begin {
            flow: Flow {
                mode: child.mode,
                role: header.role.clone(),
                ..flow
            },
            definition,
            qualifier: row.qualifier,
            name: child.name.clone(),
            input: child.input.clone(),
            token: Some(self.seal.of_item(header, child.item)),
            caller: None,
            item: Some((child.part, child.map_run.clone())),
        };
        // One that is there already was begun before a crash.
        match self.start(begin).await {
            Ok(row) => self.stop_unless_awaited(row.id, (id, child.item)).await,
            Err(error) if error.code == "ExecutionAlreadyExists" => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stops the execution of an item that its map does not wait for, perhaps since it began.
    async fn stop_unless_awaited(
        self: &Arc<Self>,
        id: i64,
        (parent, item): (i64, ItemId),
    ) -> Outcome<()> {
        match self.look(parent, |execution| execution.awaits(item)).await {
            Ok(true) => return Ok(()),
            Err(error) if error.status.is_server_error() => return Err(error),
            // One whose map is gone is waited for by nobody.
            Ok(false) | Err(_) => {}
        }
        match self.tell(id, Command::Stop(given_up())).await {
            Err(error) if error.status.is_server_error() => Err(error),
            _ => Ok(()),
        }
    }

    /// Stops the executions of a map run that nobody waits for any more.
    pub(super) fn stop_items(self: &Arc<Self>, flow: String, map_run: String) {
        let runner = Arc::clone(self);
        tokio::spawn(async move {
            while runner.stop_all(&flow, &map_run).await.is_err() && !runner.closing.is_cancelled()
            {
                tokio::time::sleep(PAUSE).await;
            }
        });
    }

    async fn stop_all(self: &Arc<Self>, flow: &str, map_run: &str) -> Outcome<()> {
        let wanted = (flow.to_owned(), map_run.to_owned());
        let read = move |db: &_| table::execution::running_items(db, &wanted.0, &wanted.1);
        for id in self.ledger.read(read).await? {
            self.stop_if_left(id).await?;
        }
        Ok(())
    }

    /// Stops the execution of an item if nobody waits for it: its map run was given up, perhaps right before the cloud
    /// ended. One that began again has other executions, which stay.
    pub(super) async fn stop_if_left(self: &Arc<Self>, id: i64) -> Outcome<()> {
        let token = self.look(id, |execution| execution.header.token.clone());
        let named = token.await?.and_then(|token| self.seal.read(&token));
        let Some(named) = named else { return Ok(()) };
        let Some(item) = named.item else {
            return Ok(());
        };
        let find = move |db: &_| table::execution::find(db, &named.flow, &named.execution);
        match self.ledger.read(find).await? {
            Some(parent) => self.stop_unless_awaited(id, (parent.id, item)).await,
            None => Ok(()),
        }
    }

    /// Writes the results of a map run.
    pub(super) fn write_results(self: &Arc<Self>, id: i64, writing: Writing) {
        let runner = Arc::clone(self);
        let started = writing.started;
        self.carry(id, Errand::Write(started, writing.round), async move {
            let outcome = write::results(&runner.oss, &writing).await;
            Command::ResultsWritten { started, outcome }
        });
    }
}
