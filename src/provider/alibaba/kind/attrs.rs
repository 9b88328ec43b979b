//! Attributes read into a kind's own types.

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::provider::{ErrorKind, ProviderError, Task};
use crate::resource::{Object, RemoteId};
use crate::state::Record;

/// The attributes as `T`, or what is wrong with them.
pub(super) fn parse<T: DeserializeOwned>(kind: &str, attrs: &Object) -> Result<T, ProviderError> {
    serde_json::from_value(Json::Object(attrs.clone())).map_err(|error| {
        let message = format!("the attributes do not fit: {error}");
        ProviderError::new(ErrorKind::Invalid, kind, message)
    })
}

/// What the cloud calls the thing that a change is about.
pub(super) fn remote(
    task: &Task<'_>,
    identity: Option<RemoteId>,
) -> Result<RemoteId, ProviderError> {
    let recorded = task.record.and_then(|record| record.remote.clone());
    recorded.or(identity).ok_or_else(|| {
        let message = "neither the state nor the attributes say what it is called";
        ProviderError::new(ErrorKind::Invalid, task.kind.as_str(), message)
    })
}

/// A text attribute as an id.
pub(super) fn id_of(attrs: &Object, name: &str) -> Option<RemoteId> {
    attrs.get(name)?.as_str().map(RemoteId::from)
}

/// Whether a change is about the attribute.
pub(super) fn touches(task: &Task<'_>, name: &str) -> bool {
    let first = |path: &[String]| path.first().is_some_and(|first| first == name);
    task.diff.iter().any(|diff| first(&diff.path))
}

/// An object that is recorded under a name, such as the items of a record.
pub(super) fn object<'a>(record: &'a Record, name: &str) -> Option<&'a Object> {
    record.attrs.get(name).and_then(Json::as_object)
}
