//! What can be typed about the elasticity of functions, the newer form of what `provision` sets.

use clap::{Args as ClapArgs, Subcommand};

use super::release::{OfFunction, Qualified, Yes, list};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Scaling {
    /// List how many instances there are at least, by version and alias
    List(OfFunction),
    /// Show it for one of them
    Get(ScalingGet),
    /// Set it
    Put(ScalingPut),
    /// Let there be none when nobody calls
    Remove(ScalingRemove),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ScalingGet {
    #[command(flatten)]
    pub(in crate::cli) of: Qualified,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ScalingPut {
    #[command(flatten)]
    pub(in crate::cli) of: Qualified,
    /// How many instances there are at least
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) min_instances: u32,
    /// The pool of resident resources that they come from
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) resident_pool_id: Option<String>,
    /// Numbers by load, as a JSON list in the service's own form
    #[arg(long, value_name = "JSON", value_parser = list)]
    pub(in crate::cli) horizontal_scaling_policies: Option<serde_json::Value>,
    /// Numbers by time, as a JSON list in the service's own form
    #[arg(long, value_name = "JSON", value_parser = list)]
    pub(in crate::cli) scheduled_policies: Option<serde_json::Value>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ScalingRemove {
    #[command(flatten)]
    pub(in crate::cli) of: Qualified,
    #[command(flatten)]
    pub(in crate::cli) yes: Yes,
}
