//! Tags of functions, one of them the mark of the application that made it.

use serde_json::{Value as Json, json};

use super::driver::OWNER_TAG;
use super::fc_function::KIND;
use super::fc_part::text;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;

/// The tags of the function that a reply describes. Replies that leave them out are asked for apart.
pub(super) async fn of(fc: &Fc, shown: &Object) -> Result<Object, ProviderError> {
    if let Some(tags) = shown.get("tags").and_then(Json::as_array) {
        return Ok(pairs(tags, ("Key", "Value")));
    }
    let call = Call::get("ListTagResources", &["tags-v2"])
        .param("ResourceType", "function")
        .param("ResourceId", &json!([arn(shown)?]).to_string());
    let found = fc.send(&call).await?;
    let names = ["TagResources", "tagResources"];
    let tags = names.iter().find_map(|name| found.get(*name)?.as_array());
    let pairs = tags.map(|tags| pairs(tags, ("TagKey", "TagValue")));
    Ok(pairs.unwrap_or_default())
}

/// The mark that a function carries; `None` when it has none or is not there.
pub(super) async fn owner(fc: &Fc, function: &str) -> Result<Option<String>, ProviderError> {
    let call = Call::get("GetFunction", &["functions", function]);
    let Some(shown) = fc.find(&call).await? else {
        return Ok(None);
    };
    let tags = of(fc, &shown).await?;
    Ok(text(&tags, OWNER_TAG).map(str::to_owned))
}

/// Brings the tags to those wanted.
pub(super) async fn sync(fc: &Fc, shown: &Object, wanted: &Object) -> Result<(), ProviderError> {
    let there = of(fc, shown).await?;
    let set: Vec<Json> = wanted
        .iter()
        .filter(|(key, value)| there.get(*key) != Some(value))
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    let gone: Vec<&String> = there
        .keys()
        .filter(|key| !wanted.contains_key(*key))
        .collect();
    let arn = arn(shown)?;
    if !set.is_empty() {
        let body = json!({ "ResourceType": "function", "ResourceId": [arn], "Tag": set });
        let call = Call::post("TagResources", &["tags-v2"], body);
        fc.send(&call).await?;
    }
    if !gone.is_empty() {
        let call = Call::delete("UntagResources", &["tags-v2"])
            .param("ResourceType", "function")
            .param("ResourceId", &json!([arn]).to_string())
            .param("TagKey", &json!(gone).to_string());
        fc.send(&call).await?;
    }
    Ok(())
}

fn pairs(tags: &[Json], (key, value): (&str, &str)) -> Object {
    let pair = |tag: &Json| {
        let key = tag.get(key).or_else(|| tag.get("key"))?.as_str()?;
        let value = tag.get(value).or_else(|| tag.get("value")).cloned();
        Some((key.to_owned(), value.unwrap_or_else(|| "".into())))
    };
    tags.iter().filter_map(pair).collect()
}

fn arn(shown: &Object) -> Result<&str, ProviderError> {
    text(shown, "functionArn").ok_or_else(|| {
        let message = "the reply names no functionArn";
        ProviderError::new(ErrorKind::Unexpected, KIND, message)
    })
}
