//! An execution that takes commands, one at a time.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use workflow::Program;
use workflow::engine::{Command, Effect, Execution, Status, Turned, apply};

use super::{LIVE, Runner};
use crate::flow::error::{FlowError, Outcome};
use crate::flow::table;
use crate::flow::table::report::Report;
use crate::flow::table::turn::{State, Turn, Waits};

/// An execution at hand.
pub(in crate::flow) struct Live {
    /// What it is; nothing until it was read, or after a write that failed.
    state: Arc<Mutex<Option<Loaded>>>,
    /// How it ended, once it did.
    end: watch::Sender<Option<End>>,
}

/// Why an execution is at hand no more.
#[derive(Clone)]
pub(super) enum End {
    /// It ended like this.
    Came(Arc<Execution>),
    /// It is not there.
    Gone,
}

/// An execution that nobody else tells anything meanwhile.
pub(super) struct Held {
    state: OwnedMutexGuard<Option<Loaded>>,
    /// Keeps it among those at hand.
    _live: Arc<Live>,
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

impl Held {
    /// How the execution is, for those who wait for its end.
    fn end(&mut self) -> End {
        let loaded = self.state.take();
        loaded.map_or(End::Gone, |loaded| End::Came(Arc::new(loaded.execution)))
    }
}

impl Live {
    fn new() -> Self {
        Self {
            state: Arc::default(),
            end: watch::Sender::new(None),
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

    /// Waits until nobody else tells an execution anything.
    pub(super) async fn hold(&self, id: i64) -> Held {
        loop {
            let live = self.at_hand(id);
            let state = Arc::clone(&live.state).lock_owned().await;
            let is_at_hand = {
                let all = self.lock_live();
                all.get(&id).is_some_and(|other| Arc::ptr_eq(other, &live))
            };
            // One that ended meanwhile made way, perhaps for another: of two, each would miss what the other is told.
            if is_at_hand {
                return Held { state, _live: live };
            }
        }
    }

    /// An execution that has ended or is gone is at hand no more; who waits for its end is woken.
    pub(super) fn let_go(&self, id: i64, end: End) {
        if let Some(live) = self.lock_live().remove(&id) {
            live.end.send_replace(Some(end));
        }
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
        let mut held = self.hold(id).await;
        let told = self.turn(id, command, &mut held).await;
        match &told {
            Ok(told) if told.status == Status::Running => {}
            Err(error) if error.status.is_server_error() => {}
            _ => self.let_go(id, held.end()),
        }
        told
    }

    async fn turn(self: &Arc<Self>, id: i64, command: Command, held: &mut Held) -> Outcome<Told> {
        let loaded = match held.state.take() {
            Some(loaded) => loaded,
            None => self.load(id).await?,
        };
        let program = Arc::clone(&loaded.program);
        let before = Some(loaded.execution);
        let turned = apply(&program, before, command, self.now(), &self.seal);
        self.keep(id, &program, turned, held).await
    }

    /// Begins an execution that was just kept and is held since before.
    pub(super) fn begin(
        self: &Arc<Self>,
        id: i64,
        program: &Arc<Program>,
        (turned, mut held): (Turned, Held),
    ) {
        let told = self.settle(id, program, turned, &mut held);
        if told.status != Status::Running {
            self.let_go(id, held.end());
        }
    }

    async fn load(&self, id: i64) -> Outcome<Loaded> {
        let read = self.ledger.read_one(id, move |db| {
            let row = table::execution::by_id(db, id)?;
            Ok::<_, FlowError>((row, table::turn::events(db, id)?))
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
        held: &mut Held,
    ) -> Outcome<Told> {
        // A state that was not kept is forgotten: the caller's error, and the next one reads what is there.
        if let Some(turn) = turn(id, &turned)? {
            self.ledger.add(turn).await?;
        }
        Ok(self.settle(id, program, turned, held))
    }

    /// What is kept takes effect.
    fn settle(
        self: &Arc<Self>,
        id: i64,
        program: &Arc<Program>,
        turned: Turned,
        held: &mut Held,
    ) -> Told {
        let event = turned.events.first().map(|event| event.id);
        let Some(execution) = turned.execution else {
            return Told {
                status: Status::Running,
                event,
            };
        };
        self.timers_set(id, execution.due());
        self.note_map_runs(id, &execution);
        let told = Told {
            status: execution.status,
            event,
        };
        for effect in turned.effects {
            self.carry_out(id, &execution, effect);
        }
        *held.state = Some(Loaded {
            program: Arc::clone(program),
            execution,
        });
        told
    }

    /// Waits until an execution has ended; how it did, if that was seen here.
    pub(in crate::flow) async fn ended(&self, id: i64) -> Outcome<Option<Arc<Execution>>> {
        let known = self.lock_live().get(&id).map(Arc::clone);
        let is_known = known.is_some();
        let live = known.unwrap_or_else(|| self.at_hand(id));
        let mut end = live.end.subscribe();
        // One that is at hand makes way when it ends. What was not may have ended before.
        if !is_known {
            let find = move |db: &Connection| table::execution::by_id(db, id);
            let row = self.ledger.read_one(id, find).await?;
            if row.is_none_or(|row| row.status != Status::Running.name()) {
                self.let_go(id, End::Gone);
                return Ok(None);
            }
        }
        let end = end.wait_for(Option::is_some).await;
        Ok(match end.ok().and_then(|end| end.clone()) {
            Some(End::Came(execution)) => Some(execution),
            _ => None,
        })
    }

    /// Looks at an execution that nobody tells anything meanwhile.
    pub(super) async fn look<T>(&self, id: i64, look: impl FnOnce(&Execution) -> T) -> Outcome<T> {
        let mut held = self.hold(id).await;
        let loaded = match held.state.take() {
            Some(loaded) => loaded,
            None => self.load(id).await?,
        };
        let seen = look(&loaded.execution);
        self.put_back(id, loaded, &mut held);
        Ok(seen)
    }

    /// What has ended is not at hand: whoever waits for its end would wait for ever.
    fn put_back(&self, id: i64, loaded: Loaded, held: &mut Held) {
        let is_over = loaded.execution.status != Status::Running;
        *held.state = Some(loaded);
        if is_over {
            self.let_go(id, held.end());
        }
    }

    /// Does again what was under way when the cloud ended.
    pub(super) async fn go_on(self: &Arc<Self>, id: i64) {
        let mut held = self.hold(id).await;
        if held.state.is_none() {
            match self.load(id).await {
                Ok(loaded) => self.put_back(id, loaded, &mut held),
                Err(_) => return,
            }
        }
        let Some(loaded) = held.state.as_ref() else {
            return;
        };
        self.note_map_runs(id, &loaded.execution);
        for effect in loaded.execution.owed(&loaded.program, &self.seal) {
            self.carry_out(id, &loaded.execution, effect);
        }
    }
}

/// What is kept of a turn; nothing if nothing happened.
pub(super) fn turn(id: i64, turned: &Turned) -> Outcome<Option<Turn>> {
    let (Some(execution), Some(first)) = (&turned.execution, turned.events.first()) else {
        return Ok(None);
    };
    let events = serde_json::to_string(&turned.events)
        .map_err(|error| FlowError::invalid(error.to_string()))?;
    let calls = execution
        .waiting_calls()
        .filter(|(_, is_submitted)| !is_submitted)
        .count()
        + execution.map_runs().count();
    let report = turned.effects.iter().find_map(|effect| match effect {
        Effect::Report { token, outcome } => Some(Report {
            execution: id,
            event: execution.events,
            token: token.clone(),
            outcome: outcome.clone(),
        }),
        _ => None,
    });
    Ok(Some(Turn {
        execution: id,
        first: first.id,
        events,
        state: State {
            status: execution.status.name().to_owned(),
            stopped: execution.stopped,
            waits: Waits {
                due: execution.due(),
                calls,
            },
        },
        begun: None,
        report,
    }))
}
