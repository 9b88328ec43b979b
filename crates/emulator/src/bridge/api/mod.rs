//! The API of version 2020-04-01: each action is read, carried out and answered in the vendor's field names.

mod bus;
mod call;
mod event;
mod rule;
mod target;

use std::sync::Arc;

use serde_json::Value;

use self::call::Call;
use super::error::{BridgeError, Outcome};
use super::service::Shared;
use crate::rpc::RpcCall;

pub(super) use event::put_all;

/// Carries out a call and gives the `Data` of its reply; null: it has none.
pub(super) async fn answer(shared: &Arc<Shared>, rpc: &RpcCall) -> Outcome<Value> {
    let call = &Call(rpc);
    match rpc.action.as_str() {
        "CreateEventBus" => bus::create(shared, call).await,
        "GetEventBus" => bus::get(shared, call).await,
        "ListEventBuses" => bus::list(shared, call).await,
        "UpdateEventBus" => bus::update(shared, call).await,
        "DeleteEventBus" => bus::delete(shared, call).await,
        "CreateRule" => rule::create(shared, call).await,
        "GetRule" => rule::get(shared, call).await,
        "ListRules" => rule::list(shared, call).await,
        "UpdateRule" => rule::update(shared, call).await,
        "DeleteRule" => rule::delete(shared, call).await,
        "EnableRule" => rule::enable(shared, call, true).await,
        "DisableRule" => rule::enable(shared, call, false).await,
        "PutTargets" => target::put(shared, call).await,
        "ListTargets" => target::list(shared, call).await,
        "DeleteTargets" => target::delete(shared, call).await,
        "TestEventPattern" => event::test(call),
        "PutEvents" => event::put(shared, call).await,
        "" => Err(BridgeError::missing("Action")),
        other => Err(BridgeError::unserved(&format!(
            "the operation {other:?} of EventBridge"
        ))),
    }
}
