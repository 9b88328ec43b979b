//! Function Compute as the router sees it: opens what is kept, verifies API calls and hands them to their operations.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use runtime::{Line, LogSink as _, Pipe};
use serde_json::{Value as Json, json};

use super::attach::Home;
use super::call::{BODY_LIMIT, Call};
use super::code::{self, Links, Packages};
use super::error::{FcError, Outcome};
use super::fc2::Gate;
use super::gateway::own_name;
use super::model::language;
use super::queue::{self, Bell};
use super::resolve::Resolver;
use super::run::Run;
use super::scale::Loads;
use super::trace::Origin;
use super::trigger::{self, Buckets, Buses, Timers, Topics};
use super::{Logs, api, scale, table};
use crate::agenda::Agenda;
use crate::body::{Reply, ReplyBody};
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::mns::Mns;
use crate::oss::Oss;
use crate::rpc::{RpcCall, Verifier};
use crate::settings::Settings;
use crate::store::{Store, StoreError};

/// What the paths of the API begin with.
const ROOT: &str = "/2023-03-30/";

/// The functions of a cloud; clones share them.
#[derive(Clone)]
pub(crate) struct Functions(pub(super) Arc<Shared>);

/// What the operations work with.
pub(super) struct Shared {
    pub(super) verifier: Verifier,
    pub(super) gate: Gate,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) home: Home,
    pub(super) address: SocketAddr,
    pub(super) clock: Clock,
    pub(super) store: Store,
    pub(super) oss: Oss,
    pub(super) mns: Mns,
    pub(super) bridge: Bridge,
    /// Where functions find lines that the cloud itself writes for them.
    pub(super) logs: Logs,
    pub(super) packages: Packages,
    pub(super) links: Links,
    pub(super) resolver: Resolver,
    pub(super) run: Arc<dyn Run>,
    pub(super) bell: Bell,
    pub(super) timers: Timers,
    /// Wakes and ends the task of `scale`.
    pub(super) rules: Timers,
    pub(super) loads: Loads,
}

impl Functions {
    /// Opens what the data folder holds. Blocks.
    pub(crate) fn open(
        settings: &Settings,
        address: SocketAddr,
        (clock, store, (oss, (mns, bridge), logs)): (Clock, Store, (Oss, (Mns, Bridge), Logs)),
        run: Arc<dyn Run>,
    ) -> Result<Self, StoreError> {
        let packages = Packages::open(settings.data.join("function"))?;
        let resolver = Resolver::new(settings, address, store.clone(), packages.clone());
        for domain in store.peek(|db| table::domain::all(db).map_err(StoreError::from))? {
            resolver.know_domain(domain);
        }
        let functions = Self(Arc::new(Shared {
            verifier: Verifier::new(settings.account.clone(), clock.clone()),
            gate: Gate::new(settings.account.clone(), clock.clone()),
            account: settings.account.id.clone(),
            region: settings.region.clone(),
            home: Home {
                region: settings.region.clone(),
                account: settings.account.id.clone(),
            },
            address,
            links: Links::new(address, &settings.account.access_key_secret),
            resolver,
            clock,
            store,
            oss,
            mns,
            bridge,
            logs,
            packages,
            run,
            bell: Bell::default(),
            timers: Timers::default(),
            rules: Timers::default(),
            loads: Loads::default(),
        }));
        let shared = Arc::clone(&functions.0);
        tokio::runtime::Handle::current().block_on(async move { shared.enforce_all().await });
        let buckets = Buckets::new(Arc::downgrade(&functions.0));
        functions.0.oss.watch(Arc::new(buckets));
        let topics = Topics::new(Arc::downgrade(&functions.0));
        functions.0.mns.watch(Arc::new(topics));
        functions.0.bridge.watch(Arc::new(Buses));
        tokio::spawn(queue::work(Arc::clone(&functions.0)));
        tokio::spawn(trigger::tick(Arc::clone(&functions.0)));
        tokio::spawn(scale::work(Arc::clone(&functions.0)));
        tokio::spawn(code::sweep(Arc::clone(&functions.0)));
        Ok(functions)
    }

    /// Answers an API call.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Reply {
        let call = match RpcCall::read_within(request, BODY_LIMIT).await {
            Ok(call) => call,
            Err(reply) => return reply,
        };
        let id = call.request_id.clone();
        let shared = Arc::clone(&self.0);
        // A task of its own: a client who leaves must not stop a change half way.
        let answered = tokio::spawn(async move { shared.answer(call).await }).await;
        let mut reply =
            answered.unwrap_or_else(|failure| std::panic::resume_unwind(failure.into_panic()));
        for name in ["x-fc-request-id", "x-acs-request-id"] {
            if let Ok(value) = HeaderValue::try_from(id.as_str()) {
                reply.headers_mut().entry(name).or_insert(value);
            }
        }
        reply
    }

    /// Answers whoever comes with an address of an archive.
    pub(crate) async fn archive(&self, uri: &http::Uri) -> Reply {
        let (shared, query) = (&self.0, uri.query().unwrap_or_default());
        let named = shared.links.archive(uri.path(), query, shared.now_ms());
        let file = match named {
            Some(sha256) => tokio::fs::File::open(shared.packages.archive(&sha256)).await,
            None => Err(io::ErrorKind::PermissionDenied.into()),
        };
        let opened = match file {
            Ok(file) => file.metadata().await.map(|metadata| (file, metadata.len())),
            Err(error) => Err(error),
        };
        let mut reply = match opened {
            Ok((file, length)) => Reply::new(ReplyBody::file(file, length)),
            Err(error) => {
                let mut reply = Reply::new(ReplyBody::full(format!("{error}\n")));
                *reply.status_mut() = match error.kind() {
                    io::ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
                    _ => StatusCode::NOT_FOUND,
                };
                return reply;
            }
        };
        let zip = HeaderValue::from_static("application/zip");
        reply.headers_mut().insert(http::header::CONTENT_TYPE, zip);
        reply
    }

    /// What timers and asynchronous calls do by the clock.
    pub(crate) async fn agenda(&self) -> Result<Agenda, StoreError> {
        // Timers first: what they fire is queued before they are done.
        let timers = trigger::agenda(&self.0).await?;
        let rules = scale::agenda(&self.0).await?;
        Ok(timers.and(rules).and(queue::agenda(&self.0).await?))
    }

    /// What the status says about this room.
    pub(crate) async fn counts(&self) -> Result<Json, StoreError> {
        let functions = self.0.store.read(|db| {
            let count = table::function::count(db)?;
            Ok::<_, StoreError>(count)
        });
        Ok(json!({ "functions": functions.await? }))
    }

    /// Whether functions of a runtime can run on this machine; why not.
    pub(crate) async fn can_run(&self, runtime: &str) -> Result<(), String> {
        let checked = async { Ok::<_, FcError>(self.0.run.check(language(runtime)?).await?) };
        checked.await.map_err(|refusal| refusal.message)
    }

    /// Deletes every function with its triggers, and the file systems; stops all instances.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        let shared = &self.0;
        let all = shared.store.write(|db| {
            let all = table::function::all(db)?;
            table::function::clear(db)?;
            queue::table::clear(db)?;
            Ok::<_, StoreError>(all)
        });
        for function in all.await? {
            shared.resolver.forget(&function.name);
            shared.run.retire(&function.name, None).await;
        }
        shared.resolver.forget_domains();
        shared.packages.change();
        shared.bridge.changed();
        Ok(shared.resolver.clear_file_systems()?)
    }

    /// Calls a function with an event in the name of another service, whose trace the call has, if any.
    pub(crate) async fn call_event(
        &self,
        name: &str,
        qualifier: &str,
        mut call: runtime::Call,
    ) -> Outcome<runtime::Answer> {
        let target = self.0.resolver.target(name, qualifier).await?;
        let origin = call.trace.as_deref().and_then(Origin::of_traceparent);
        let trace = self.0.traceparent(name, &call.request_id, origin.as_ref());
        call.trace = Some(trace);
        match self.0.run.call(&target.spec, call).await? {
            runtime::Reply::Answer(answer) => Ok(answer),
            runtime::Reply::Web { .. } => {
                let status = StatusCode::BAD_GATEWAY;
                Err(FcError::new(
                    status,
                    "BadResponse",
                    "the function answered an event with a web response",
                ))
            }
        }
    }

    /// Queues an event of a function in the name of another service, whose trace is said if it has one.
    pub(crate) async fn enqueue_event(
        &self,
        (name, qualifier): (&str, Option<&str>),
        (id, trace, task): (&str, Option<&str>, Option<&str>),
        event: Vec<u8>,
    ) -> Outcome<()> {
        let qualifier = qualifier.unwrap_or("LATEST");
        self.0.resolver.target(name, qualifier).await?;
        let origin = trace.and_then(Origin::of_traceparent);
        let task = task.map(str::to_owned);
        let event =
            queue::Event::new(id, name, qualifier, &event, self.0.now_ms()).made_for(origin);
        let queued = self
            .0
            .store
            .write(move |db| queue::tasks::enqueue_as(db, &event, task.as_deref()));
        queued.await?;
        self.0.bell.ring();
        Ok(())
    }

    /// Writes a line of the cloud's own where people find what the function wrote.
    pub(crate) fn note(&self, function: &str, qualifier: &str, text: &str) {
        self.0.note((function, qualifier), None, text);
    }

    /// Whether `host` leads to functions: a domain of the user's own, or a name as the vendor gives them.
    pub(crate) fn knows(&self, host: &str) -> bool {
        self.0.resolver.domain(host).is_some() || own_name(host).is_some()
    }

    /// Ends what works by itself, so that nothing holds the database.
    pub(crate) fn halt(&self) {
        self.0.bell.close();
        self.0.timers.close();
        self.0.rules.close();
        self.0.packages.close();
    }

    /// Stops all instances.
    pub(crate) async fn close(&self) {
        self.halt();
        self.0.run.close().await;
    }
}

impl Shared {
    async fn answer(&self, call: RpcCall) -> Reply {
        if let Some(refusal) = self.verifier.refuse(&call) {
            return refusal;
        }
        let id = call.request_id.clone();
        let answered = match Call::new(call, ROOT) {
            Ok(call) => api::dispatch(self, &call).await,
            Err(error) => Err(error),
        };
        answered.unwrap_or_else(|error| error.reply(&id))
    }

    /// Milliseconds of the cloud's time.
    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// A line of the cloud's own in a function's log, about a request if that is said.
    pub(super) fn note(
        &self,
        (function, version): (&str, &str),
        request: Option<&str>,
        text: &str,
    ) {
        self.logs.line(Line {
            function,
            version,
            instance: "",
            request,
            at: SystemTime::now(),
            pipe: Pipe::Err,
            text,
        });
    }

    /// What a request asks other functions with, so that its id leads to what it caused; keeps that it was made for another, if it was.
    pub(super) fn traceparent(
        &self,
        function: &str,
        request_id: &str,
        origin: Option<&Origin>,
    ) -> String {
        if let Some(origin) = origin {
            self.logs.link(function, request_id, origin);
        }
        Origin::of_request(origin, request_id).text()
    }

    /// A function's ARN; of a version or alias when a qualifier other than `LATEST` is named.
    pub(super) fn arn(&self, function: &str, qualifier: &str) -> String {
        let (region, account) = (&self.region, &self.account);
        let arn = format!("acs:fc:{region}:{account}:functions/{function}");
        match qualifier {
            "LATEST" | "" => arn,
            _ => format!("{arn}/{qualifier}"),
        }
    }

    /// Where a function's http trigger is reached on this machine, whatever resolves names there.
    pub(super) fn url(&self, function: &str, qualifier: &str) -> String {
        let address = self.address;
        match qualifier {
            "LATEST" | "" => format!("http://{address}/_fc/{function}/"),
            _ => format!("http://{address}/_fc/{function}.{qualifier}/"),
        }
    }

    /// Runs what blocks (archives, disks) off the async threads.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        match tokio::task::spawn_blocking(job).await {
            Ok(done) => Ok(done),
            Err(failure) if failure.is_panic() => std::panic::resume_unwind(failure.into_panic()),
            Err(_) => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}
