//! Asynchronous tasks: shown, listed, stopped.

use serde_json::{Value as Json, json};

use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::queue::{Task, Wanted, tasks};
use crate::function::service::Shared;
use crate::function::table;

pub(super) async fn get(
    shared: &Shared,
    call: &Call,
    (function, id): (&str, &str),
) -> Outcome<Reply> {
    let (of, id) = (function.to_owned(), id.to_owned());
    let qualifier = call.param("qualifier").map(str::to_owned);
    let found = shared
        .store
        .read(move |db| find(db, (&of, &id), qualifier.as_deref()));
    Ok(shown(&show(shared, function, &found.await?, (true, true))))
}

/// A page of the tasks, the newest first unless the call wants them `asc`. A token is time and id of the last one given out.
pub(super) async fn list(shared: &Shared, call: &Call, function: &str) -> Outcome<Reply> {
    let wanted = wanted(call)?;
    let payload = call.param("includePayload");
    let payload = payload.is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let of = function.to_owned();
    let found = shared.store.read(move |db| {
        if table::function::find(db, &of)?.is_none() {
            return Err(no_function(&of));
        }
        Ok::<_, FcError>(tasks::list(db, &of, &wanted)?)
    });
    let (tasks, next) = found.await?;
    let tasks: Vec<Json> = tasks
        .iter()
        .map(|task| show(shared, function, task, (false, payload)))
        .collect();
    Ok(shown(&match next {
        Some((time, id)) => json!({ "tasks": tasks, "nextToken": format!("{time}.{id}") }),
        None => json!({ "tasks": tasks }),
    }))
}

/// Stops a task. A call of it that is under way is ended; that it has stopped is recorded when the call is gone, soon after
/// this is answered.
pub(super) async fn stop(
    shared: &Shared,
    call: &Call,
    (function, id): (&str, &str),
) -> Outcome<Reply> {
    let (of, id, now_ms) = (function.to_owned(), id.to_owned(), shared.now_ms());
    let qualifier = call.param("qualifier").map(str::to_owned);
    let stopped = shared.store.write(move |db| {
        let task = find(db, (&of, &id), qualifier.as_deref())?;
        tasks::stop(db, task, now_ms)
    });
    let request_id = stopped.await?;
    // After it is recorded: what ends now is taken for what it is.
    shared.bell.stop(function, &request_id);
    Ok(nothing())
}

fn wanted(call: &Call) -> Outcome<Wanted> {
    let page = call.page()?;
    let time = |name: &str, otherwise: i64| match call.param(name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .map_err(|_| FcError::invalid(format!("{name} must be a time in milliseconds"))),
    };
    let after = page.after.as_deref().map(|token| {
        let parts = token
            .split_once('.')
            .and_then(|(time, id)| Some((time.parse().ok()?, id.to_owned())));
        parts.ok_or_else(|| FcError::invalid("nextToken is not one of this list"))
    });
    let order = call
        .param("sortOrderByTime")
        .unwrap_or("desc")
        .to_lowercase();
    if !["asc", "desc"].contains(&order.as_str()) {
        return Err(FcError::invalid("sortOrderByTime must be asc or desc"));
    }
    Ok(Wanted {
        status: call.param("status").map(str::to_owned),
        qualifier: call.param("qualifier").map(str::to_owned),
        prefix: page.prefix,
        started_ms: (
            time("startedTimeBegin", i64::MIN)?,
            time("startedTimeEnd", i64::MAX)?,
        ),
        newest_first: order == "desc",
        after: after.transpose()?,
        limit: page.limit,
    })
}

fn find(
    db: &rusqlite::Connection,
    (function, id): (&str, &str),
    qualifier: Option<&str>,
) -> Outcome<Task> {
    if table::function::find(db, function)?.is_none() {
        return Err(no_function(function));
    }
    let found = tasks::find(db, function, id)?;
    let found = found.filter(|task| qualifier.is_none_or(|wanted| task.is_of(wanted)));
    found.ok_or_else(|| {
        let message = format!("async task '{id}' of function '{function}' does not exist");
        FcError::missing("StatefulAsyncInvocationNotFound", message)
    })
}

fn show(shared: &Shared, function: &str, task: &Task, (whole, payload): (bool, bool)) -> Json {
    task.show(&shared.arn(function, "LATEST"), whole, payload)
}
