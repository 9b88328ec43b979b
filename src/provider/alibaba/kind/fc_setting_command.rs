//! Settings of a function put and read by hand: the actions `provision.…`, `concurrency.…`, `scaling.…`, `async_config.…`
//! of `fc.function`. `qualifier` is the version or alias, `LATEST` without one.

use serde_json::{Value as Json, json};

use super::fc_act;
use super::fc_part::{LATEST, Part};
use super::fc_setting::FcSetting;
use crate::provider::ProviderError;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::resource::Object;

impl FcSetting {
    /// The setting of the kind `fc.{name}`.
    pub(super) fn named(fc: &Fc, name: &str) -> Option<Self> {
        let is_it = |kind: &str| kind.strip_prefix("fc.") == Some(name);
        let mut all = Self::all(fc).into_iter();
        all.find(|setting| is_it(setting.document.kind))
    }

    /// `list`: all of the function, each with its `qualifier`. `get`: the document, or null. `put`: sets it to `document` and
    /// gives what the service makes of that; instances come later. `remove`: whether there was one.
    pub(super) async fn command(
        &self,
        (thing, verb): (&str, &str),
        function: &str,
        args: &Json,
    ) -> Result<Json, ProviderError> {
        let name = args["qualifier"].as_str().unwrap_or(LATEST);
        let part = Part { function, name };
        let [_, put, delete] = self.document.actions;
        match verb {
            "list" => self.listed(function).await,
            "get" => Ok(self.get(part).await?.map_or(Json::Null, Json::Object)),
            "put" => {
                let document = &args["document"];
                let call = self.call(|path| Call::put(put, path, document.clone()), part);
                self.fc.send(&call).await.map(Json::Object)
            }
            "remove" => {
                let was_set = self.get(part).await?.is_some();
                let call = self.call(|path| Call::delete(delete, path), part);
                self.fc.remove(&call).await?;
                Ok(json!({ "removed": was_set }))
            }
            _ => Err(fc_act::unknown(&format!("{thing}.{verb}"))),
        }
    }

    async fn listed(&self, function: &str) -> Result<Json, ProviderError> {
        let [action, path, key] = self.document.list;
        let call = Call::get(action, &[path]).param("functionName", function);
        let all = self.fc.list(call, key).await?.into_iter();
        let set = all.filter(|item| item.as_object().is_some_and(|item| self.is_set(item)));
        Ok(set.map(with_qualifier).collect())
    }
}

/// The document with its qualifier, which the service says at the end of the ARN alone:
/// `acs:fc:REGION:ACCOUNT:functions/NAME/QUALIFIER`, and nothing for `LATEST`.
fn with_qualifier(mut document: Json) -> Json {
    let arn = document["functionArn"].as_str().unwrap_or_default();
    let qualifier = arn.split('/').nth(2).unwrap_or(LATEST).to_owned();
    if let Json::Object(fields) = &mut document {
        let mut all = Object::new();
        all.insert("qualifier".into(), qualifier.into());
        all.append(fields);
        *fields = all;
    }
    document
}
