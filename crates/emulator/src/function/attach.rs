//! What a function keeps of the layers that its configuration names.

use runtime::Layer;
use rusqlite::Connection;

use super::code::Packages;
use super::error::{FcError, Outcome};
use super::model::{AttachedLayer, Config, LayerArn};
use super::table;

/// Layers of a function at most. The vendor's limit.
const MOST: usize = 5;

/// Where layers can be: the region and account of this cloud.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) region: String,
    pub(super) account: String,
}

impl Home {
    /// The ARN of a layer version of this cloud.
    pub(super) fn arn(&self, layer: &str, version: u64) -> LayerArn {
        LayerArn {
            region: self.region.clone(),
            owner: self.account.clone(),
            name: layer.to_owned(),
            version,
        }
    }

    /// Refuses an ARN whose layer cannot be here: one of another region or account.
    pub(super) fn check(&self, arn: &LayerArn) -> Outcome<()> {
        if arn.region != self.region || arn.owner != self.account {
            let (region, account) = (&self.region, &self.account);
            let message = format!(
                "layer '{arn}' does not exist: this cloud has layers of account {account} in {region}"
            );
            return Err(FcError::missing("LayerNotFound", message));
        }
        Ok(())
    }
}

/// The layers that `config` names, in its order. One that the function has already (`before`) stays what it is, also when it was deleted
/// since.
pub(super) fn attached(
    db: &Connection,
    home: &Home,
    config: &Config,
    before: &[AttachedLayer],
) -> Outcome<Vec<AttachedLayer>> {
    let named = config.layers.as_deref().unwrap_or_default();
    if named.len() > MOST {
        return Err(FcError::invalid(format!(
            "a function has at most {MOST} layers, and layers names {}",
            named.len()
        )));
    }
    let runtime = config.runtime.as_deref().unwrap_or_default();
    let attach = |text: &String| {
        let layer = match before.iter().find(|layer| layer.arn == *text) {
            Some(layer) => layer.clone(),
            None => found(db, home, text)?,
        };
        layer.check(runtime)?;
        Ok(layer)
    };
    named.iter().map(attach).collect()
}

fn found(db: &Connection, home: &Home, text: &str) -> Outcome<AttachedLayer> {
    let arn = LayerArn::parse(text)?;
    if arn.is_official() {
        return Ok(AttachedLayer {
            arn: text.to_owned(),
            compatible: Vec::new(),
            package: None,
        });
    }
    home.check(&arn)?;
    let version = table::layer::version(db, &arn.name, arn.version)?;
    let version = match version {
        Some(version) => version,
        None if table::layer::versions(db, &arn.name, 0, 1)?.is_empty() => {
            return Err(no_layer(&arn.name));
        }
        None => return Err(no_layer_version(&arn.name, &arn.version.to_string())),
    };
    Ok(AttachedLayer {
        arn: text.to_owned(),
        compatible: version.compatible,
        package: Some(version.package),
    })
}

/// What code sees of a layer.
pub(super) fn content(layer: &AttachedLayer, packages: &Packages) -> Outcome<Layer> {
    Ok(match &layer.package {
        Some(package) => Layer::Unpacked(packages.folder(&package.sha256)),
        None => Layer::Official(LayerArn::parse(&layer.arn)?.name),
    })
}

/// The refusal for a layer that is not there.
pub(super) fn no_layer(name: &str) -> FcError {
    FcError::missing("LayerNotFound", format!("layer '{name}' does not exist"))
}

/// The refusal for a version of a layer that is not there.
pub(super) fn no_layer_version(name: &str, version: &str) -> FcError {
    let message = format!("version '{version}' of layer '{name}' does not exist");
    FcError::missing("LayerVersionNotFound", message)
}
