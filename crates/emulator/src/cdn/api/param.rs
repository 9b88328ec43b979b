//! Reads the parameters of a call: required ones, numbers, lists in the numbered form, tags.

use jiff::Timestamp;

use crate::rpc::RpcCall;

use super::super::error::ApiError;

/// A parameter that must be there and not empty.
pub(super) fn required(call: &RpcCall, name: &'static str) -> Result<String, ApiError> {
    optional(call, name).ok_or(ApiError::MissingParameter(name))
}

/// A parameter that may be absent or empty.
pub(super) fn optional(call: &RpcCall, name: &str) -> Option<String> {
    call.param(name).map(str::to_owned)
}

/// A domain's name, in lower case.
pub(super) fn domain(call: &RpcCall) -> Result<String, ApiError> {
    required(call, "DomainName").map(|name| name.to_ascii_lowercase())
}

/// The parts of a parameter that separates them by commas.
pub(super) fn listed(call: &RpcCall, name: &'static str) -> Result<Vec<String>, ApiError> {
    let parts = required(call, name)?;
    Ok(split(&parts))
}

/// The parts of a text that separates them by commas.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Page number and page size.
pub(super) fn page(call: &RpcCall, largest: usize) -> Result<(usize, usize), ApiError> {
    let number = number(call, "PageNumber", 1, 100_000)?;
    let size = self::number(call, "PageSize", 20, largest)?;
    Ok((number, size))
}

/// The items of one page.
pub(super) fn paged<T>(items: Vec<T>, (number, size): (usize, usize)) -> Vec<T> {
    items
        .into_iter()
        .skip((number - 1) * size)
        .take(size)
        .collect()
}

/// A time such as `2026-01-02T03:04:05Z`, in milliseconds.
pub(super) fn time_ms(call: &RpcCall, name: &'static str) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.param(name) else {
        return Ok(None);
    };
    let time: Timestamp = text.parse().map_err(|_| ApiError::InvalidParameter {
        name,
        why: format!("{text:?} is not a time in UTC"),
    })?;
    Ok(Some(time.as_millisecond()))
}

/// The values of `Name.1`, `Name.2` and so on, in the order of their numbers.
pub(super) fn numbered(call: &RpcCall, name: &str) -> Vec<String> {
    let mut values: Vec<(u32, &str)> = call
        .params
        .iter()
        .filter_map(|(key, value)| {
            let number = key.strip_prefix(name)?.strip_prefix('.')?;
            Some((number.parse().ok()?, value.as_str()))
        })
        .collect();
    values.sort_unstable();
    values
        .into_iter()
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// The pairs of `Tag.1.Key` and `Tag.1.Value` and so on; a missing value is empty.
pub(super) fn tags(call: &RpcCall) -> Result<Vec<(String, String)>, ApiError> {
    let mut keys: Vec<(u32, &str)> = call
        .params
        .iter()
        .filter_map(|(name, key)| {
            let number = name.strip_prefix("Tag.")?.strip_suffix(".Key")?;
            Some((number.parse().ok()?, key.as_str()))
        })
        .collect();
    keys.sort_unstable();
    if keys.len() > 20 {
        return Err(ApiError::TooMany("20 tags"));
    }
    keys.into_iter()
        .map(|(number, key)| {
            if key.is_empty() || key.len() > 128 {
                return Err(ApiError::InvalidParameter {
                    name: "Tag",
                    why: format!("{key:?} cannot be a key"),
                });
            }
            let value = call
                .param(&format!("Tag.{number}.Value"))
                .unwrap_or_default();
            Ok((key.to_owned(), value.to_owned()))
        })
        .collect()
}

/// A time as replies show it.
pub(super) fn shown_time(ms: i64) -> String {
    let time = Timestamp::from_second(ms.div_euclid(1000)).unwrap_or_default();
    time.to_string()
}

fn number(
    call: &RpcCall,
    name: &'static str,
    otherwise: usize,
    largest: usize,
) -> Result<usize, ApiError> {
    let Some(text) = call.param(name) else {
        return Ok(otherwise);
    };
    let number = text.parse().ok();
    number
        .filter(|number| (1..=largest).contains(number))
        .ok_or_else(|| ApiError::InvalidParameter {
            name,
            why: format!("{text:?} is not a number from 1 to {largest}"),
        })
}
