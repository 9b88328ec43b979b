//! An accelerated domain: its name, its origins and its state; pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A domain as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) name: String,
    /// The number that `DescribeUserDomains` calls `DomainId`.
    pub(super) id: i64,
    /// `web`, `download` or `video`.
    pub(super) kind: String,
    /// `domestic`, `overseas` or `global`.
    pub(super) scope: String,
    pub(super) status: Status,
    pub(super) resource_group: String,
    /// In the order of the API call.
    pub(super) sources: Vec<Source>,
    /// Milliseconds of the cloud's time.
    pub(super) created_ms: i64,
    /// Milliseconds of the cloud's time.
    pub(super) modified_ms: i64,
}

/// Whether visitors are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Online,
    Offline,
}

/// One place that content comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) kind: SourceKind,
    /// A bucket's host, a host name or an IP address.
    pub(super) content: String,
    pub(super) port: u16,
    /// 20 is asked first, 30 when it does not answer.
    pub(super) priority: u32,
    pub(super) weight: u32,
}

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceKind {
    Oss,
    Domain,
    IpAddr,
    /// A domain that leads to functions.
    #[serde(rename = "fc_domain")]
    FcDomain,
}

/// Why an API call's `Sources` are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SourceError {
    #[error("The specified Sources is invalid: {0}.")]
    Malformed(String),
    #[error("The local cloud does not serve {0}.")]
    Unserved(String),
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }

    pub(super) fn parse(name: &str) -> Self {
        match name {
            "offline" => Self::Offline,
            _ => Self::Online,
        }
    }
}

impl SourceKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Oss => "oss",
            Self::Domain => "domain",
            Self::IpAddr => "ipaddr",
            Self::FcDomain => "fc_domain",
        }
    }
}

impl Source {
    /// Reads the JSON list of an API call; sources end up sorted by priority, else in the call's order.
    pub(super) fn parse_list(text: &str) -> Result<Vec<Self>, SourceError> {
        let malformed = |why: &str| SourceError::Malformed(why.to_owned());
        let list: Vec<Value> =
            serde_json::from_str(text).map_err(|_| malformed("it is not a JSON list"))?;
        if list.is_empty() {
            return Err(malformed("it is empty"));
        }
        if list.len() > 20 {
            return Err(malformed("it holds more than 20 sources"));
        }
        let mut sources = list
            .iter()
            .map(Self::parse)
            .collect::<Result<Vec<_>, _>>()?;
        sources.sort_by_key(|source| source.priority);
        Ok(sources)
    }

    /// The bucket that it means, when its content is the host of one.
    pub(super) fn bucket(&self) -> Option<&str> {
        bucket(&self.content)
    }

    fn parse(value: &Value) -> Result<Self, SourceError> {
        let malformed = |why: String| SourceError::Malformed(why);
        let field = |name: &str| value.get(name).or_else(|| value.get(capitalised(name)));
        let text = |name: &str| field(name).and_then(Value::as_str).map(str::trim);
        let number = |name: &str, otherwise: u32| match field(name) {
            None | Some(Value::Null) => Ok(otherwise),
            Some(Value::String(text)) if text.is_empty() => Ok(otherwise),
            Some(Value::String(text)) => text
                .parse()
                .map_err(|_| malformed(format!("{name} {text:?} is no number"))),
            Some(value) => value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| malformed(format!("{name} {value} is no number"))),
        };
        let content = text("content")
            .filter(|content| !content.is_empty())
            .ok_or_else(|| malformed("a source has no content".to_owned()))?
            .to_ascii_lowercase();
        let kind = kind(text("type").unwrap_or_default(), &content)?;
        let port = number("port", 80)?;
        // A function of this cloud is asked in process, whatever the port.
        if port == 443 && kind != SourceKind::FcDomain {
            return Err(SourceError::Unserved(
                "origins over TLS (port 443)".to_owned(),
            ));
        }
        Ok(Self {
            kind,
            content,
            port: u16::try_from(port)
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| malformed(format!("port {port} does not exist")))?,
            priority: number("priority", 20)?,
            weight: number("weight", 10)?,
        })
    }
}

/// Whether `name` can be accelerated: a host name of at least two labels in lower case.
pub(super) fn is_domain_name(name: &str) -> bool {
    is_host_name(name) && name.contains('.') && name.parse::<std::net::IpAddr>().is_err()
}

fn kind(name: &str, content: &str) -> Result<SourceKind, SourceError> {
    let malformed = |why: String| Err(SourceError::Malformed(why));
    match name {
        "oss" if bucket(content).is_some() => Ok(SourceKind::Oss),
        "oss" => malformed(format!("{content:?} is not the host of a bucket")),
        "domain" if is_host_name(content) => Ok(SourceKind::Domain),
        "fc_domain" if is_host_name(content) => Ok(SourceKind::FcDomain),
        "domain" | "fc_domain" => malformed(format!("{content:?} is not a host name")),
        "ipaddr" if content.parse::<std::net::IpAddr>().is_ok() => Ok(SourceKind::IpAddr),
        "ipaddr" => malformed(format!("{content:?} is not an IP address")),
        "fc" | "common" | "ipv6addr" => {
            Err(SourceError::Unserved(format!("origins of type {name}")))
        }
        other => malformed(format!("there is no type {other:?}")),
    }
}

/// The bucket in `<bucket>.oss-<region>[-internal].aliyuncs.com`.
fn bucket(host: &str) -> Option<&str> {
    let (bucket, endpoint) = host.strip_suffix(".aliyuncs.com")?.split_once('.')?;
    let named = !bucket.is_empty() && endpoint.starts_with("oss-") && !endpoint.contains('.');
    named.then_some(bucket)
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_with_defaults_and_sorted_by_priority() {
        let text = r#"[{"content":"10.0.0.1","type":"ipaddr","priority":"30"},
            {"content":"Bkt.oss-cn-hangzhou.aliyuncs.com","type":"oss","priority":"20","port":80,"weight":"15"}]"#;
        let sources = Source::parse_list(text).unwrap();
        assert_eq!(sources[0].bucket(), Some("bkt"));
        assert_eq!(sources[0].weight, 15);
        assert_eq!((sources[1].port, sources[1].priority), (80, 30));
    }

    #[test]
    fn sources_that_mean_nothing_are_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"[{"type":"domain"}]"#,
            r#"[{"type":"oss","content":"www.example.com"}]"#,
            r#"[{"type":"ipaddr","content":"www.example.com"}]"#,
            r#"[{"type":"domain","content":"a b"}]"#,
            r#"[{"type":"domain","content":"a.test","port":0}]"#,
            r#"[{"type":"domain","content":"a.test","priority":"high"}]"#,
            r#"[{"type":"other","content":"a.test"}]"#,
        ] {
            let refused = Source::parse_list(text);
            assert!(matches!(refused, Err(SourceError::Malformed(_))), "{text}");
        }
        let tls = r#"[{"type":"domain","content":"a.test","port":443}]"#;
        assert!(matches!(
            Source::parse_list(tls),
            Err(SourceError::Unserved(_))
        ));
    }

    #[test]
    fn names_are_host_names_of_two_labels() {
        assert!(is_domain_name("www.shop.test"));
        for wrong in [
            "shop",
            "",
            "a..b",
            "-a.b",
            "A.b",
            "10.0.0.1",
            "a b.c",
            ".example.com",
        ] {
            assert!(!is_domain_name(wrong), "{wrong}");
        }
    }
}
