//! Texts out of the code that a function has in the cloud: `act("content")` of `fc.function`.
//!
//! The service gives code as a whole only, as an address where the package can be fetched.

use std::io::Cursor;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::fc_part::text;
use crate::artifact;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;

const ACTION: &str = "GetFunctionCode";
/// Largest package that is fetched for this, in bytes.
pub(super) const MOST_FETCHED: u64 = 32 * 1024 * 1024;
/// Largest file that is shown.
const MOST_SHOWN: u64 = 256 * 1024;

/// The `texts` of the files `keys`, without those that are gone or no UTF-8. None when the function is not there, or its code,
/// of `size` bytes as far as is known, is too large to be fetched for this.
pub(super) async fn content(
    fc: &Fc,
    function: &str,
    (size, args): (Option<u64>, &Json),
) -> Result<Json, ProviderError> {
    let call = Call::get(ACTION, &["functions", function, "code"]);
    if size.is_some_and(|size| size > MOST_FETCHED) {
        return Ok(json!({}));
    }
    let Some(shown) = fc.find(&call).await? else {
        return Ok(json!({}));
    };
    let zip = fetched(fc, ACTION, (&shown, ["url", "checksum"])).await?;
    texts(zip, ACTION, args)
}

/// The whole package that a reply names: where it is, and its CRC-64, by the names of the two fields.
pub(super) async fn fetched(
    fc: &Fc,
    action: &str,
    (shown, [url, checksum]): (&Object, [&str; 2]),
) -> Result<Bytes, ProviderError> {
    let failure = |why: &str| ProviderError::new(ErrorKind::Unexpected, action, why);
    let url = text(shown, url).ok_or_else(|| failure("the reply says no address"))?;
    let zip = fc.download(action, url).await?;
    let actual = wire::crc64::crc64(&zip).to_string();
    if text(shown, checksum).is_some_and(|wanted| wanted != actual) {
        return Err(failure("the code did not arrive whole"));
    }
    Ok(zip)
}

/// The `texts` of the files `keys` in a package.
pub(super) fn texts(zip: Bytes, action: &str, args: &Json) -> Result<Json, ProviderError> {
    let keys = args["keys"].as_array().into_iter().flatten();
    let texts = artifact::code_texts(Cursor::new(zip), keys.filter_map(Json::as_str), MOST_SHOWN);
    let texts = texts.map_err(|error| {
        let why = format!("the code cannot be read: {error}");
        ProviderError::new(ErrorKind::Unexpected, action, why)
    })?;
    Ok(json!({ "texts": texts }))
}
