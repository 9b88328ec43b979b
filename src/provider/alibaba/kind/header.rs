//! Headers that the CDN sends with every reply, between the form of the attributes and the settings of the API.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::provider::alibaba::cdn::{Function, Setting};

/// The header is set, instead of one of that name from the origin.
const OPERATION: &str = "add";

/// The settings that the headers stand for.
pub(super) fn lower(headers: &BTreeMap<String, String>) -> impl Iterator<Item = Setting> {
    headers.iter().map(|(name, value)| {
        let args = [
            ("key", name.as_str()),
            ("value", value),
            ("header_operation_type", OPERATION),
        ];
        let args = args.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Setting {
            function: Function::ResponseHeader,
            args: args.into(),
        }
    })
}

/// The headers that settings stand for.
pub(super) fn raise(settings: &[Setting]) -> Json {
    let headers = settings
        .iter()
        .filter(|setting| setting.function == Function::ResponseHeader);
    let arg = |setting: &Setting, name: &str| setting.args.get(name).cloned().unwrap_or_default();
    headers
        .map(|setting| (arg(setting, "key"), Json::String(arg(setting, "value"))))
        .collect()
}
