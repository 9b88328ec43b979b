//! An execution that takes commands, one at a time.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use workflow::Program;
use workflow::engine::{Command, Event, Execution, Status, Turned, apply};

use super::{LIVE, Runner};
use crate::flow::error::{FlowError, Outcome};
use crate::flow::table::{self, execution::Waits};

/// An execution at hand.
pub(in crate::flow) struct Live {
    /// What it is; nothing until it was read, or after a write that failed.
    state: Mutex<Option<Loaded>>,
    /// Becomes true when it has ended.
    ended: watch::Sender<bool>,
}

struct Loaded {
    program: Arc<Program>,
    execution: Execution,
}

/// What came of a command.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Told {
    /// The execution's state afterwards.
    pub(in crate::flow) status: Status,
    /// The number of the first event that it led to; none if it changed nothing.
    pub(in crate::flow) event: Option<u64>,
}

impl Live {
    fn new() -> Self {
        Self {
            state: Mutex::new(None),
            ended: watch::Sender::new(false),
        }
    }
}

impl Runner {
    fn at_hand(&self, id: i64) -> Arc<Live> {
        let mut all = self.lock_live();
        if let Some(live) = all.get(&id) {
            return Arc::clone(live);
        }
        if all.len() >= LIVE {
            // Nobody else holds those: they are read again when something happens to them.
            all.retain(|_, live| Arc::strong_count(live) > 1);
        }
        let live = Arc::new(Live::new());
        all.insert(id, Arc::clone(&live));
        live
    }

    /// Tells an execution something: what comes of it is kept, then done.
    ///
    /// # Errors
    /// It is not there, or could not be kept; then nothing happened.
    pub(in crate::flow) async fn tell(
        self: &Arc<Self>,
        id: i64,
        command: Command,
    ) -> Outcome<Told> {
        let live = self.at_hand(id);
        let mut state = live.state.lock().await;
        let loaded = match state.take() {
            Some(loaded) => loaded,
            None => self.load(id).await?,
        };
        let program = Arc::clone(&loaded.program);
        let turned = apply(
            &program,
            Some(loaded.execution),
            command,
            self.now(),
            &self.seal,
        );
        let told = self.keep(id, &program, turned, &mut state).await?;
        if told.status != Status::Running {
            live.ended.send_replace(true);
            self.lock_live().remove(&id);
        }
        Ok(told)
    }

    /// Begins an execution whose row is there.
    pub(super) async fn begin(
        self: &Arc<Self>,
        id: i64,
        program: &Arc<Program>,
        turned: Turned,
    ) -> Outcome<Told> {
        let live = self.at_hand(id);
        let mut state = live.state.lock().await;
        let told = self.settle(id, program, turned, &mut state);
        if told.status != Status::Running {
            live.ended.send_replace(true);
            self.lock_live().remove(&id);
        }
        Ok(told)
    }

    async fn load(&self, id: i64) -> Outcome<Loaded> {
        let read = self.store.read(move |db| {
            let row = table::execution::by_id(db, id)?;
            Ok::<_, FlowError>((row, table::execution::events(db, id)?))
        });
        let (row, events) = read.await?;
        let row = row.ok_or_else(|| FlowError::no_execution("", &id.to_string()))?;
        let program = self.program(&row.digest).await?;
        let execution = Execution::of(&program, &events);
        let execution = execution.ok_or_else(|| FlowError::no_execution(&row.flow, &row.name))?;
        Ok(Loaded { program, execution })
    }

    async fn keep(
        self: &Arc<Self>,
        id: i64,
        program: &Arc<Program>,
        turned: Turned,
        state: &mut Option<Loaded>,
    ) -> Outcome<Told> {
        if let (Some(execution), false) = (&turned.execution, turned.events.is_empty()) {
            let (events, status, stopped, waits) = written(execution, &turned.events)?;
            let write = self
                .store
                .write(move |db| table::execution::add(db, id, &events, (status, stopped), waits));
            // A state that was not kept is forgotten: the caller's error, and the next one reads what is there.
            write.await?;
        }
        Ok(self.settle(id, program, turned, state))
    }

    /// What is kept takes effect.
    fn settle(
        self: &Arc<Self>,
        id: i64,
        program: &Arc<Program>,
        turned: Turned,
        state: &mut Option<Loaded>,
    ) -> Told {
        let event = turned.events.first().map(|event| event.id);
        let Some(execution) = turned.execution else {
            return Told {
                status: Status::Running,
                event,
            };
        };
        self.timers_set(id, execution.due());
        let told = Told {
            status: execution.status,
            event,
        };
        for effect in turned.effects {
            self.carry_out(id, &execution.header, effect);
        }
        *state = Some(Loaded {
            program: Arc::clone(program),
            execution,
        });
        told
    }

    /// Waits until an execution has ended.
    pub(in crate::flow) async fn ended(&self, id: i64) -> Outcome<()> {
        let live = self.at_hand(id);
        let mut ended = live.ended.subscribe();
        // Whoever ended it before this subscription wrote so first.
        let row = self
            .store
            .read(move |db| table::execution::by_id(db, id))
            .await?;
        if row.is_none_or(|row| row.status != Status::Running.name()) {
            return Ok(());
        }
        drop(ended.wait_for(|ended| *ended).await);
        Ok(())
    }

    /// Makes the calls again that were out when the cloud ended.
    pub(super) async fn call_again(self: &Arc<Self>, id: i64) {
        let live = self.at_hand(id);
        let mut state = live.state.lock().await;
        if state.is_none() {
            match self.load(id).await {
                Ok(loaded) => *state = Some(loaded),
                Err(_) => return,
            }
        }
        let Some(loaded) = state.as_ref() else { return };
        let header = loaded.execution.header.clone();
        for call in loaded.execution.open_calls(&loaded.program, &self.seal) {
            self.carry_out(id, &header, workflow::engine::Effect::Call(Box::new(call)));
        }
    }
}

/// What is written of a turn.
pub(super) fn written(
    execution: &Execution,
    events: &[Event],
) -> Outcome<(String, &'static str, Option<i64>, Waits)> {
    let text =
        serde_json::to_string(events).map_err(|error| FlowError::invalid(error.to_string()))?;
    let calls = execution
        .waiting_calls()
        .filter(|(_, is_submitted)| !is_submitted)
        .count();
    let waits = Waits {
        due: execution.due(),
        calls,
    };
    Ok((text, execution.status.name(), execution.stopped, waits))
}
