//! Headers that the CDN sends with every reply, between the form of the attributes and the settings of the API.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::provider::alibaba::cdn::{Function, Setting};
use crate::provider::{ErrorKind, ProviderError};

/// The header is set, instead of one of that name from the origin.
const OPERATION: &str = "add";

/// The settings that the headers stand for. A value may be secret, and is not said.
pub(super) fn lower(headers: &BTreeMap<String, String>) -> Result<Vec<Setting>, ProviderError> {
    let legal = |c: char| c == ' ' || c.is_ascii_graphic();
    let setting = |(name, value): (&String, &String)| {
        if value.is_empty() || !value.chars().all(legal) {
            let message =
                format!("the value of the header `{name}` must be a text of one line in ASCII");
            return Err(ProviderError::new(ErrorKind::Invalid, "headers", message));
        }
        let args = [
            ("key", name.as_str()),
            ("value", value.as_str()),
            ("header_operation_type", OPERATION),
        ];
        let args = args.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Setting {
            function: Function::ResponseHeader,
            args: args.into(),
        })
    };
    headers.iter().map(setting).collect()
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
