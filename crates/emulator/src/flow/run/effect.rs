//! Does what the engine asked for, and tells it what came of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use workflow::Pattern;
use workflow::engine::{Call, Command, Effect, Execution, Header};

use super::Runner;
use crate::flow::error::Outcome;
use crate::flow::table::{self, report::Report};

/// How long to wait before something is told again that could not be kept.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// What is under way for an execution, by the number of the event that asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Errand {
    /// The call of a task.
    Call(u64),
    /// Room for a map run, and its items.
    Open(u64),
    /// The results of a map run, which may have been redriven so often.
    Write(u64, u32),
}

/// How far an errand is.
pub(super) enum Out {
    /// It is being done, and can be given up.
    Working(AbortHandle),
    /// What came of it is being told. The engine may cancel this very errand meanwhile: it must be heard to the end.
    Telling,
}

impl Out {
    /// Gives it up if it is still being done.
    pub(super) fn give_up(&self) {
        if let Self::Working(work) = self {
            work.abort();
        }
    }
}

impl Runner {
    /// Begins to do something. Calls are made in the background.
    pub(super) fn carry_out(self: &Arc<Self>, id: i64, execution: &Execution, effect: Effect) {
        match effect {
            Effect::Call(call) => self.begin_call(id, Arc::clone(&execution.header), *call),
            Effect::Cancel(scheduled) => {
                let mut out = self.lock_out();
                if let Some(Out::Working(work)) = out.get(&(id, Errand::Call(scheduled))) {
                    work.abort();
                    out.remove(&(id, Errand::Call(scheduled)));
                }
            }
            Effect::OpenMapRun(opening) => self.open_map_run(id, *opening),
            Effect::BeginItem(child) => self.begin_item(id, Arc::clone(&execution.header), *child),
            Effect::WriteResults(writing) => self.write_results(id, *writing),
            Effect::StopItems(map_run) => self.stop_items(execution.header.flow.clone(), map_run),
            Effect::Report { token, outcome } => self.pass_on(Report {
                execution: id,
                event: execution.events,
                token,
                outcome,
            }),
        }
    }

    fn begin_call(self: &Arc<Self>, id: i64, header: Arc<Header>, call: Call) {
        let runner = Arc::clone(self);
        self.carry(id, Errand::Call(call.scheduled), async move {
            runner.make(&header, &call).await
        });
    }

    /// Runs an errand in the background, and tells the execution what came of it.
    pub(super) fn carry(
        self: &Arc<Self>,
        id: i64,
        errand: Errand,
        work: impl Future<Output = Command> + Send + 'static,
    ) {
        let runner = Arc::clone(self);
        let mut out = self.lock_out();
        // What is being done again after a start may have been begun by what came first.
        if self.closing.is_cancelled() || out.contains_key(&(id, errand)) {
            return;
        }
        let task = tokio::spawn(async move {
            let Ok(_place) = runner.calls.acquire().await else {
                return;
            };
            let command = work.await;
            // What was given up just now has no say any more.
            match runner.lock_out().get_mut(&(id, errand)) {
                Some(out) => *out = Out::Telling,
                None => return,
            }
            runner.tell_until_kept(id, command).await;
            runner.lock_out().remove(&(id, errand));
        });
        out.insert((id, errand), Out::Working(task.abort_handle()));
    }

    /// Makes a call and says what came of it.
    async fn make(self: &Arc<Self>, header: &Header, call: &Call) -> Command {
        let outcome = self.call(header, call).await;
        match (outcome, call.pattern) {
            (Ok(super::target::Came::Done(output)), Pattern::Completion) => Command::Reported {
                attempt: call.attempt,
                outcome: Ok(output),
            },
            (Ok(super::target::Came::Done(output) | super::target::Came::Begun(output)), _) => {
                Command::Returned {
                    scheduled: call.scheduled,
                    outcome: Ok(output),
                }
            }
            (Err(fault), _) => Command::Returned {
                scheduled: call.scheduled,
                outcome: Err(fault),
            },
        }
    }

    /// A result that could not be kept is told again: it must not be lost while the cloud runs.
    async fn tell_until_kept(self: &Arc<Self>, id: i64, command: Command) {
        loop {
            match self.tell(id, command.clone()).await {
                Err(error) if error.status.is_server_error() && !self.closing.is_cancelled() => {
                    tokio::time::sleep(PAUSE).await;
                }
                _ => return,
            }
        }
    }

    /// Tells a token how the execution ended that it stands for. It is kept until that is done.
    pub(in crate::flow) fn pass_on(self: &Arc<Self>, report: Report) {
        let runner = Arc::clone(self);
        let working = self.under_way.begin();
        tokio::spawn(async move {
            let _working = working;
            while runner.deliver(&report).await.is_err() && !runner.closing.is_cancelled() {
                tokio::time::sleep(PAUSE).await;
            }
        });
    }

    /// Only what failed in this cloud is an error: a token that nobody waits for any more is told as well.
    async fn deliver(self: &Arc<Self>, report: &Report) -> Outcome<()> {
        if let Some(named) = self.seal.read(&report.token) {
            let (flow, execution) = (named.flow, named.execution);
            let find = move |db: &_| table::execution::find(db, &flow, &execution);
            if let Some(row) = self.ledger.read(find).await? {
                let outcome = self.told(report, named.telling).await?;
                let command = match named.item {
                    Some(item) => Command::ItemEnded { item, outcome },
                    None => Command::Reported {
                        attempt: named.attempt,
                        outcome,
                    },
                };
                match self.tell(row.id, command).await {
                    Err(error) if error.status.is_server_error() => return Err(error),
                    _ => {}
                }
            }
        }
        let (execution, event) = (report.execution, report.event);
        let told = self
            .ledger
            .write(move |db| table::report::delete(db, execution, event));
        Ok(told.await?)
    }
}

/// The id of the request of the call that an event scheduled, in a step that began at a moment: the same for a call that
/// is made again after a crash, another for another try, and for an execution of a name that was deleted and is used again.
pub(in crate::flow) fn request_id(header: &Header, (scheduled, since): (u64, i64)) -> String {
    let hex = chance(&format!(
        "{}/{}/{scheduled}/{since}",
        header.flow, header.name
    ));
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

/// The trace that all calls of an execution belong to.
pub(in crate::flow) fn trace(header: &Header, scheduled: u64) -> String {
    let whole = chance(&format!("{}/{}", header.flow, header.name));
    let part = chance(&format!("{}/{}/{scheduled}", header.flow, header.name));
    format!("00-{}-{}-01", &whole[..32], &part[..16])
}

fn chance(text: &str) -> String {
    wire::digest::sha256_hex(text.as_bytes())
}
