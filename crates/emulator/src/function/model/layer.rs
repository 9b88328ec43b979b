//! Layers: numbered packages that functions share, their ARNs, and what a function keeps of those it names.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::check::is_name;
use super::config::{Code, Package, shown_time};
use crate::function::error::{FcError, Outcome};

/// A layer: what all its versions have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layer {
    pub(crate) name: String,
    /// The number of the version published last; it stays when versions are deleted, so that none is given twice.
    pub(crate) published: u64,
    /// Whether other accounts may use it.
    pub(crate) public: bool,
}

/// A version of a layer. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LayerVersion {
    /// Counts from 1 for each layer.
    pub(crate) id: u64,
    pub(crate) description: String,
    pub(crate) license: String,
    /// Runtimes that it is for; none named: every one.
    pub(crate) compatible: Vec<String>,
    pub(crate) package: Package,
    /// Milliseconds of the cloud's time.
    pub(crate) created_ms: i64,
}

/// The body of `CreateLayerVersion`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewLayerVersion {
    pub(crate) code: Option<Code>,
    pub(crate) compatible_runtime: Option<Vec<String>>,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
}

/// What a function keeps of a layer version that it names: the layer may be deleted, and the function runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AttachedLayer {
    pub(crate) arn: String,
    pub(crate) compatible: Vec<String>,
    /// Its content; nothing of the vendor's own layers.
    #[serde(default)]
    pub(crate) package: Option<Package>,
}

/// `acs:fc:REGION:OWNER:layers/NAME/versions/N`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayerArn {
    pub(crate) region: String,
    /// An account, or `official`.
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) version: u64,
}

impl Layer {
    /// A layer before its first version. The vendor's rule for names is not published: that of functions is taken.
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        if !is_name(name, 64) {
            return Err(FcError::invalid(format!(
                "layerName {name:?} must be letters, digits, `_` and `-`, a letter or `_` first, 64 at most"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            published: 0,
            public: false,
        })
    }

    /// Its next version, with the code of `package`.
    pub(crate) fn publish(
        &mut self,
        new: NewLayerVersion,
        package: Package,
        now_ms: i64,
    ) -> LayerVersion {
        self.published += 1;
        LayerVersion {
            id: self.published,
            description: new.description.unwrap_or_default(),
            license: new.license.unwrap_or_default(),
            compatible: new.compatible_runtime.unwrap_or_default(),
            package,
            created_ms: now_ms,
        }
    }
}

impl LayerVersion {
    /// As replies show it; its archive is at `location`.
    pub(crate) fn show(&self, layer: &Layer, arn: &LayerArn, location: &str) -> Json {
        json!({
            "layerName": layer.name,
            "version": self.id,
            "layerVersionArn": arn.to_string(),
            "description": self.description,
            "license": self.license,
            "compatibleRuntime": self.compatible,
            "code": { "location": location, "repositoryType": "OSS" },
            "codeChecksum": self.package.crc64.to_string(),
            "codeSize": self.package.size,
            "createTime": shown_time(self.created_ms),
            "acl": if layer.public { "1" } else { "0" },
        })
    }
}

impl AttachedLayer {
    /// Checks that it is for a runtime; the words are the vendor's.
    pub(crate) fn check(&self, runtime: &str) -> Outcome<()> {
        if self.compatible.is_empty() || self.compatible.iter().any(|one| one == runtime) {
            return Ok(());
        }
        let arn = &self.arn;
        Err(FcError::invalid(format!(
            "runtime: {runtime} is not supported by layer:{arn}"
        )))
    }

    /// As the replies about a function show it.
    pub(crate) fn show(&self) -> Json {
        let size = self.package.as_ref().map_or(0, |package| package.size);
        json!({ "arn": self.arn, "size": size })
    }
}

impl LayerArn {
    /// Reads an ARN.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        let parts = || {
            let (region, rest) = text.strip_prefix("acs:fc:")?.split_once(':')?;
            let (owner, path) = rest.split_once(':')?;
            let (name, version) = path.strip_prefix("layers/")?.split_once("/versions/")?;
            let is_whole = ![region, owner, name].contains(&"") && !name.contains('/');
            Some(Self {
                region: region.to_owned(),
                owner: owner.to_owned(),
                name: name.to_owned(),
                version: version.parse().ok().filter(|_| is_whole)?,
            })
        };
        parts().ok_or_else(|| {
            FcError::invalid(format!(
                "layer {text:?} is not of the form acs:fc:REGION:ACCOUNT:layers/NAME/versions/N"
            ))
        })
    }

    /// Whether the vendor made the layer.
    pub(crate) fn is_official(&self) -> bool {
        self.owner == "official"
    }
}

impl fmt::Display for LayerArn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            region,
            owner,
            name,
            version,
        } = self;
        write!(
            out,
            "acs:fc:{region}:{owner}:layers/{name}/versions/{version}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_read_as_it_is_written() {
        for text in [
            "acs:fc:cn-hangzhou:123:layers/my-layer/versions/7",
            "acs:fc:cn-hangzhou:official:layers/Java21/versions/1",
        ] {
            let arn = LayerArn::parse(text).unwrap();
            assert_eq!(arn.to_string(), text);
            assert_eq!(arn.is_official(), text.contains("official"));
        }
        for text in [
            "",
            "my-layer",
            "123#my-layer#1",
            "acs:fc:r:1:functions/f",
            "acs:fc:r:1:layers/l",
            "acs:fc:r:1:layers//versions/1",
            "acs:fc::1:layers/l/versions/1",
            "acs:fc:r:1:layers/l/versions/one",
            "acs:fc:r:1:layers/l/m/versions/1",
        ] {
            assert!(LayerArn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_layer_fits_the_runtimes_that_it_names_or_all() {
        let attached = |compatible: &[&str]| AttachedLayer {
            arn: "acs:fc:r:1:layers/l/versions/1".to_owned(),
            compatible: compatible.iter().map(|one| (*one).to_owned()).collect(),
            package: None,
        };
        assert_eq!(attached(&[]).check("go1"), Ok(()));
        assert_eq!(attached(&["go1", "custom"]).check("custom"), Ok(()));
        let refused = attached(&["python3.10"]).check("custom").unwrap_err();
        assert_eq!(
            refused.message,
            "runtime: custom is not supported by layer:acs:fc:r:1:layers/l/versions/1"
        );
    }

    #[test]
    fn a_layer_has_a_name_that_fits_its_arn() {
        for name in ["", "1l", "a/b", "a b", &"x".repeat(65)] {
            assert!(Layer::new(name).is_err(), "{name}");
        }
        assert!(Layer::new("Python3-Flask2x").is_ok());
    }
}
