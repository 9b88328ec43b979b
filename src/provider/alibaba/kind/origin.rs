//! Where a domain's content comes from, as attributes say it.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::provider::alibaba::cdn::Source;

/// The attribute `origin`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Origin {
    /// The host name of one bucket.
    Bucket(String),
    /// Any origins.
    Sources(Vec<Source>),
}

impl Origin {
    /// What the API is told.
    pub(super) fn sources(&self) -> Vec<Source> {
        match self {
            Self::Bucket(host) => vec![Source::bucket(host)],
            Self::Sources(list) => list.clone(),
        }
    }

    /// What the API shows, in the form that the attribute had (`known`): a bucket alone is its host name, unless a list was written.
    pub(super) fn json(sources: &[Source], known: Option<&Json>) -> Json {
        match sources {
            [one] if *one == Source::bucket(&one.content) && !known.is_some_and(Json::is_array) => {
                one.content.as_str().into()
            }
            _ => json!(sources),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_alone_is_a_text_and_all_else_a_list() {
        let read = |json: Json| serde_json::from_value::<Origin>(json).unwrap().sources();
        let bucket = read(json!("b.oss-cn-hangzhou.aliyuncs.com"));
        assert_eq!(
            Origin::json(&bucket, None),
            json!("b.oss-cn-hangzhou.aliyuncs.com")
        );
        let list = json!([{ "type": "domain", "content": "fn.example.com", "port": 80, "priority": 20, "weight": 10 }]);
        assert_eq!(Origin::json(&read(list.clone()), None), list);
        let short = json!([{ "type": "domain", "content": "fn.example.com" }]);
        assert_eq!(Origin::json(&read(short), None), list);
    }
}
