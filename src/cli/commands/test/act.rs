//! Does the steps of a test.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::judge::{self, Untrue};
use super::stage::Stage;
use super::{Failure, Played};
use crate::cli::suite::{Begin, Invocation, Means, Request, Step, Words, content, part};
use crate::diagnostic::{Diagnostics, code};

/// The longest that a visitor waits for an answer.
const PATIENCE: Duration = Duration::from_mins(2);

/// An answer to a request.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body as it came.
    pub(super) text: String,
}

/// Does a step and keeps what it saves. `within` is how long something may take to become true.
pub(super) async fn act(
    stage: &Stage,
    (step, within): (&Step, Duration),
    words: &mut Words,
) -> Played<()> {
    let said = |wrong: Diagnostics| Failure::of(&step.at, &wrong);
    stage.wait().await.map_err(said)?;
    let reply = match &step.means {
        Means::Until(checks) => return judge::until(stage, (checks, within), words).await,
        Means::Kill => return stage.admin.kill().await.map_err(said),
        Means::Advance(by) => return advance(stage, *by).await.map_err(said),
        Means::Http(request) => visit(stage, request, words).await,
        Means::Start(begin) => start(stage, begin, words).await,
        Means::Event(call) => invoke(stage, call, words).await,
    };
    let failed = |why: String| Failure::new(&step.at, why);
    let reply = reply.map_err(failed)?;
    for (name, path) in &step.save {
        let Some(value) = part(&reply, path) else {
            let why = format!("the reply has no `{path}` to save: {}", short(&reply));
            return Err(failed(why));
        };
        words.set(name, value.clone());
    }
    Ok(())
}

/// Has time pass. A cloud that a fault kills on the way comes back and goes on to the same moment.
async fn advance(stage: &Stage, by: Duration) -> Result<(), Diagnostics> {
    let mut until = None;
    loop {
        let Err(wrong) = go_on(stage, &mut until, by).await else {
            return Ok(());
        };
        let is_gone = wrong.iter().any(|error| error.code == code::LOCAL_DOWN);
        // Faults are known over a death that one of them asked for, which is died once, and over no other.
        if !is_gone || stage.met().await?.is_empty() {
            return Err(wrong);
        }
    }
}

/// Moves the clock by `by`, or by what is left of that since `until` was set.
async fn go_on(
    stage: &Stage,
    until: &mut Option<Duration>,
    by: Duration,
) -> Result<(), Diagnostics> {
    let ahead = stage.admin.ahead().await?;
    let until = *until.get_or_insert(ahead.saturating_add(by));
    let moved = stage.admin.advance(until.saturating_sub(ahead)).await;
    moved.map(drop)
}

/// A visitor's request that must be answered well.
async fn visit(stage: &Stage, wanted: &Request, words: &Words) -> Result<Json, String> {
    let sent = wanted
        .body
        .as_ref()
        .map(|body| words.json(body))
        .transpose()?;
    let answer = send(stage, (wanted, sent.as_ref()), words).await?;
    let is_well = match wanted.status {
        Some(status) => answer.status == status,
        None => answer.status < 400,
    };
    let body = content(&answer.text);
    if is_well {
        return Ok(body);
    }
    Err(format!(
        "it was answered with status {}: {}",
        answer.status,
        short(&body)
    ))
}

/// Sends a request to the local cloud, whatever host it names.
pub(super) async fn send(
    stage: &Stage,
    (wanted, body): (&Request, Option<&Json>),
    words: &Words,
) -> Result<Answer, Untrue> {
    let url = words.text(&wanted.url)?;
    let rest = url.strip_prefix("http://");
    let rest = rest.ok_or_else(|| format!("`{url}` does not begin with http://"))?;
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let method = wanted.method.parse::<reqwest::Method>();
    let method = method.map_err(|_| format!("`{}` is no method", wanted.method))?;
    let request = stage
        .visitor
        .request(method, format!("{}{path}", stage.url));
    let mut request = request.header("host", host).timeout(PATIENCE);
    if body.is_some_and(|body| !body.is_string()) {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in &wanted.headers {
        request = request.header(name, words.text(value)?);
    }
    let request = match body {
        None => request,
        Some(body) => request.body(bytes(body)),
    };
    let reply = request.send().await.map_err(|error| error.to_string())?;
    let status = reply.status().as_u16();
    let text = reply.text().await.map_err(|error| error.to_string())?;
    Ok(Answer { status, text })
}

async fn start(stage: &Stage, begin: &Begin, words: &Words) -> Result<Json, String> {
    let flow = stage.flow(&begin.workflow)?;
    let name = begin
        .name
        .as_ref()
        .map(|name| words.text(name))
        .transpose()?;
    let input = words.json(&begin.input)?.to_string();
    stage
        .ask(
            flow,
            ("execution.start", &json!({ "name": name, "input": input })),
        )
        .await
}

async fn invoke(stage: &Stage, call: &Invocation, words: &Words) -> Result<Json, String> {
    let function = stage.function(&call.function)?;
    let payload = STANDARD.encode(bytes(&words.json(&call.payload)?));
    let args = json!({ "payload": payload, "type": "Sync" });
    let wanted = call.error.as_deref();
    let otherwise =
        |wanted: &str, was: &str| Err(format!("it did not end with the error {wanted}: {was}"));
    let answer = match stage.act(function, ("invoke", &args)).await {
        Ok(answer) => answer,
        Err(error) => {
            return match (wanted, &error.code) {
                (Some(wanted), Some(code)) if wanted == code => {
                    Ok(json!({ "errorType": code, "errorMessage": error.message }))
                }
                (Some(wanted), _) => otherwise(wanted, &error.to_string()),
                (None, _) => Err(error.to_string()),
            };
        }
    };
    let payload = STANDARD.decode(answer["payload"].as_str().unwrap_or_default());
    let text = String::from_utf8_lossy(&payload.unwrap_or_default()).into_owned();
    let reply = content(&text);
    // What did not come from the code, such as its process's end, has the kind of the error only.
    let kind = answer["headers"]["x-fc-error-type"].as_str();
    let error = kind.map(|kind| reply["errorType"].as_str().unwrap_or(kind));
    match (wanted, error) {
        (None, None) => Ok(reply),
        (Some(wanted), Some(error)) if wanted == error => Ok(reply),
        (None, Some(_)) => Err(format!("the function failed: {}", short(&reply))),
        (Some(wanted), _) => otherwise(wanted, &short(&reply)),
    }
}

/// A text is sent as it is, everything else as JSON.
pub(super) fn bytes(value: &Json) -> Vec<u8> {
    match value {
        Json::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    }
}

/// A value in a message.
pub(super) fn short(value: &Json) -> String {
    const MOST: usize = 300;
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
