//! Integrations of the States Language, each served by what is its like here: functions, flows, queues, topics, event
//! buses. Parameters and results have the shapes of the vendor's pages ("Integrating services with Step Functions"), and
//! where those are silent of executions that were recorded in public.

pub(super) mod event;
pub(super) mod lambda;
pub(super) mod message;
pub(super) mod states;

use serde_json::{Value, json};

/// A result with what the vendor's client adds: that it went well, and the request.
fn with_request(mut output: Value, status: u16, request: &str) -> Value {
    output["SdkHttpMetadata"] = json!({"HttpStatusCode": status});
    output["SdkResponseMetadata"] = json!({"RequestId": request});
    output
}
