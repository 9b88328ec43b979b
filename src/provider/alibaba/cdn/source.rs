//! Origins of a domain.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// A place that a domain's content comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::provider::alibaba) struct Source {
    /// `oss`, `domain`, `ipaddr` or `fc_domain`.
    #[serde(rename = "type")]
    pub(in crate::provider::alibaba) kind: String,
    /// A bucket's host, a host name or an IP address.
    pub(in crate::provider::alibaba) content: String,
    #[serde(default = "http_port")]
    pub(in crate::provider::alibaba) port: u16,
    /// 20 is asked first, 30 when that fails.
    #[serde(default = "primary")]
    pub(in crate::provider::alibaba) priority: u32,
    /// Its share of the requests.
    #[serde(default = "usual_weight")]
    pub(in crate::provider::alibaba) weight: u32,
}

fn http_port() -> u16 {
    80
}

fn primary() -> u32 {
    20
}

fn usual_weight() -> u32 {
    10
}

impl Source {
    /// The bucket of this host name, as the only origin.
    pub(in crate::provider::alibaba) fn bucket(host: &str) -> Self {
        Self {
            kind: "oss".to_owned(),
            content: host.to_owned(),
            port: http_port(),
            priority: primary(),
            weight: usual_weight(),
        }
    }

    /// As the API takes it: the smaller numbers are texts there.
    pub(super) fn json(&self) -> Json {
        json!({
            "content": self.content, "type": self.kind, "priority": self.priority.to_string(),
            "port": self.port, "weight": self.weight.to_string(),
        })
    }
}

/// An origin as the API shows it: numbers come as texts or as numbers.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SourceModel {
    #[serde(default)]
    content: String,
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    port: Json,
    #[serde(default)]
    priority: Json,
    #[serde(default)]
    weight: Json,
}

impl SourceModel {
    /// The origin itself; what is not shown is the usual.
    pub(super) fn source(&self) -> Source {
        let number = |value: &Json, otherwise: u32| {
            let from_text = || value.as_str().and_then(|text| text.parse().ok());
            let number = value.as_u64().or_else(from_text);
            number
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(otherwise)
        };
        Source {
            kind: self.r#type.clone().unwrap_or_else(|| "oss".to_owned()),
            content: self.content.clone(),
            port: u16::try_from(number(&self.port, 80)).unwrap_or(http_port()),
            priority: number(&self.priority, primary()),
            weight: number(&self.weight, usual_weight()),
        }
    }
}
