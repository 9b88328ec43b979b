//! The state's form as text.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::State;
use crate::sys::random;

/// The version that is written.
pub(super) const VERSION: u32 = 1;

/// A state of which nothing is known, with a lineage of its own.
pub(super) fn fresh() -> State {
    State {
        version: VERSION,
        lineage: random::hex(8),
        serial: 0,
        account: None,
        records: BTreeMap::new(),
        deposed: Vec::new(),
        origins: BTreeMap::new(),
    }
}

/// Reads a state, or says what is wrong with the text.
pub(super) fn parse(text: &str) -> Result<State, String> {
    let json: Json = serde_json::from_str(text).map_err(|e| e.to_string())?;
    check_version(&json)?;
    serde_json::from_value(json).map_err(|e| e.to_string())
}

/// Refuses versions other than the one that is written.
pub(super) fn check_version(json: &Json) -> Result<(), String> {
    match json.get("version").and_then(Json::as_u64) {
        Some(version) if version == u64::from(VERSION) => Ok(()),
        Some(other) => Err(format!(
            "it has format version {other}; this sdev knows version {VERSION}"
        )),
        None => Err("it has no format version".to_owned()),
    }
}
