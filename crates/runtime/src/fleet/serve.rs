//! Has one call answered by the instance where it has its place.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::permit::{Permit, Serving};
use crate::call::{Answer, Call, Ended, Fault, FunctionError, Reply, Request};
use crate::dialect::Outcome;

/// Has a call served by an instance.
pub(super) async fn serve(
    permit: Permit,
    call: Call,
    stop: &CancellationToken,
) -> Result<Reply, Fault> {
    let instance = Arc::clone(permit.instance());
    let is_event = matches!(call.request, Request::Event(_));
    let timeout = instance.spec.timeout;
    instance.process.stir();
    let serving = Serving::begin(permit, call.request_id.clone());
    let called = tokio::time::timeout(timeout, instance.dialect.call(call));
    let outcome = match stop.run_until_cancelled(called).await {
        Some(Ok(Err(_))) if instance.is_interrupted() => {
            serving.tell("the call was stopped, as all of the function were");
            Err(Fault::Stopped)
        }
        Some(Ok(Err(Fault::Exited(seen)))) => Err(instance.why(seen).await),
        Some(Ok(outcome)) => outcome,
        Some(Err(_)) => {
            instance.kill();
            serving.tell(&instance.late());
            Err(Fault::Timeout(timeout))
        }
        None => {
            serving.dismiss();
            serving.tell("the call was stopped by whoever asked for it");
            Err(Fault::Stopped)
        }
    };
    if matches!(outcome, Err(Fault::Exited(_))) {
        serving.tell(&instance.ended());
        instance.kill();
    }
    let (payload, error) = match outcome {
        Ok(Outcome::Web(response)) => {
            return Ok(Reply::Web {
                response: serving.hold(response),
                instance: instance.id.clone(),
            });
        }
        Ok(Outcome::Answer { payload, error }) => (payload, error),
        Err(fault @ (Fault::Timeout(_) | Fault::Exited(_) | Fault::Stopped)) if is_event => {
            let ended = serving.end().await;
            let payload = vendor_error(&fault, &ended).into();
            return Ok(Reply::Answer(Answer {
                payload,
                error: Some(FunctionError::Unhandled),
                ended,
            }));
        }
        Err(fault) => return Err(fault),
    };
    let ended = serving.end().await;
    Ok(Reply::Answer(Answer {
        payload,
        error,
        ended,
    }))
}

/// The vendor's JSON of a call that was cut off.
fn vendor_error(fault: &Fault, ended: &Ended) -> String {
    let memory = ended.memory_mb;
    let message = match fault {
        Fault::Timeout(after) => format!(
            "Function timed out after {} seconds (maxMemoryUsage: {memory}MB)",
            after.as_secs()
        ),
        Fault::Stopped => fault.to_string(),
        _ => format!(
            "Process exited unexpectedly before completing request (duration: {}ms, maxMemoryUsage: {memory}MB)",
            ended.duration.as_millis()
        ),
    };
    serde_json::json!({ "errorMessage": message }).to_string()
}
