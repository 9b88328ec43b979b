//! Functions set on a domain, such as how long files live in the cache
//! (<https://www.alibabacloud.com/help/en/cdn/developer-reference/parameters-for-configuring-features-for-domain-names>).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::client::{Cdn, call};
use crate::provider::ProviderError;
use crate::provider::alibaba::rpc::Call;

/// The functions that are managed here; all others set on a domain are left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::provider::alibaba) enum Function {
    /// Lifetime by path: `path`, `ttl`, `weight`.
    PathTtl,
    /// Lifetime by file extension: `file_type`, `ttl`, `weight`.
    FileTypeTtl,
    /// A header of every reply: `key`, `value`, `header_operation_type`.
    ResponseHeader,
}

/// A function with its arguments; all values are text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::provider::alibaba) struct Setting {
    pub(in crate::provider::alibaba) function: Function,
    pub(in crate::provider::alibaba) args: BTreeMap<String, String>,
}

/// A setting with the id that the service gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider::alibaba) struct Placed {
    pub(in crate::provider::alibaba) id: String,
    pub(in crate::provider::alibaba) setting: Setting,
}

/// What to do so that exactly the wanted settings are there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    /// To set; with an id: instead of the setting that has it.
    set: Vec<(Option<String>, Setting)>,
    /// Ids to delete.
    delete: Vec<String>,
}

impl Function {
    const ALL: [Self; 3] = [Self::PathTtl, Self::FileTypeTtl, Self::ResponseHeader];

    fn name(self) -> &'static str {
        match self {
            Self::PathTtl => "path_based_ttl_set",
            Self::FileTypeTtl => "filetype_based_ttl_set",
            Self::ResponseHeader => "set_resp_header",
        }
    }

    /// The argument that says what a setting applies to.
    pub(in crate::provider::alibaba) fn subject(self) -> &'static str {
        match self {
            Self::PathTtl => "path",
            Self::FileTypeTtl => "file_type",
            Self::ResponseHeader => "key",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|function| function.name() == name)
    }
}

impl Setting {
    fn subject(&self) -> Option<&str> {
        self.args.get(self.function.subject()).map(String::as_str)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigsReply {
    #[serde(default)]
    domain_configs: DomainConfigs,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct DomainConfigs {
    #[serde(default)]
    domain_config: Vec<DomainConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DomainConfig {
    #[serde(default)]
    config_id: String,
    function_name: String,
    #[serde(default)]
    function_args: FunctionArgs,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct FunctionArgs {
    #[serde(default)]
    function_arg: Vec<FunctionArg>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FunctionArg {
    arg_name: String,
    #[serde(default)]
    arg_value: String,
}

impl Cdn {
    /// The managed settings of the domain.
    pub(in crate::provider::alibaba) async fn settings(
        &self,
        domain: &str,
    ) -> Result<Vec<Placed>, ProviderError> {
        let names = Function::ALL.map(Function::name).join(",");
        let reply: ConfigsReply = self.call(&describe_configs(domain, &names)).await?;
        Ok(reply
            .domain_configs
            .domain_config
            .into_iter()
            .filter_map(placed)
            .collect())
    }

    /// Makes the managed settings of the domain exactly those wanted; changes nothing when they are.
    pub(in crate::provider::alibaba) async fn sync_settings(
        &self,
        domain: &str,
        wanted: &[Setting],
    ) -> Result<(), ProviderError> {
        let changes = changes(self.settings(domain).await?, wanted);
        if !changes.set.is_empty() {
            self.call::<Json>(&set_configs(domain, &changes.set))
                .await?;
        }
        if !changes.delete.is_empty() {
            let call = call("DeleteSpecificConfig")
                .param("DomainName", domain)
                .param("ConfigId", changes.delete.join(","));
            self.call::<Json>(&call).await?;
        }
        Ok(())
    }
}

pub(super) fn describe_configs(domain: &str, functions: &str) -> Call {
    call("DescribeCdnDomainConfigs")
        .param("DomainName", domain)
        .param("FunctionNames", functions)
}

pub(super) fn set_configs(domain: &str, settings: &[(Option<String>, Setting)]) -> Call {
    let functions: Vec<Json> = settings.iter().map(function_json).collect();
    call("BatchSetCdnDomainConfig")
        .param("DomainNames", domain)
        .param("Functions", Json::Array(functions).to_string())
}

fn function_json((id, setting): &(Option<String>, Setting)) -> Json {
    let arg = |(name, value)| json!({ "argName": name, "argValue": value });
    let args: Vec<Json> = setting.args.iter().map(arg).collect();
    let mut function = json!({ "functionName": setting.function.name(), "functionArgs": args });
    if let Some(id) = id {
        // The service takes the id as a number; keep it as it came if it is none.
        function["configId"] = id.parse::<u64>().map_or_else(|_| json!(id), Json::from);
    }
    function
}

fn placed(config: DomainConfig) -> Option<Placed> {
    let args = config.function_args.function_arg.into_iter();
    Some(Placed {
        id: config.config_id,
        setting: Setting {
            function: Function::named(&config.function_name)?,
            args: args.map(|arg| (arg.arg_name, arg.arg_value)).collect(),
        },
    })
}

/// A setting that is there with another value for the same subject is changed in place, so that there is never a
/// moment with two for one path.
fn changes(there: Vec<Placed>, wanted: &[Setting]) -> Changes {
    let mut left = there;
    let mut missing = Vec::new();
    for setting in wanted {
        match left.iter().position(|placed| placed.setting == *setting) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(setting.clone()),
        }
    }
    let mut changes = Changes::default();
    for setting in missing {
        let same = |placed: &Placed| {
            placed.setting.function == setting.function
                && placed.setting.subject() == setting.subject()
        };
        let at = left.iter().position(same);
        changes.set.push((at.map(|at| left.remove(at).id), setting));
    }
    changes.delete = left.into_iter().map(|placed| placed.id).collect();
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(path: &str, ttl: &str) -> Setting {
        let args = [("path", path), ("ttl", ttl), ("weight", "99")];
        Setting {
            function: Function::PathTtl,
            args: args.map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
        }
    }

    fn placed(id: &str, setting: Setting) -> Placed {
        Placed {
            id: id.to_owned(),
            setting,
        }
    }

    #[test]
    fn what_is_wanted_and_there_stays() {
        let there = vec![placed("1", setting("/a", "5"))];
        assert_eq!(changes(there, &[setting("/a", "5")]), Changes::default());
    }

    #[test]
    fn a_new_value_replaces_in_place_and_the_rest_is_added_or_deleted() {
        let there = vec![
            placed("1", setting("/a", "5")),
            placed("2", setting("/b", "5")),
        ];
        let wanted = [setting("/a", "6"), setting("/c", "7")];
        let expected = Changes {
            set: vec![
                (Some("1".to_owned()), setting("/a", "6")),
                (None, setting("/c", "7")),
            ],
            delete: vec!["2".to_owned()],
        };
        assert_eq!(changes(there, &wanted), expected);
    }

    #[test]
    fn functions_of_others_are_not_seen() {
        let text = r#"{"DomainConfigs":{"DomainConfig":[
            {"ConfigId":"1","FunctionName":"gzip","FunctionArgs":{"FunctionArg":[{"ArgName":"enable","ArgValue":"on"}]}},
            {"ConfigId":"2","FunctionName":"path_based_ttl_set","FunctionArgs":{"FunctionArg":[
                {"ArgName":"path","ArgValue":"/a"},{"ArgName":"ttl","ArgValue":"5"},{"ArgName":"weight","ArgValue":"99"}]}}]}}"#;
        let reply: ConfigsReply = serde_json::from_str(text).unwrap();
        let configs = reply.domain_configs.domain_config.into_iter();
        let seen: Vec<_> = configs.filter_map(super::placed).collect();
        assert_eq!(seen, [placed("2", setting("/a", "5"))]);
    }
}
