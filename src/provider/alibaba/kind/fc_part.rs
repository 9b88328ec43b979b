//! Names of what lies inside a function: the function's name, a slash, its own.

use serde_json::Value as Json;

use crate::provider::{ErrorKind, ProviderError};
use crate::resource::{Object, RemoteId};

/// Where nothing else is named.
pub(super) const LATEST: &str = "LATEST";

/// A function and the name of something inside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) function: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Part<'a> {
    /// Reads an id.
    pub(super) fn of(kind: &str, id: &'a RemoteId) -> Result<Self, ProviderError> {
        let parts = id.as_str().split_once('/');
        let (function, name) = parts.ok_or_else(|| {
            let message = format!("`{id}` is not a function and a name");
            ProviderError::new(ErrorKind::Invalid, kind, message)
        })?;
        Ok(Self { function, name })
    }

    /// The id of what these attributes describe, named by `attr`.
    pub(super) fn id(attrs: &Object, attr: &str) -> Option<RemoteId> {
        let function = text(attrs, "functionName")?;
        let name = match (text(attrs, attr), attr) {
            (Some(name), _) => name,
            (None, "qualifier") => LATEST,
            (None, _) => return None,
        };
        Some(RemoteId::new(format!("{function}/{name}")))
    }
}

/// A text attribute.
pub(super) fn text<'a>(attrs: &'a Object, name: &str) -> Option<&'a str> {
    attrs.get(name).and_then(Json::as_str)
}

/// The value with the map under `key` as a text of JSON, which is how the service takes settings of authentication.
pub(super) fn as_text(mut value: Json, key: &str) -> Json {
    if let Some(inner) = value.get_mut(key).filter(|inner| inner.is_object()) {
        *inner = inner.to_string().into();
    }
    value
}
