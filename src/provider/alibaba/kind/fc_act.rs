//! What can be done with a function beside changing it: the actions of `fc.function`.

use serde_json::{Value as Json, json};

use super::fc_function::KIND;
use super::fc_setting::FcSetting;
use super::{fc_alias_act, fc_content, fc_info, fc_invoke, fc_version_act};
use crate::provider::alibaba::fc::Fc;
use crate::provider::{ErrorKind, ProviderError};
use crate::state::Record;

/// Does it with the function of this name in the cloud, of which `on` is remembered. Arguments and answers are described where each is done.
pub(super) async fn act(
    fc: &Fc,
    function: &str,
    on: &Record,
    (action, args): (&str, &Json),
) -> Result<Json, ProviderError> {
    let size = on.attrs.get("code").and_then(|code| code["size"].as_u64());
    let (thing, verb) = action.split_once('.').unwrap_or((action, ""));
    match (thing, verb) {
        ("content", "") => fc_content::content(fc, function, (size, args)).await,
        ("info", "") => fc_info::info(fc, function).await,
        ("invoke", "") => fc_invoke::invoke(fc, function, args).await,
        ("version", "list") => fc_version_act::list(fc, function).await.map(Json::Array),
        ("version", "publish") => fc_version_act::publish(fc, function, args).await,
        ("version", "resolve") => {
            let version = fc_version_act::resolve(fc, function, args).await?;
            Ok(json!({ "version": version }))
        }
        ("version", "remove") => fc_version_act::remove(fc, function, args).await,
        ("alias", "list") => fc_alias_act::list(fc, function).await.map(Json::Array),
        ("alias", "get") => fc_alias_act::get(fc, function, args).await,
        ("alias", "publish") => fc_alias_act::publish(fc, function, args).await,
        ("alias", "remove") => fc_alias_act::remove(fc, function, args).await,
        _ => match FcSetting::named(fc, thing) {
            Some(setting) => setting.command((thing, verb), function, args).await,
            None => Err(unknown(action)),
        },
    }
}

/// The error for an action that there is none of.
pub(super) fn unknown(action: &str) -> ProviderError {
    let message = format!("`{KIND}` knows no action `{action}`");
    ProviderError::new(ErrorKind::Unsupported, action, message)
}
