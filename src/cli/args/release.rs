//! What can be typed about versions, aliases and instances of functions.

use std::collections::BTreeMap;

use clap::{Args as ClapArgs, Subcommand};

use super::weight::weights;

/// A function and nothing more.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct OfFunction {
    /// The resource (default: the only one that is a function)
    pub(in crate::cli) resource: Option<String>,
    /// The function by its name in the cloud, deployed from here or not
    #[arg(long, value_name = "NAME", conflicts_with = "resource")]
    pub(in crate::cli) function_name: Option<String>,
    /// The region (default: the manifest's)
    #[arg(long)]
    pub(in crate::cli) region: Option<String>,
}

/// The original prints tables only when asked to; here they are printed anyway.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Table {
    /// Print a table, as is done anyway
    #[arg(long = "table")]
    _table: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct AliasList {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    #[command(flatten)]
    _table: Table,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Version {
    /// List the published versions, the newest first
    List(OfFunction),
    /// Publish the function's code and configuration as they are in the cloud now
    Publish(VersionPublish),
    /// Remove a version
    Remove(VersionRemove),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct VersionPublish {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    /// What is new in it
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct VersionRemove {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    /// The version; `latest` is the newest published one
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) version_id: String,
    #[command(flatten)]
    pub(in crate::cli) yes: Yes,
}

/// Whether to ask.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Yes {
    /// Do not ask
    #[arg(short = 'y', long = "yes", visible_alias = "assume-yes")]
    pub(in crate::cli) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Alias {
    /// List the aliases
    List(AliasList),
    /// Show an alias
    Get(AliasGet),
    /// Make an alias, or lead it to another version
    Publish(AliasPublish),
    /// Remove an alias
    Remove(AliasRemove),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct AliasGet {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    /// The alias
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) alias_name: String,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct AliasPublish {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    /// The alias
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) alias_name: String,
    /// The version that it leads to; `latest` is the newest published one
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) version_id: String,
    /// Another version's part of the calls: `2=0.1`, `2=10%`, or JSON such as `{"2": 0.1}` (default: no other version has a part)
    #[arg(long = "vw", alias = "additionalVersionWeight", value_name = "VERSION=WEIGHT", value_parser = weights)]
    pub(in crate::cli) weights: Vec<BTreeMap<String, f64>>,
    /// What it is for (default: as it is)
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct AliasRemove {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    /// The alias
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) alias_name: String,
    #[command(flatten)]
    pub(in crate::cli) yes: Yes,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Provision {
    /// List the instances that are kept ready, by version and alias
    List(OfFunction),
    /// Show how many are kept ready for one of them
    Get(ProvisionGet),
    /// Set how many are kept ready
    Put(ProvisionPut),
    /// Keep none ready
    Remove(ProvisionRemove),
}

/// A function, and a version or an alias of it.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Qualified {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    /// The version or alias
    #[arg(long, default_value = "LATEST", value_name = "NAME")]
    pub(in crate::cli) qualifier: String,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ProvisionGet {
    #[command(flatten)]
    pub(in crate::cli) of: Qualified,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ProvisionPut {
    #[command(flatten)]
    pub(in crate::cli) of: Qualified,
    /// How many instances
    #[arg(long, alias = "default-target", value_name = "NUMBER")]
    pub(in crate::cli) target: u32,
    /// Keep their processors running between calls
    #[arg(long, visible_alias = "ac")]
    pub(in crate::cli) always_allocate_cpu: bool,
    /// Keep their graphics processors running between calls
    #[arg(long, visible_alias = "ag")]
    pub(in crate::cli) always_allocate_gpu: bool,
    /// Numbers by time, as a JSON list in the service's own form
    #[arg(long, value_name = "JSON", value_parser = list)]
    pub(in crate::cli) scheduled_actions: Option<serde_json::Value>,
    /// Numbers by load, as a JSON list in the service's own form
    #[arg(long, value_name = "JSON", value_parser = list)]
    pub(in crate::cli) target_tracking_policies: Option<serde_json::Value>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ProvisionRemove {
    #[command(flatten)]
    pub(in crate::cli) of: Qualified,
    #[command(flatten)]
    pub(in crate::cli) yes: Yes,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Concurrency {
    /// Show how many instances only this function may use
    Get(OfFunction),
    /// Set how many instances only this function may use, and no more
    Put(ConcurrencyPut),
    /// Let it share the account's instances with the others
    Remove(ConcurrencyRemove),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ConcurrencyPut {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    /// How many instances
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) reserved_concurrency: u32,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ConcurrencyRemove {
    #[command(flatten)]
    pub(in crate::cli) of: OfFunction,
    #[command(flatten)]
    pub(in crate::cli) yes: Yes,
}

/// A list written as JSON.
pub(super) fn list(text: &str) -> Result<serde_json::Value, String> {
    match serde_json::from_str(text) {
        Ok(list @ serde_json::Value::Array(_)) => Ok(list),
        Ok(_) => Err("it is JSON, and no list".to_owned()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}
