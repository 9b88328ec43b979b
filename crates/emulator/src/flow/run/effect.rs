//! Does what the engine asked for, and tells it what came of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use workflow::Pattern;
use workflow::engine::{Call, Command, Effect, Fault, Header};

use super::Runner;
use crate::flow::table;
use crate::flow::token::Named;

/// How long to wait before something is told again that could not be kept.
const PAUSE: Duration = Duration::from_millis(500);

impl Runner {
    /// Begins to do something. Calls are made in the background.
    pub(super) fn carry_out(self: &Arc<Self>, id: i64, header: &Header, effect: Effect) {
        match effect {
            Effect::Call(call) => self.begin_call(id, header.clone(), *call),
            Effect::Cancel(scheduled) => {
                if let Some(call) = self.lock_out().remove(&(id, scheduled)) {
                    call.abort();
                }
            }
            Effect::Report { token, outcome } => {
                let runner = Arc::clone(self);
                tokio::spawn(async move {
                    if let Some(named) = runner.seal.read(&token) {
                        runner.report(&named, outcome).await;
                    }
                });
            }
        }
    }

    fn begin_call(self: &Arc<Self>, id: i64, header: Header, call: Call) {
        let scheduled = call.scheduled;
        let runner = Arc::clone(self);
        let mut out = self.lock_out();
        let task = tokio::spawn(async move {
            let Ok(_place) = runner.calls.acquire().await else {
                return;
            };
            let command = runner.make(&header, &call).await;
            // The engine may cancel this very call while it is told: it must be heard to the end.
            let telling = Arc::clone(&runner);
            let told = tokio::spawn(async move { telling.tell_until_kept(id, command).await });
            runner.lock_out().remove(&(id, scheduled));
            drop(told.await);
        });
        out.insert((id, scheduled), task.abort_handle());
    }

    /// Makes a call and says what came of it.
    async fn make(self: &Arc<Self>, header: &Header, call: &Call) -> Command {
        let outcome = self.call(header, call).await;
        match (outcome, call.pattern) {
            (Ok(super::target::Came::Done(output)), Pattern::Completion) => Command::Reported {
                entered: call.entered,
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

    async fn report(self: &Arc<Self>, named: &Named, outcome: Result<Value, Fault>) {
        let (flow, name) = (named.flow.clone(), named.execution.clone());
        let found = self
            .store
            .read(move |db| table::execution::find(db, &flow, &name))
            .await;
        if let Ok(Some(row)) = found {
            self.tell_until_kept(
                row.id,
                Command::Reported {
                    entered: named.entered,
                    outcome,
                },
            )
            .await;
        }
    }
}

/// The id of a call's request: the same for a call that is made again after a crash, another for another try.
pub(in crate::flow) fn request_id(header: &Header, scheduled: u64) -> String {
    let hex = chance(&format!("{}/{}/{scheduled}", header.flow, header.name));
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
pub(super) fn trace(header: &Header, scheduled: u64) -> String {
    let whole = chance(&format!("{}/{}", header.flow, header.name));
    let part = chance(&format!("{}/{}/{scheduled}", header.flow, header.name));
    format!("00-{}-{}-01", &whole[..32], &part[..16])
}

fn chance(text: &str) -> String {
    wire::digest::sha256_hex(text.as_bytes())
}
