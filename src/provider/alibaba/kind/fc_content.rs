//! Texts out of the code that a function has in the cloud: `act("content")` of `fc.function`.
//!
//! The service gives code as a whole only, as an address where the package can be fetched.

use std::io::Cursor;

use serde_json::{Value as Json, json};

use crate::artifact;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};

const ACTION: &str = "GetFunctionCode";
/// Largest package that is fetched for this, in bytes.
const MOST_FETCHED: u64 = 32 * 1024 * 1024;
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
    let text = |name: &str| shown.get(name).and_then(Json::as_str);
    let failure = |why: String| ProviderError::new(ErrorKind::Unexpected, ACTION, why);
    let url = text("url").ok_or_else(|| failure("the reply says no address".to_owned()))?;
    let zip = fc.download(ACTION, url).await?;
    let checksum = wire::crc64::crc64(&zip).to_string();
    if text("checksum").is_some_and(|wanted| wanted != checksum) {
        return Err(failure("the code did not arrive whole".to_owned()));
    }
    let keys = args["keys"].as_array().into_iter().flatten();
    let texts = artifact::code_texts(Cursor::new(zip), keys.filter_map(Json::as_str), MOST_SHOWN);
    let texts = texts.map_err(|error| failure(format!("the code cannot be read: {error}")))?;
    Ok(json!({ "texts": texts }))
}
