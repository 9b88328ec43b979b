//! Accelerated domains and their tags.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::client::{Cdn, call};
use super::source::{Source, SourceModel};
use crate::provider::ProviderError;
use crate::provider::alibaba::fault::is_missing;
use crate::provider::alibaba::rpc::Call;

/// What the API answers for a domain that is not there: `InvalidDomain.NotFound`, and for one that is being removed
/// `ConfigNotFound`.
const MISSING: &[&str] = &["InvalidDomain.NotFound", "ConfigNotFound"];
/// What tags can be put on.
const RESOURCE_TYPE: &str = "DOMAIN";

/// A domain to add.
#[derive(Debug, Clone)]
pub(in crate::provider::alibaba) struct NewDomain<'a> {
    pub(in crate::provider::alibaba) domain: &'a str,
    /// `web`, `download` or `video`.
    pub(in crate::provider::alibaba) kind: &'a str,
    /// Where its content comes from.
    pub(in crate::provider::alibaba) sources: &'a [Source],
    /// The address that the health of its origins is asked at.
    pub(in crate::provider::alibaba) check_url: Option<&'a str>,
    /// `domestic`, `overseas` or `global`.
    pub(in crate::provider::alibaba) scope: &'a str,
    /// A tag that it has from its first moment on.
    pub(in crate::provider::alibaba) tag: Option<(&'a str, &'a str)>,
}

/// A domain as the API describes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::provider::alibaba) struct Detail {
    /// The name to point the domain's DNS at.
    #[serde(default)]
    pub(in crate::provider::alibaba) cname: String,
    /// `online`, `configuring`, `offline`, `configure_failed`, …
    #[serde(default)]
    pub(in crate::provider::alibaba) domain_status: String,
    /// `domestic`, `overseas` or `global`.
    #[serde(default)]
    pub(in crate::provider::alibaba) scope: Option<String>,
    /// `web`, `download` or `video`.
    #[serde(default)]
    pub(in crate::provider::alibaba) cdn_type: Option<String>,
    #[serde(default)]
    source_models: SourceModels,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SourceModels {
    #[serde(default)]
    source_model: Vec<SourceModel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DetailReply {
    get_domain_detail_model: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagsReply {
    #[serde(default)]
    tag_resources: Vec<TagResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    #[serde(default)]
    tag: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

impl Detail {
    /// Its origins, in order.
    pub(in crate::provider::alibaba) fn sources(&self) -> Vec<Source> {
        let models = self.source_models.source_model.iter();
        models.map(SourceModel::source).collect()
    }
}

impl Cdn {
    /// Adds a domain; it is of use once it is `online`.
    pub(in crate::provider::alibaba) async fn add_domain(
        &self,
        new: &NewDomain<'_>,
    ) -> Result<(), ProviderError> {
        self.call::<Json>(&add_domain(new)).await?;
        Ok(())
    }

    /// What the domain is; `None`: this account has none of this name.
    pub(in crate::provider::alibaba) async fn domain(
        &self,
        domain: &str,
    ) -> Result<Option<Detail>, ProviderError> {
        let call = call("DescribeCdnDomainDetail").param("DomainName", domain);
        match self.call::<DetailReply>(&call).await {
            Ok(reply) => Ok(Some(reply.get_domain_detail_model)),
            Err(error) if is_missing(&error, MISSING) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives the domain other origins.
    pub(in crate::provider::alibaba) async fn set_sources(
        &self,
        domain: &str,
        to: &[Source],
    ) -> Result<(), ProviderError> {
        let call = call("ModifyCdnDomain")
            .param("DomainName", domain)
            .param("Sources", sources(to));
        self.call::<Json>(&call).await?;
        Ok(())
    }

    /// Gives the domain another region of acceleration.
    pub(in crate::provider::alibaba) async fn set_scope(
        &self,
        domain: &str,
        scope: &str,
    ) -> Result<(), ProviderError> {
        let call = call("ModifyCdnDomainSchdmByProperty")
            .param("DomainName", domain)
            .param("Property", json!({ "coverage": scope }).to_string());
        self.call::<Json>(&call).await?;
        Ok(())
    }

    /// Removes the domain; one that is not there counts as removed.
    pub(in crate::provider::alibaba) async fn delete_domain(
        &self,
        domain: &str,
    ) -> Result<(), ProviderError> {
        let call = call("DeleteCdnDomain").param("DomainName", domain);
        match self.call::<Json>(&call).await {
            Err(error) if !is_missing(&error, MISSING) => Err(error),
            _ => Ok(()),
        }
    }

    /// The value of one of the domain's tags.
    pub(in crate::provider::alibaba) async fn tag(
        &self,
        domain: &str,
        key: &str,
    ) -> Result<Option<String>, ProviderError> {
        let call = call("DescribeTagResources")
            .param("ResourceType", RESOURCE_TYPE)
            .param("ResourceId.1", domain);
        let reply: TagsReply = self.call(&call).await?;
        let tags = reply.tag_resources.into_iter().flat_map(|r| r.tag);
        Ok(tags
            .into_iter()
            .find(|tag| tag.key == key)
            .map(|tag| tag.value))
    }

    /// Sets one of the domain's tags.
    pub(in crate::provider::alibaba) async fn set_tag(
        &self,
        domain: &str,
        key: &str,
        value: &str,
    ) -> Result<(), ProviderError> {
        let call = call("TagResources")
            .param("ResourceType", RESOURCE_TYPE)
            .param("ResourceId.1", domain)
            .tag(key, value);
        self.call::<Json>(&call).await?;
        Ok(())
    }
}

pub(super) fn add_domain(new: &NewDomain<'_>) -> Call {
    let mut call = call("AddCdnDomain")
        .param("CdnType", new.kind)
        .param("DomainName", new.domain)
        .param("Scope", new.scope)
        .param("Sources", sources(new.sources));
    if let Some(url) = new.check_url {
        call = call.param("CheckUrl", url);
    }
    match new.tag {
        Some((key, value)) => call.tag(key, value),
        None => call,
    }
}

fn sources(list: &[Source]) -> String {
    let list: Vec<Json> = list.iter().map(Source::json).collect();
    Json::from(list).to_string()
}
