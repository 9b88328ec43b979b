//! Sends a verified call to its action.

use std::sync::Arc;

use serde_json::Value;

use crate::rpc::RpcCall;

use super::super::error::ApiError;
use super::super::room::Room;
use super::{config, domain, refresh, tag, unserved};

/// Carries out a call and gives the body of its reply, without `RequestId`.
pub(in crate::cdn) async fn answer(room: &Arc<Room>, call: &RpcCall) -> Result<Value, ApiError> {
    match call.action.as_str() {
        "AddCdnDomain" => domain::add(room, call).await,
        "DescribeUserDomains" => domain::list(room, call).await,
        "DescribeCdnDomainDetail" => domain::describe(room, call).await,
        "ModifyCdnDomain" => domain::modify(room, call).await,
        "DeleteCdnDomain" => domain::delete(room, call).await,
        "StartCdnDomain" => domain::start(room, call).await,
        "StopCdnDomain" => domain::stop(room, call).await,
        "BatchSetCdnDomainConfig" => config::set(room, call).await,
        "DescribeCdnDomainConfigs" => config::describe(room, call).await,
        "DeleteSpecificConfig" => config::delete(room, call).await,
        "BatchDeleteCdnDomainConfig" => config::delete_functions(room, call).await,
        "RefreshObjectCaches" => refresh::refresh(room, call).await,
        "PushObjectCache" => refresh::preload(room, call).await,
        "DescribeRefreshTasks" => refresh::list(room, call).await,
        "DescribeRefreshTaskById" => refresh::by_id(room, call).await,
        "DescribeRefreshQuota" => refresh::quota(room).await,
        "TagResources" => tag::add(room, call).await,
        "UntagResources" => tag::remove(room, call).await,
        "DescribeTagResources" => tag::describe(room, call).await,
        "ListTagResources" => tag::list(room, call).await,
        "" => Err(ApiError::MissingParameter("Action")),
        action if unserved::is_known(action) => {
            Err(ApiError::Unserved(format!("the action {action}")))
        }
        action => Err(ApiError::UnknownAction(action.to_owned())),
    }
}
