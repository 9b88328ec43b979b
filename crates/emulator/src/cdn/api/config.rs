//! Actions on the functions of domains: set, describe, delete.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::rpc::RpcCall;

use super::super::error::ApiError;
use super::super::room::Room;
use super::super::rule::{Argument, Rule, identity_arguments};
use super::super::store::{self, Config};
use super::domain::existing;
use super::param;

/// Domains that one call may configure.
const MOST_DOMAINS: usize = 50;

/// One function of a call.
#[derive(Clone)]
struct Setting {
    function: String,
    arguments: Vec<Argument>,
    config: Option<i64>,
}

/// `BatchSetCdnDomainConfig`.
///
/// A setting with a `configId` changes that record. One without changes the record of the same function and place
/// (path, file types, header or status), and else adds one: a call that is repeated changes nothing. The vendor is
/// not known to do that for functions of several records.
pub(super) async fn set(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let names = names(call)?;
    let settings = settings(&param::required(call, "Functions")?)?;
    for setting in &settings {
        Rule::parse(&setting.function, &setting.arguments)?;
    }
    let job = move |db: &Connection| {
        let mut changed = Vec::new();
        for name in &names {
            existing(db, name)?;
            for setting in &settings {
                let id = store_setting(db, name, setting)?;
                changed.push(json!({
                    "DomainName": name,
                    "FunctionName": setting.function,
                    "ConfigId": id,
                }));
            }
        }
        Ok((changed, names))
    };
    let changed = room.change(job).await?;
    Ok(json!({"DomainConfigList": {"DomainConfigModel": changed}}))
}

/// `DescribeCdnDomainConfigs`.
pub(super) async fn describe(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let name = param::domain(call)?;
    let functions = param::split(call.param("FunctionNames").unwrap_or_default());
    let wanted = call.param("ConfigId").map(config_id).transpose()?;
    let configs = room.store.read(move |db| {
        existing(db, &name)?;
        Ok::<_, ApiError>(store::configs(db, &name)?)
    });
    let shown: Vec<Value> = configs
        .await?
        .iter()
        .filter(|config| functions.is_empty() || functions.contains(&config.function))
        .filter(|config| wanted.is_none_or(|id| config.id == id))
        .map(shown)
        .collect();
    Ok(json!({"DomainConfigs": {"DomainConfig": shown}}))
}

/// `DeleteSpecificConfig`; several ids are separated by commas.
pub(super) async fn delete(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let name = param::domain(call)?;
    let ids = param::listed(call, "ConfigId")?;
    let ids = ids
        .iter()
        .map(|id| config_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    let job = move |db: &Connection| {
        existing(db, &name)?;
        let known = store::configs(db, &name)?;
        for id in ids {
            if !known.iter().any(|config| config.id == id) {
                return Err(ApiError::NoConfig(id));
            }
            store::delete_config(db, id)?;
        }
        Ok(((), vec![name]))
    };
    room.change(job).await?;
    Ok(json!({}))
}

/// `BatchDeleteCdnDomainConfig`: every record of the named functions; one that is not configured is no error.
pub(super) async fn delete_functions(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let names = names(call)?;
    let functions = param::listed(call, "FunctionNames")?;
    let job = move |db: &Connection| {
        for name in &names {
            existing(db, name)?;
            for config in store::configs(db, name)? {
                if functions.contains(&config.function) {
                    store::delete_config(db, config.id)?;
                }
            }
        }
        Ok(((), names))
    };
    room.change(job).await?;
    Ok(json!({}))
}

fn names(call: &RpcCall) -> Result<Vec<String>, ApiError> {
    let names = param::listed(call, "DomainNames")?;
    if names.len() > MOST_DOMAINS {
        return Err(ApiError::TooMany("50 domains"));
    }
    Ok(names.iter().map(|name| name.to_ascii_lowercase()).collect())
}

fn store_setting(db: &Connection, name: &str, setting: &Setting) -> Result<i64, ApiError> {
    let configs = store::configs(db, name)?;
    let known = match setting.config {
        Some(id) => {
            let mut same = configs.iter();
            let found = same.find(|known| known.id == id && known.function == setting.function);
            Some(found.ok_or(ApiError::NoConfig(id))?)
        }
        None => configs.iter().find(|config| is_same(config, setting)),
    };
    match known {
        Some(config) => {
            store::save_config(db, config.id, &setting.arguments)?;
            Ok(config.id)
        }
        None => Ok(store::add_config(
            db,
            name,
            &setting.function,
            &setting.arguments,
        )?),
    }
}

fn is_same(config: &Config, setting: &Setting) -> bool {
    let value = |arguments: &[Argument], name: &str| {
        let mut found = arguments.iter().filter(|argument| argument.name == name);
        found.next().map(|argument| argument.value.clone())
    };
    config.function == setting.function
        && identity_arguments(&config.function)
            .unwrap_or_default()
            .iter()
            .all(|name| value(&config.arguments, name) == value(&setting.arguments, name))
}

fn settings(text: &str) -> Result<Vec<Setting>, ApiError> {
    let malformed = |why: &str| ApiError::InvalidParameter {
        name: "Functions",
        why: why.to_owned(),
    };
    let list: Vec<Value> =
        serde_json::from_str(text).map_err(|_| malformed("it is not a JSON list"))?;
    if list.is_empty() {
        return Err(malformed("it is empty"));
    }
    list.iter()
        .map(|value| setting(value).ok_or_else(|| malformed(&format!("{value} is not a function"))))
        .collect()
}

fn setting(value: &Value) -> Option<Setting> {
    let function = field(value, "functionName")?.as_str()?.to_owned();
    let arguments = match field(value, "functionArgs") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => list
            .as_array()?
            .iter()
            .map(|argument| {
                Some(Argument {
                    name: field(argument, "argName")?.as_str()?.to_owned(),
                    value: text(field(argument, "argValue")?)?,
                })
            })
            .collect::<Option<Vec<_>>>()?,
    };
    let config = match field(value, "configId").or_else(|| field(value, "ConfigId")) {
        None | Some(Value::Null) => None,
        Some(id) => Some(text(id)?).filter(|id| !id.is_empty()),
    };
    Some(Setting {
        function,
        arguments,
        config: config.map(|id| id.parse()).transpose().ok()?,
    })
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name)
}

/// Values are text; a number is taken as its text, as clients that are careless send it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn config_id(text: &str) -> Result<i64, ApiError> {
    text.trim().parse().map_err(|_| ApiError::InvalidParameter {
        name: "ConfigId",
        why: format!("{text:?} is no number"),
    })
}

fn shown(config: &Config) -> Value {
    let arguments: Vec<Value> = config
        .arguments
        .iter()
        .map(|argument| json!({"ArgName": argument.name, "ArgValue": argument.value}))
        .collect();
    json!({
        "ConfigId": config.id.to_string(),
        "FunctionName": config.function,
        "ParentId": "",
        "Status": "success",
        "FunctionArgs": {"FunctionArg": arguments},
    })
}
