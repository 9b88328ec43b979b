//! The state's form as text.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
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

/// The part by which any text of this form is judged first: another version may have another form.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: Json,
}

/// Reads a text with a version at its root, or says what is wrong with it. The text is read twice, and no tree is made of it.
pub(super) fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    let head: Head = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    match head.version.as_u64() {
        Some(version) if version == u64::from(VERSION) => {}
        Some(other) => {
            return Err(format!(
                "it has format version {other}; this sdev knows version {VERSION}"
            ));
        }
        None => return Err("it has no format version".to_owned()),
    }
    serde_json::from_slice(text).map_err(|e| e.to_string())
}
