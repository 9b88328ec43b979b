//! Message Service as the router sees it; which operation a call asks for.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};

use http::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::api::{message, queue, subscription, topic};
use super::bell::Bells;
use super::call::Call;
use super::error::{MnsError, Outcome};
use super::watch::Watch;
use super::{auth, reply, table, tick};
use crate::agenda::Agenda;
use crate::body::Reply;
use crate::clock::Clock;
use crate::injection::{ApiFault, Faults};
use crate::push::{Web, web};
use crate::settings::{Account, Settings};
use crate::store::{Store, StoreError};

/// The queues and topics of a cloud; clones share them.
#[derive(Clone)]
pub(crate) struct Mns(pub(super) Arc<Shared>);

/// What the operations work with.
pub(super) struct Shared {
    pub(super) account: Account,
    pub(super) region: String,
    pub(super) clock: Clock,
    /// What fails on purpose.
    pub(super) faults: Faults,
    pub(super) store: Store,
    /// Wakes who waits for messages.
    pub(super) bells: Bells,
    /// Wakes the task of `tick`.
    pub(super) bell: Notify,
    pub(super) closing: CancellationToken,
    /// Who hears of published messages.
    pub(super) watch: OnceLock<Arc<dyn Watch>>,
    pub(super) web: Web,
    /// Deliveries that are being made.
    pub(super) out: Mutex<HashSet<i64>>,
}

impl Mns {
    /// Opens what the data folder holds and goes on with what was on its way.
    pub(crate) fn open(settings: &Settings, clock: Clock, store: Store, faults: Faults) -> Self {
        let shared = Arc::new(Shared {
            account: settings.account.clone(),
            region: settings.region.clone(),
            clock,
            faults,
            store,
            bells: Bells::default(),
            bell: Notify::new(),
            closing: CancellationToken::new(),
            watch: OnceLock::new(),
            web: web(),
            out: Mutex::default(),
        });
        tokio::spawn(tick::work(Arc::clone(&shared)));
        Self(shared)
    }

    /// Tells `watch` of published messages from now on; only the first one counts.
    pub(crate) fn watch(&self, watch: Arc<dyn Watch>) {
        let _ = self.0.watch.set(watch);
    }

    /// Answers a call. Whoever waits for a message and leaves gets none; a change that was begun is finished all the same.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Reply {
        let may_wait = request.method() == http::Method::GET;
        let (call, read) = Call::read(request).await;
        let shared = Arc::clone(&self.0);
        let run = async move {
            let answered = match read {
                Ok(()) => shared.run(&call).await,
                Err(error) => Err(error),
            };
            let mut reply = answered.unwrap_or_else(|error| reply::error(&call, &error));
            reply::finish(&mut reply, &call.request_id);
            reply
        };
        if may_wait {
            return run.await;
        }
        match tokio::spawn(run).await {
            Ok(reply) => reply,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        }
    }

    /// What deliveries and dead letters do by the clock.
    pub(crate) async fn agenda(&self) -> Result<Agenda, StoreError> {
        tick::agenda(&self.0).await
    }

    /// What the status says about this room.
    pub(crate) async fn counts(&self) -> Result<Value, StoreError> {
        let now = self.0.now();
        let read = self.0.store.read(move |db| {
            let counts = table::counts(db, now)?;
            Ok::<_, StoreError>(counts)
        });
        let (queues, topics, messages) = read.await?;
        Ok(json!({ "queues": queues, "topics": topics, "messages": messages }))
    }

    /// Deletes every queue and topic.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        let clear = self
            .0
            .store
            .write(|db| Ok::<_, StoreError>(table::clear(db)?));
        clear.await?;
        self.0.bells.ring_all();
        Ok(())
    }

    /// Ends what works by itself, and who waits for messages.
    pub(crate) fn close(&self) {
        self.0.closing.cancel();
    }
}

impl Shared {
    /// Milliseconds of the cloud's time.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// A queue's resource name.
    pub(super) fn queue_arn(&self, name: &str) -> String {
        let (region, account) = (&self.region, &self.account.id);
        format!("acs:mns:{region}:{account}:/queues/{name}")
    }

    async fn run(self: &Arc<Self>, call: &Call) -> Outcome<Reply> {
        auth::authenticate(call, &self.account, &self.clock)?;
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let asked = match path[..] {
            ["queues", name, ..] => self.faults.of_queue(name),
            ["topics", name, ..] => self.faults.of_topic(name),
            _ => None,
        };
        match &asked {
            Some(ApiFault::Error(code)) => return Err(MnsError::injected(code.clone())),
            Some(ApiFault::Throttle) => return Err(MnsError::throttled()),
            Some(ApiFault::Late(time)) => self.clock.pass(*time).await,
            Some(ApiFault::Kill) | None => {}
        }
        let answered = self.dispatch(call, &path).await;
        if asked == Some(ApiFault::Kill) {
            let killed = self.faults.kill();
            killed.map_err(StoreError::Disk)?;
        }
        answered
    }

    async fn dispatch(self: &Arc<Self>, call: &Call, path: &[&str]) -> Outcome<Reply> {
        match (call.method.as_str(), path) {
            ("GET", ["queues"]) => queue::list(self, call).await,
            ("PUT", ["queues", name]) if call.is_on("metaoverride") => {
                queue::change(self, call, name).await
            }
            ("PUT", ["queues", name]) => queue::create(self, call, name).await,
            ("GET", ["queues", name]) => queue::get(self, name).await,
            ("DELETE", ["queues", name]) => queue::delete(self, name).await,
            (method, ["queues", name, "messages"]) => self.run_messages(call, method, name).await,
            ("GET", ["topics"]) => topic::list(self, call).await,
            ("PUT", ["topics", name]) if call.is_on("metaoverride") => {
                topic::change(self, call, name).await
            }
            ("PUT", ["topics", name]) => topic::create(self, call, name).await,
            ("GET", ["topics", name]) => topic::get(self, name).await,
            ("DELETE", ["topics", name]) => topic::delete(self, name).await,
            ("POST", ["topics", name, "messages"]) => message::publish(self, call, name).await,
            ("GET", ["topics", topic, "subscriptions"]) => {
                subscription::list(self, call, topic).await
            }
            (method, ["topics", topic, "subscriptions", name]) => {
                self.run_subscription(call, method, (topic, name)).await
            }
            (_, []) if call.param("accountmeta").is_some() => {
                Err(MnsError::unserved("attributes of the account"))
            }
            (_, ["commonbuy", ..]) => Err(MnsError::unserved("orders")),
            _ => Err(no_operation()),
        }
    }

    async fn run_messages(
        self: &Arc<Self>,
        call: &Call,
        method: &str,
        queue: &str,
    ) -> Outcome<Reply> {
        match method {
            "POST" => message::send(self, call, queue).await,
            "GET" if call.is_on("peekonly") => message::peek(self, call, queue).await,
            "GET" => message::receive(self, call, queue).await,
            "DELETE" if call.param("ReceiptHandle").is_some() => {
                message::delete(self, call, queue).await
            }
            "DELETE" => message::delete_many(self, call, queue).await,
            "PUT" => message::change_visibility(self, call, queue).await,
            _ => Err(no_operation()),
        }
    }

    async fn run_subscription(
        self: &Arc<Self>,
        call: &Call,
        method: &str,
        (topic, name): (&str, &str),
    ) -> Outcome<Reply> {
        match method {
            "PUT" if call.is_on("metaoverride") => {
                subscription::change(self, call, (topic, name)).await
            }
            "PUT" => subscription::create(self, call, (topic, name)).await,
            "GET" => subscription::get(self, (topic, name)).await,
            "DELETE" => subscription::delete(self, (topic, name)).await,
            _ => Err(no_operation()),
        }
    }
}

fn no_operation() -> MnsError {
    MnsError::bad("InvalidRequestURL", "Http request URL format invalid.")
}
