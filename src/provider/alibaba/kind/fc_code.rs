//! A function's code: what the service shows of it, and how it is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::fc_function::KIND;
use crate::provider::alibaba::fc::Fc;
use crate::provider::{ErrorKind, ProviderError, Task};
use crate::resource::Object;
use crate::state::Record;

/// Attributes that only say where the code is on this machine.
pub(super) const LOCAL: &[&str] = &["source"];

/// Largest package that goes into a request, in bytes: in base64, as it goes there, it is the vendor's 100 MB ("Quotas and
/// limits"). Larger ones go through object storage.
const MOST: u64 = 75 * 1024 * 1024;

/// What is shown of the code, in the form of what is remembered while it is that.
pub(super) fn shown(shown: &Object, known: Option<&Record>) -> Object {
    let mut attrs = Object::new();
    let Some(checksum) = shown.get("codeChecksum").and_then(Json::as_str) else {
        return attrs;
    };
    let asked = known.and_then(|record| record.attrs.get("code"));
    let packed = asked.and_then(|code| code.get("checksum"));
    // An object in a bucket is known by what the service made of it.
    let made = known.and_then(|record| record.outputs.get("codeChecksum"));
    let is_same = packed
        .or(made)
        .is_none_or(|is| is.as_str() == Some(checksum));
    let code = match asked {
        Some(asked) if is_same => Some(asked.clone()),
        None if known.is_some() => None,
        _ => Some(json!({ "checksum": checksum, "size": shown.get("codeSize") })),
    };
    attrs.extend(code.map(|code| ("code".to_owned(), code)));
    attrs
}

/// The field `code` of a request; nothing when the function has an image, or this very code.
pub(super) async fn body(
    fc: &Fc,
    task: &Task<'_>,
    there: &Object,
) -> Result<Object, ProviderError> {
    let mut body = Object::new();
    let Some(code) = task.attrs.get("code").filter(|code| !code.is_null()) else {
        return Ok(body);
    };
    let Some(checksum) = code.get("checksum").and_then(Json::as_str) else {
        body.insert("code".into(), code.clone());
        return Ok(body);
    };
    if there.get("codeChecksum").and_then(Json::as_str) == Some(checksum) {
        return Ok(body);
    }
    let size = code.get("size").and_then(Json::as_u64).unwrap_or_default();
    let path = task.attrs.get("source").and_then(Json::as_str);
    body.insert("code".into(), sent(fc, KIND, (path, checksum), size).await?);
    Ok(body)
}

/// The field `code` of a request: the package at `path`, of `size` bytes, as it was when `checksum` was taken, or where it
/// was put before because it is too large.
pub(super) async fn sent(
    fc: &Fc,
    kind: &str,
    (path, checksum): (Option<&str>, &str),
    size: u64,
) -> Result<Json, ProviderError> {
    if size > MOST {
        return fc.stage(located(kind, path)?.into(), checksum).await;
    }
    let zip = read(kind, path, checksum)?;
    Ok(json!({ "zipFile": STANDARD.encode(zip), "checksum": checksum }))
}

fn located<'p>(kind: &str, path: Option<&'p str>) -> Result<&'p str, ProviderError> {
    path.ok_or_else(|| {
        let message = "nothing says where the code is";
        ProviderError::new(ErrorKind::Source, kind, message)
    })
}

/// The package as it was planned.
fn read(kind: &str, path: Option<&str>, checksum: &str) -> Result<Vec<u8>, ProviderError> {
    let failure = |message: String| ProviderError::new(ErrorKind::Source, kind, message);
    let path = located(kind, path)?;
    let zip = std::fs::read(path).map_err(|error| failure(format!("{path}: {error}")))?;
    if wire::crc64::crc64(&zip).to_string() != checksum {
        return Err(failure(format!("{path} changed since the plan was made")));
    }
    Ok(zip)
}
