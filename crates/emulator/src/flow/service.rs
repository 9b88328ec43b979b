//! `CloudFlow` as the router sees it.

use std::net::SocketAddr;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::error::Outcome;
use super::ledger::Ledger;
use super::run::{Begin, Posts, Runner, tick, tick_schedules};
use super::token::Seal;
use super::{api, table};
use crate::agenda::Agenda;
use crate::body::Reply;
use crate::clock::Clock;
use crate::function::Functions;
use crate::injection::Faults;
use crate::oss::Oss;
use crate::rpc::{RpcCall, Verifier, error_reply, json_reply};
use crate::settings::Settings;
use crate::store::{Store, StoreError};

/// The flows of a cloud; clones share them.
#[derive(Clone)]
pub(crate) struct Flows(Arc<Room>);

struct Room {
    verifier: Verifier,
    runner: Arc<Runner>,
}

impl Flows {
    /// Opens what the data folder holds and goes on with what was under way.
    pub(crate) fn open(
        settings: &Settings,
        address: SocketAddr,
        (clock, store, calls): (Clock, Store, (Functions, Faults, (Oss, Posts))),
    ) -> Result<Self, StoreError> {
        let account = settings.account.clone();
        let seal = Seal::new(&account.access_key_secret);
        let home = json!({"Regions": {"Region": [{
            "RegionId": settings.region,
            "LocalName": settings.region,
            "RegionEndpoint": address.to_string(),
        }]}});
        let tokio = tokio::runtime::Handle::current();
        let ledger = tokio.block_on(Ledger::open(store.clone(), &settings.data))?;
        let books = (store, ledger);
        let runner = Arc::new(Runner::new(books, clock.clone(), calls, (seal, home)));
        tokio
            .block_on(runner.resume())
            .map_err(|error| StoreError::Commit(error.to_string()))?;
        let settling = Arc::clone(&runner);
        tokio::spawn(async move { settling.ledger.keep_settling(&settling.closing).await });
        tokio::spawn(tick(Arc::clone(&runner)));
        tokio::spawn(tick_schedules(Arc::clone(&runner)));
        Ok(Self(Arc::new(Room {
            verifier: Verifier::new(account, clock),
            runner,
        })))
    }

    /// What drives executions, for measurements.
    #[cfg(test)]
    pub(super) fn runner(&self) -> Arc<Runner> {
        Arc::clone(&self.0.runner)
    }

    /// Answers an API call.
    pub(crate) async fn rpc(&self, call: RpcCall) -> Reply {
        let room = Arc::clone(&self.0);
        // A task of its own: a client who leaves must not stop a change half way.
        match tokio::spawn(async move { room.answer(&call).await }).await {
            Ok(reply) => reply,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        }
    }

    /// Begins an execution in the name of another service. One of that name that is there was begun by the same call.
    ///
    /// # Errors
    /// There is no such flow, or it could not be kept; in words.
    pub(crate) async fn begin(&self, flow: &str, name: &str, input: Value) -> Result<(), String> {
        let runner = &self.0.runner;
        let wanted = flow.to_owned();
        let found = runner.store.read(move |db| table::flow::find(db, &wanted));
        let found = found.await.map_err(|error| error.to_string())?;
        let found = found.ok_or_else(|| format!("there is no flow {flow}"))?;
        let begin = Begin {
            definition: found.definition.clone(),
            flow: found,
            qualifier: String::new(),
            name: name.to_owned(),
            input,
            token: None,
            caller: None,
            item: None,
        };
        match runner.start(begin).await {
            Ok(_) => Ok(()),
            Err(error) if error.code == "ExecutionAlreadyExists" => Ok(()),
            Err(error) => Err(error.message),
        }
    }

    /// What executions and schedules do by the clock.
    pub(crate) async fn agenda(&self) -> Result<Agenda, StoreError> {
        self.0.runner.agenda().await
    }

    /// What the status says about this room.
    pub(crate) async fn counts(&self) -> Result<Value, StoreError> {
        let counts = self.0.runner.ledger.read(|db| {
            let flows = table::flow::all(db)?.len();
            Ok::<_, StoreError>((flows, table::execution::count(db)?))
        });
        let (flows, executions) = counts.await?;
        Ok(json!({"flows": flows, "executions": executions}))
    }

    /// Deletes every flow with its executions.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        self.0.runner.ledger.change(table::flow::clear).await?;
        self.0.runner.forget_all().await;
        Ok(())
    }

    /// Ends what works by itself.
    pub(crate) fn halt(&self) {
        self.0.runner.close();
    }

    /// Puts what was kept into the database, which nobody changes any more.
    pub(crate) async fn close(&self) {
        let room = Arc::clone(&self.0);
        // What fails here is done at the next start.
        drop(room.runner.ledger.settle().await);
        drop(tokio::task::spawn_blocking(move || room.runner.ledger.close()).await);
    }
}

impl Room {
    async fn answer(&self, rpc: &RpcCall) -> Reply {
        if let Some(refusal) = self.verifier.refuse(rpc) {
            return refusal;
        }
        let answered: Outcome<Value> = api::answer(&self.runner, &Call(rpc)).await;
        match answered {
            Ok(mut body) => {
                body["RequestId"] = json!(rpc.request_id);
                json_reply(StatusCode::OK, &body)
            }
            Err(error) => error_reply(error.status, error.code, &error.message, &rpc.request_id),
        }
    }
}
