//! What can be typed about layers.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::release::{Table, Yes};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Layer {
    /// List the layers of the account, each as its newest version
    List(LayerList),
    /// List the versions of a layer, the newest first
    Versions(LayerVersions),
    /// Show a version
    Info(LayerVersion),
    /// Publish a version: a folder, packed as the code of functions is, or a zip
    Publish(LayerPublish),
    /// Fetch the zip of a version
    Download(LayerDownload),
    /// Say who may use a layer: this account, or everybody
    Acl(LayerAcl),
    /// Remove a version, or all of them
    Remove(LayerRemove),
}

/// A layer.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct OfLayer {
    /// The layer
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) layer_name: String,
    #[command(flatten)]
    pub(in crate::cli) place: LayerPlace,
}

/// Where layers are.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerPlace {
    /// The region (default: the manifest's)
    #[arg(long)]
    pub(in crate::cli) region: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerVersions {
    #[command(flatten)]
    pub(in crate::cli) of: OfLayer,
    #[command(flatten)]
    _table: Table,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerList {
    /// Only layers whose names begin like this
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) prefix: Option<String>,
    /// Only those that everybody may use
    #[arg(long)]
    pub(in crate::cli) public: bool,
    /// The vendor's own instead
    #[arg(long)]
    pub(in crate::cli) official: bool,
    #[command(flatten)]
    pub(in crate::cli) place: LayerPlace,
    #[command(flatten)]
    _table: Table,
}

impl Layer {
    /// Where the layers are that it is about.
    pub(in crate::cli) fn place(&self) -> &LayerPlace {
        match self {
            Self::List(args) => &args.place,
            Self::Versions(args) => &args.of.place,
            Self::Info(args) => &args.of.place,
            Self::Publish(args) => &args.of.place,
            Self::Download(args) => &args.of.of.place,
            Self::Acl(args) => &args.of.place,
            Self::Remove(args) => &args.of.place,
        }
    }
}

/// A version of a layer.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerVersion {
    #[command(flatten)]
    pub(in crate::cli) of: OfLayer,
    /// The version
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    pub(in crate::cli) version_id: String,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerPublish {
    #[command(flatten)]
    pub(in crate::cli) of: OfLayer,
    /// The folder or zip
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) code: PathBuf,
    /// The runtimes that it is for, after commas (default: none is named)
    #[arg(long, value_name = "RUNTIMES", value_delimiter = ',')]
    pub(in crate::cli) compatible_runtime: Vec<String>,
    /// What is in it
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerDownload {
    #[command(flatten)]
    pub(in crate::cli) of: LayerVersion,
    /// The file to write, which must not be there (default: NAME-VERSION.zip in this folder)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) to: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerAcl {
    #[command(flatten)]
    pub(in crate::cli) of: OfLayer,
    /// Everybody may use it (default: this account alone)
    #[arg(long)]
    pub(in crate::cli) public: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LayerRemove {
    #[command(flatten)]
    pub(in crate::cli) of: OfLayer,
    /// The version; `latest` is the newest (default: all versions)
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) version_id: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) yes: Yes,
}
