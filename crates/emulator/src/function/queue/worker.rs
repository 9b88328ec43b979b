//! Calls what is due: one task looks for it and starts a bounded number of calls for each function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt as _;
use runtime::{Answer, BoxError, Call, CallBody, Fault, FunctionError, Reply, Request};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::hearer::Told;
use super::policy::{Ending, Next, next, report};
use super::task::LONGEST_ANSWER;
use super::web::has_failed;
use super::{Event, table, tasks};
use crate::agenda::Agenda;
use crate::function::error::{FcError, Outcome};
use crate::function::resolve::Target;
use crate::function::service::Shared;
use crate::store::StoreError;

/// Calls of one function under way at most.
const CALLS: usize = 16;
/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait without looking: whoever queued something may have been stopped before it rang.
const LONGEST: Duration = Duration::from_secs(30);

/// Wakes and ends the worker.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Notify,
    closing: CancellationToken,
    /// By function, then by event.
    running: Mutex<BTreeMap<String, BTreeMap<i64, UnderWay>>>,
}

/// A call under way.
struct UnderWay {
    request_id: String,
    stop: CancellationToken,
}

impl Bell {
    /// Something may be due.
    pub(crate) fn ring(&self) {
        self.rung.notify_one();
    }

    /// Ends the worker; what it has under way is called again after the next start.
    pub(crate) fn close(&self) {
        self.closing.cancel();
    }

    /// Stops the call of an event, if it is under way.
    pub(crate) fn stop(&self, function: &str, request_id: &str) {
        let running = self.lock();
        let calls = running.get(function).into_iter().flat_map(BTreeMap::values);
        for call in calls.filter(|call| call.request_id == request_id) {
            call.stop.cancel();
        }
    }

    /// The events of each function that are under way.
    fn running(&self) -> BTreeMap<String, BTreeSet<i64>> {
        let running = self.lock();
        let ids = running
            .iter()
            .map(|(function, calls)| (function.clone(), calls.keys().copied().collect()));
        ids.collect()
    }

    /// An event is under way from now on; what stops its call.
    fn begin(&self, event: &Event) -> CancellationToken {
        let stop = CancellationToken::new();
        let call = UnderWay {
            request_id: event.request_id.clone(),
            stop: stop.clone(),
        };
        let mut running = self.lock();
        let of_function = running.entry(event.function.clone()).or_default();
        of_function.insert(event.id, call);
        stop
    }

    fn end(&self, function: &str, id: i64) {
        let mut running = self.lock();
        if let Some(calls) = running.get_mut(function) {
            calls.remove(&id);
            if calls.is_empty() {
                running.remove(function);
            }
        }
        drop(running);
        self.ring();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<i64, UnderWay>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls what is due until the bell is closed.
pub(crate) async fn work(shared: Arc<Shared>) {
    let bell = &shared.bell;
    let mut moved = shared.clock.moved();
    loop {
        let wait = start_due(&shared).await.unwrap_or(PAUSE);
        tokio::select! {
            biased;
            () = bell.closing.cancelled() => return,
            () = bell.rung.notified() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// What is called, and what is to be called next.
pub(crate) async fn agenda(shared: &Shared) -> Result<Agenda, StoreError> {
    let now = shared.now_ms();
    let read = shared.store.read(move |db| {
        let mut agenda = Agenda::default();
        for function in table::functions(db)? {
            agenda = agenda
                .busy(!table::due(db, &function, now, 1)?.is_empty())
                .with(now, table::next_due(db, &function, now)?);
        }
        Ok::<_, StoreError>(agenda)
    });
    let agenda = read.await?;
    Ok(agenda.busy(!shared.bell.running().is_empty()))
}

/// Starts what is due and may start; how long until the next is due.
async fn start_due(shared: &Arc<Shared>) -> Result<Duration, StoreError> {
    let now = shared.now_ms();
    // Before the rows are read: a call that ends in between must not be taken for one that waits.
    let running = shared.bell.running();
    let listed = shared.store.read(move |db| {
        let mut next: Option<i64> = None;
        let mut all = Vec::new();
        for function in table::functions(db)? {
            // Those under way are still rows: twice as many hold enough others.
            all.push(table::due(db, &function, now, 2 * CALLS)?);
            let later = table::next_due(db, &function, now)?;
            next = next.into_iter().chain(later).min();
        }
        Ok::<_, StoreError>((all, next))
    });
    let (all, next) = listed.await?;
    for events in all {
        let Some(first) = events.first() else {
            continue;
        };
        let running = running.get(&first.function).cloned().unwrap_or_default();
        let free = CALLS.saturating_sub(running.len());
        let waiting = events.into_iter().filter(|one| !running.contains(&one.id));
        for event in waiting.take(free) {
            let stop = shared.bell.begin(&event);
            tokio::spawn(run(Arc::clone(shared), event, stop));
        }
    }
    let until = next.map_or(LONGEST, |next| {
        Duration::from_millis(u64::try_from(next - now).unwrap_or_default())
    });
    Ok(until.min(LONGEST))
}

/// Calls an event and records what came of it.
async fn run(shared: Arc<Shared>, event: Event, stop: CancellationToken) {
    let _place = Place {
        bell: &shared.bell,
        function: event.function.clone(),
        id: event.id,
    };
    // One that a cloud which closes has let go is not begun again by it.
    if shared.bell.closing.is_cancelled() {
        return;
    }
    let task = match begin(&shared, &event).await {
        Ok(Begun::Call { task }) => task,
        Ok(Begun::Over) => return,
        Err(_) => return tokio::time::sleep(PAUSE).await,
    };
    let called = tokio::select! {
        () = shared.bell.closing.cancelled() => return,
        called = call(&shared, (&event, task.as_deref()), stop) => called,
    };
    // A cloud that closes stops its instances: what they answered then is not the function's failure.
    if shared.bell.closing.is_cancelled() {
        return;
    }
    if settle(&shared, event, called).await.is_err() {
        tokio::time::sleep(PAUSE).await;
    }
}

/// What a call begins with.
enum Begun {
    /// The event shall be called; the id of its task, if it has one.
    Call { task: Option<String> },
    /// Its task was stopped.
    Over,
}

/// Records that the task of an event runs, if it has one.
async fn begin(shared: &Shared, event: &Event) -> Outcome<Begun> {
    let of = event.clone();
    let found = shared
        .store
        .read(move |db| Ok::<_, FcError>(tasks::of(db, &of)?));
    if found.await?.is_none() {
        return Ok(Begun::Call { task: None });
    }
    let (of, now) = (event.clone(), shared.now_ms());
    let begun = shared.store.write(move |db| {
        // Read again: it may have been stopped meanwhile.
        let Some(mut task) = tasks::of(db, &of)? else {
            return Ok(Begun::Call { task: None });
        };
        let shall_run = task.begin(now);
        if !shall_run {
            table::remove(db, &of)?;
        }
        tasks::save(db, &task)?;
        let id = Some(task.id().to_owned());
        Ok::<_, FcError>(if shall_run {
            Begun::Call { task: id }
        } else {
            Begun::Over
        })
    });
    begun.await
}

/// The place that an event's call takes, given back whatever becomes of the call.
struct Place<'a> {
    bell: &'a Bell,
    function: String,
    id: i64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.bell.end(&self.function, self.id);
    }
}

/// Calls an event, which may be a task's: what came of it, and the instance that answered.
async fn call(
    shared: &Shared,
    (event, task): (&Event, Option<&str>),
    stop: CancellationToken,
) -> (Ending, String) {
    let target = match shared
        .resolver
        .target(&event.function, &event.qualifier)
        .await
    {
        Ok(target) => target,
        Err(error) if error.status == http::StatusCode::NOT_FOUND => {
            return (Ending::Gone, String::new());
        }
        Err(_) => return (Ending::Refused, String::new()),
    };
    let Some(request) = request(shared, &target, (event, task)) else {
        return (failed("the kept request is damaged"), String::new());
    };
    let (id, origin) = (&event.request_id, event.origin.as_ref());
    let call = Call {
        request_id: id.clone(),
        trace: Some(shared.traceparent(&event.function, id, origin)),
        retries: event.failures,
        request,
    };
    let called = shared.run.call_until(&target.spec, call, stop.clone());
    let ending = match called.await {
        Ok(Reply::Answer(answer)) => return (answered(&answer), answer.ended.instance),
        Ok(Reply::Web { response, instance }) if event.web.is_some() => {
            // Whoever stops a call that answers already hears no more of it.
            let responded = stop.run_until_cancelled(responded(response)).await;
            return (responded.unwrap_or_else(|| failed("stopped")), instance);
        }
        Ok(Reply::Web { .. }) => failed("the function answered an event with a web response"),
        // What was removed may be there again, or an alias lead elsewhere: the next try finds out.
        Err(Fault::Throttled(_) | Fault::Removed) => Ending::Refused,
        Err(fault) => failed(&fault.to_string()),
    };
    (ending, String::new())
}

fn request(
    shared: &Shared,
    target: &Target,
    (event, task): (&Event, Option<&str>),
) -> Option<Request> {
    match &event.web {
        Some(head) => shared.resumed(target, (event, head), task),
        None => Some(Request::Event(event.payload.clone().into())),
    }
}

fn failed(why: &str) -> Ending {
    Ending::Failed {
        kind: "UnhandledInvocationError",
        payload: why.to_owned(),
    }
}

/// What a web server's response to a queued request comes to, when it is there whole.
async fn responded(response: http::Response<CallBody>) -> Ending {
    let (head, body) = response.into_parts();
    let payload = match read(body).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return failed(&format!("the response broke off: {error}")),
    };
    if has_failed(head.status, &head.headers) {
        return failed(&payload);
    }
    Ending::Succeeded { payload }
}

/// Reads a body to its end and keeps as much of it as is recorded of any answer.
async fn read(mut body: CallBody) -> Result<Vec<u8>, BoxError> {
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame?.into_data().unwrap_or_default();
        let room = LONGEST_ANSWER - kept.len();
        kept.extend_from_slice(&data[..data.len().min(room)]);
    }
    Ok(kept)
}

fn answered(answer: &Answer) -> Ending {
    let payload = String::from_utf8_lossy(&answer.payload).into_owned();
    match answer.error {
        None => Ending::Succeeded { payload },
        Some(FunctionError::Handled) => Ending::Failed {
            kind: "HandledInvocationError",
            payload,
        },
        Some(FunctionError::Unhandled) => Ending::Failed {
            kind: "UnhandledInvocationError",
            payload,
        },
    }
}

/// One transaction: the event's row goes or gets its next time, and its destination gets its event.
async fn settle(
    shared: &Shared,
    event: Event,
    (ending, instance): (Ending, String),
) -> Outcome<()> {
    let now = shared.now_ms();
    let arn = shared.arn(&event.function, &event.qualifier);
    let of = event.clone();
    let posts = (shared.mns.clone(), shared.bridge.clone());
    let write = shared.store.write(move |db| {
        let mut told = Told::Nothing;
        let setting = table::setting(db, &event.function, &event.qualifier)?;
        let mut then = next(&event, &setting, &ending, now);
        if let Some(mut task) = tasks::of(db, &event)? {
            task.settle(&then, (&ending, &instance), now);
            if task.is_stopped() {
                then = Next::Drop;
            }
            tasks::save(db, &task)?;
        }
        match then {
            Next::Again { due_ms } => {
                table::again(db, &event, ending == Ending::Refused, due_ms)?;
            }
            Next::Drop => drop(table::remove(db, &event)?),
            Next::Ended { succeeded } => {
                // An event that was deleted meanwhile is told to nobody.
                let was_there = table::remove(db, &event)?;
                if let Some(hearer) = setting.destination(succeeded).filter(|_| was_there) {
                    let report = report(&event, &arn, &ending, now);
                    told = hearer.tell(db, &posts, &event, &report)?;
                }
            }
        }
        Ok::<_, FcError>(told)
    });
    write.await?.committed(shared, &of);
    Ok(())
}
