//! `EventBridge` as the router sees it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use http::{Request, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::error::{BridgeError, Outcome};
use super::model::{DEFAULT, Origin};
use super::stream::Sources;
use super::watch::Watch;
use super::{api, plane, table, tick};
use crate::agenda::Agenda;
use crate::body::Reply;
use crate::clock::Clock;
use crate::flow::Flows;
use crate::function::Functions;
use crate::injection::{ApiFault, Faults};
use crate::mns::{Ear, Mns};
use crate::push::{Web, web};
use crate::rpc::{RpcCall, Verifier, error_reply, json_reply};
use crate::settings::{Account, Settings};
use crate::store::{Store, StoreError};

/// The buses of a cloud; clones share them.
#[derive(Clone)]
pub(crate) struct Bridge(pub(super) Arc<Shared>);

/// What the operations work with.
pub(super) struct Shared {
    verifier: Verifier,
    pub(super) account: Account,
    pub(super) origin: Origin,
    pub(super) clock: Clock,
    pub(super) store: Store,
    pub(super) mns: Mns,
    /// What fails on purpose.
    faults: Faults,
    pub(super) web: Web,
    /// Wakes the task of `tick`.
    pub(super) bell: Notify,
    pub(super) closing: CancellationToken,
    /// Who hears of events beside rules.
    pub(super) watch: OnceLock<Arc<dyn Watch>>,
    /// When streams must be looked at.
    pub(super) sources: Sources,
    /// The rooms that targets lead to and that know of this one; they are let go when this room closes.
    joined: Mutex<Option<(Functions, Flows)>>,
    /// Deliveries that are being made.
    out: Mutex<HashSet<i64>>,
}

impl Bridge {
    /// Opens what the data folder holds. Deliveries wait for [`Bridge::join`].
    pub(crate) fn open(
        settings: &Settings,
        clock: Clock,
        store: Store,
        (mns, faults): (Mns, Faults),
    ) -> Self {
        let account = settings.account.clone();
        Self(Arc::new(Shared {
            verifier: Verifier::new(account.clone(), clock.clone()),
            origin: Origin {
                account: account.id.clone(),
                region: settings.region.clone(),
            },
            account,
            clock,
            store,
            mns,
            faults,
            web: web(),
            bell: Notify::new(),
            closing: CancellationToken::new(),
            watch: OnceLock::new(),
            sources: Sources::default(),
            joined: Mutex::default(),
            out: Mutex::default(),
        }))
    }

    /// Lets targets lead to these rooms, and goes on with what was on its way.
    pub(crate) fn join(&self, functions: Functions, flows: Flows) {
        *self.0.lock_joined() = Some((functions, flows));
        let ear = Arrivals(Arc::downgrade(&self.0));
        self.0.mns.listen(Box::new(ear));
        tokio::spawn(tick::work(Arc::clone(&self.0)));
    }

    /// Asks `watch` who listens from now on; only the first one counts.
    pub(crate) fn watch(&self, watch: Arc<dyn Watch>) {
        let _ = self.0.watch.set(watch);
    }

    /// Streams were made, changed or deleted, and that is durable.
    pub(crate) fn changed(&self) {
        self.0.sources.change();
        self.0.bell.notify_one();
    }

    /// Answers an API call.
    pub(crate) async fn rpc(&self, call: RpcCall) -> Reply {
        let shared = Arc::clone(&self.0);
        // A task of its own: a client who leaves must not stop a change half way.
        match tokio::spawn(async move { shared.answer(&call).await }).await {
            Ok(reply) => reply,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        }
    }

    /// Answers a call of the API that programs put events with.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Reply {
        let shared = Arc::clone(&self.0);
        let call = match RpcCall::read(request).await {
            Ok(call) => call,
            Err(reply) => return reply,
        };
        match tokio::spawn(async move { plane::answer(&shared, &call).await }).await {
            Ok(reply) => reply,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        }
    }

    /// What deliveries and streams do by the clock.
    pub(crate) async fn agenda(&self) -> Result<Agenda, StoreError> {
        tick::agenda(&self.0).await
    }

    /// What the status says about this room.
    pub(crate) async fn counts(&self) -> Result<Value, StoreError> {
        let read = self.0.store.read(|db| {
            let counts = table::counts(db)?;
            Ok::<_, StoreError>(counts)
        });
        let (buses, rules, deliveries) = read.await?;
        Ok(json!({"buses": buses, "rules": rules, "deliveries": deliveries}))
    }

    /// Deletes every bus and rule, and what is on its way.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        let clear = |db: &rusqlite::Connection| Ok::<_, StoreError>(table::clear(db)?);
        self.0.store.write(clear).await?;
        self.changed();
        Ok(())
    }

    /// Ends what works by itself.
    pub(crate) fn close(&self) {
        self.0.closing.cancel();
        *self.0.lock_joined() = None;
    }
}

/// Hears of messages for streams.
struct Arrivals(Weak<Shared>);

impl Ear for Arrivals {
    fn rung(&self, queue: &str) {
        if let Some(shared) = self.0.upgrade()
            && shared.sources.rung(queue)
        {
            shared.bell.notify_one();
        }
    }
}

impl Shared {
    /// Milliseconds of the cloud's time.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// The rooms that targets lead to.
    pub(super) fn joined(&self) -> Option<(Functions, Flows)> {
        self.lock_joined().clone()
    }

    /// Deliveries that are being made.
    pub(super) fn out(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_joined(&self) -> MutexGuard<'_, Option<(Functions, Flows)>> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries a call about a bus out, unless something else was asked to become of it.
    pub(super) async fn prone<T>(
        &self,
        bus: &str,
        run: impl Future<Output = Outcome<T>>,
    ) -> Outcome<T> {
        let asked = self.faults.of_bus(bus);
        match &asked {
            Some(ApiFault::Error(code)) => return Err(BridgeError::injected(code.clone())),
            Some(ApiFault::Throttle) => return Err(BridgeError::throttled()),
            Some(ApiFault::Late(time)) => self.clock.pass(*time).await,
            Some(ApiFault::Kill) | None => {}
        }
        let done = run.await;
        if asked == Some(ApiFault::Kill) {
            self.faults.kill().map_err(StoreError::Disk)?;
        }
        done
    }

    async fn answer(self: &Arc<Self>, rpc: &RpcCall) -> Reply {
        if let Some(refusal) = self.verifier.refuse(rpc) {
            return refusal;
        }
        let id = &rpc.request_id;
        let bus = rpc.param("EventBusName").unwrap_or(DEFAULT);
        let run = async { api::answer(self, rpc).await };
        match self.prone(bus, run).await {
            Ok(data) => {
                let mut body =
                    json!({"Code": "Success", "Message": "", "RequestId": id, "Success": true});
                if !data.is_null() {
                    body["Data"] = data;
                }
                json_reply(StatusCode::OK, &body)
            }
            Err(error) => refusal(&error, id),
        }
    }
}

fn refusal(error: &BridgeError, id: &str) -> Reply {
    if error.status != StatusCode::OK {
        return error_reply(error.status, &error.code, &error.message, id);
    }
    let body =
        json!({"Code": error.code, "Message": error.message, "RequestId": id, "Success": false});
    json_reply(StatusCode::OK, &body)
}
