//! `sdev layer`: layers of the account, which functions share.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::super::args::{Global, Layer, LayerDownload, LayerPublish, LayerRemove};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::layer as view;
use super::confirm::confirm;
use super::{Look, Outcome, Reach, open};
use crate::artifact::{CodePackage, Jar};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{Destination, Project, Until};
use crate::resource::RemoteId;
use crate::state::Record;

const KIND: &str = "fc.layer";

pub(super) fn run(args: &Layer, global: &Global, printer: Printer) -> Outcome {
    block_on(async {
        let region = args.place().region.as_deref();
        let layers = Layers::open(region, (global, printer)).await?;
        match args {
            Layer::List(args) => {
                let wanted = json!({
                    "prefix": args.prefix, "public": args.public, "official": args.official,
                });
                let all = layers.act(None, "list", &wanted).await?;
                view::all(printer, &all);
            }
            Layer::Versions(args) => {
                let name = &args.of.layer_name;
                let versions = layers.act(Some(name), "versions", &json!({})).await?;
                view::versions(printer, name, &versions);
            }
            Layer::Info(args) => {
                let of = (args.of.layer_name.as_str(), args.version_id.as_str());
                view::version(printer, &layers.version(of).await?);
            }
            Layer::Publish(args) => {
                let published = layers.publish(args).await?;
                view::published(printer, &published);
            }
            Layer::Download(args) => {
                let done = layers.download(args).await?;
                view::downloaded(printer, &done);
            }
            Layer::Acl(args) => {
                let name = &args.of.layer_name;
                let wanted = json!({ "public": args.public });
                let done = layers.act(Some(name), "acl", &wanted).await?;
                view::opened(printer, &done);
            }
            Layer::Remove(args) => return layers.remove(args, printer).await,
        }
        Ok(Exit::Done)
    })
}

/// The layers of the account that the manifest's access leads to, in its region or another.
struct Layers {
    project: Project,
    to: Destination,
}

impl Layers {
    async fn open(
        region: Option<&str>,
        (global, printer): (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        let reach = Reach {
            region,
            ..Reach::all("layer", Until::Lower)
        };
        let (_, project, to) = open(global, reach, (Look::Away, printer)).await?;
        Ok(Self { project, to })
    }

    /// Has the provider do something with one of them, or with all.
    async fn act(
        &self,
        name: Option<&str>,
        action: &str,
        args: &Json,
    ) -> Result<Json, Diagnostics> {
        let layer = Record::named(KIND.into(), name.map(RemoteId::from));
        let providers = self.project.providers(&self.to);
        let provider = providers.of(&layer.kind).map_err(Diagnostic::from)?;
        let answer = provider.act(action, &layer, args).await;
        Ok(answer.map_err(Diagnostic::from)?)
    }

    async fn version(&self, (name, version): (&str, &str)) -> Result<Json, Diagnostics> {
        let wanted = json!({ "version": version });
        self.act(Some(name), "info", &wanted).await
    }

    async fn publish(&self, args: &LayerPublish) -> Result<Json, Diagnostics> {
        if !args.code.exists() {
            let detail = format!("`{}` does not exist", args.code.display());
            let error = Diagnostic::error(code::CODE_MISSING, detail);
            return Err(error.hint("paths start from this folder").into());
        }
        let store = self.project.manifest.folder.join(".sdev").join("code");
        let package = CodePackage::of(&args.code, &store, Jar::Package).map_err(|errors| {
            let mut found = Diagnostics::new();
            for error in errors {
                found.push(Diagnostic::from(error));
            }
            found
        })?;
        let wanted = json!({
            "source": package.file,
            "checksum": package.crc64,
            "size": package.size,
            "compatibleRuntime": args.compatible_runtime,
            "description": args.description,
        });
        let name = &args.of.layer_name;
        self.act(Some(name), "publish", &wanted).await
    }

    async fn download(&self, args: &LayerDownload) -> Result<Json, Diagnostics> {
        let (name, version) = (&args.of.of.layer_name, &args.of.version_id);
        let number = number(&self.version((name, version)).await?);
        let file = match &args.to {
            Some(file) => file.to_string_lossy().into_owned(),
            None => format!("{name}-{number}.zip"),
        };
        if Path::new(&file).exists() {
            let detail = format!("`{file}` is there already");
            let error = Diagnostic::error(code::USAGE, detail);
            return Err(error.hint("name another file: --to FILE").into());
        }
        let wanted = json!({ "version": number, "file": file });
        self.act(Some(name), "download", &wanted).await
    }

    async fn remove(&self, args: &LayerRemove, printer: Printer) -> Outcome {
        let name = &args.of.layer_name;
        // What is asked about is what goes.
        let going: Vec<String> = if let Some(version) = &args.version_id {
            vec![number(&self.version((name, version)).await?)]
        } else {
            let versions = self.act(Some(name), "versions", &json!({})).await?;
            let versions = versions.as_array().into_iter().flatten();
            versions.map(number).collect()
        };
        let question = if let [one] = &going[..] {
            format!("Remove version {one} of layer {name}?")
        } else {
            let all = going.join(", ");
            format!("Remove layer {name} with its versions {all}?")
        };
        if !confirm(&question, args.yes.yes, printer)? {
            return Ok(Exit::Failed);
        }
        for version in &going {
            let wanted = json!({ "version": version });
            self.act(Some(name), "remove", &wanted).await?;
            view::removed(printer, (name, version));
        }
        Ok(Exit::Done)
    }
}

/// The number of a version, as calls take it.
fn number(version: &Json) -> String {
    version["version"].to_string()
}
