//! Actions on domains: add, list, describe, modify, start, stop, delete.
//!
//! A change is complete when it is answered: the states between (`configuring`, `stopping`) do not occur, and a
//! domain may be deleted without having been stopped. Both are this cloud's choice.

use serde_json::{Value, json};

use crate::rpc::RpcCall;

use super::super::domain::{Domain, Source, Status, is_domain_name};
use super::super::error::ApiError;
use super::super::event;
use super::super::room::Room;
use super::super::store;
use super::param;

/// `AddCdnDomain`.
pub(super) async fn add(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let name = param::domain(call)?;
    let kind = one_of(call, "CdnType", None, &["web", "download", "video"])?;
    let scopes = ["domestic", "overseas", "global"];
    let scope = one_of(call, "Scope", Some("domestic"), &scopes)?;
    let sources = Source::parse_list(&param::required(call, "Sources")?)?;
    let tags = param::tags(call)?;
    if !is_domain_name(&name) {
        return Err(ApiError::InvalidDomain(name));
    }
    let now_ms = room.plane.now_ms();
    let domain = Domain {
        name,
        id: 0,
        kind,
        scope,
        status: Status::Online,
        resource_group: param::optional(call, "ResourceGroupId").unwrap_or_default(),
        sources,
        created_ms: now_ms,
        modified_ms: now_ms,
    };
    let job = move |db: &rusqlite::Connection| {
        if store::domain(db, &domain.name)?.is_some() {
            return Err(ApiError::DomainExists(domain.name));
        }
        store::add_domain(db, &domain)?;
        for (key, value) in &tags {
            store::set_tag(db, &domain.name, key, value)?;
        }
        let added = event::added(&domain.name, now_ms);
        Ok((domain.name, Some(added)))
    };
    room.change_and_tell(job).await?;
    Ok(json!({}))
}

/// `DescribeUserDomains`.
pub(super) async fn list(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let page = param::page(call, 500)?;
    let filter = Filter::read(call)?;
    let found = room.store.read(move |db| {
        let mut found = Vec::new();
        for domain in store::domains(db)? {
            let tags = store::tags(db, &domain.name)?;
            if filter.takes(&domain, &tags) {
                found.push(domain);
            }
        }
        Ok::<_, ApiError>(found)
    });
    let found = found.await?;
    let total = found.len();
    let shown: Vec<Value> = param::paged(found, page).iter().map(summary).collect();
    Ok(json!({
        "PageNumber": page.0,
        "PageSize": page.1,
        "TotalCount": total,
        "Domains": {"PageData": shown},
    }))
}

/// `DescribeCdnDomainDetail`.
pub(super) async fn describe(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let name = param::domain(call)?;
    let domain = room.store.read(move |db| existing(db, &name)).await?;
    let sources: Vec<Value> = domain
        .sources
        .iter()
        .map(|source| {
            let mut shown = shown_source(source);
            shown["Enabled"] = json!("online");
            shown
        })
        .collect();
    Ok(json!({"GetDomainDetailModel": {
        "DomainName": domain.name,
        "DomainStatus": domain.status.name(),
        "CdnType": domain.kind,
        "Cname": cname(&domain),
        "HttpsCname": "",
        "Description": "",
        "Scope": domain.scope,
        "ResourceGroupId": domain.resource_group,
        "ServerCertificateStatus": "off",
        "GmtCreated": param::shown_time(domain.created_ms),
        "GmtModified": param::shown_time(domain.modified_ms),
        "SourceModels": {"SourceModel": sources},
    }}))
}

/// `ModifyCdnDomain`.
pub(super) async fn modify(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let sources = param::optional(call, "Sources");
    let sources = sources.map(|text| Source::parse_list(&text)).transpose()?;
    let group = param::optional(call, "ResourceGroupId");
    change(room, call, move |domain| {
        if let Some(sources) = sources {
            domain.sources = sources;
        }
        if let Some(group) = group {
            domain.resource_group = group;
        }
    })
    .await
}

/// `StartCdnDomain`.
pub(super) async fn start(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    switch(room, call, Status::Online).await
}

/// `StopCdnDomain`.
pub(super) async fn stop(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    switch(room, call, Status::Offline).await
}

/// `DeleteCdnDomain`.
pub(super) async fn delete(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let name = param::domain(call)?;
    let now_ms = room.plane.now_ms();
    let job = move |db: &rusqlite::Connection| {
        existing(db, &name)?;
        store::delete_domain(db, &name)?;
        let deleted = event::deleted(&name, now_ms);
        Ok((name, Some(deleted)))
    };
    room.change_and_tell(job).await?;
    Ok(json!({}))
}

/// A domain that must exist.
pub(super) fn existing(db: &rusqlite::Connection, name: &str) -> Result<Domain, ApiError> {
    store::domain(db, name)?.ok_or_else(|| ApiError::NoDomain(name.to_owned()))
}

async fn change(
    room: &Room,
    call: &RpcCall,
    edit: impl FnOnce(&mut Domain) + Send + 'static,
) -> Result<Value, ApiError> {
    let name = param::domain(call)?;
    let now_ms = room.plane.now_ms();
    let job = move |db: &rusqlite::Connection| {
        let mut domain = existing(db, &name)?;
        edit(&mut domain);
        domain.modified_ms = now_ms;
        store::save_domain(db, &domain)?;
        Ok(((), vec![name]))
    };
    room.change(job).await?;
    Ok(json!({}))
}

/// Nothing happens at a domain that is already as asked for; only `GmtModified` moves.
async fn switch(room: &Room, call: &RpcCall, status: Status) -> Result<Value, ApiError> {
    let name = param::domain(call)?;
    let now_ms = room.plane.now_ms();
    let job = move |db: &rusqlite::Connection| {
        let mut domain = existing(db, &name)?;
        let is_other = domain.status != status;
        domain.status = status;
        domain.modified_ms = now_ms;
        store::save_domain(db, &domain)?;
        Ok((name, is_other.then(|| event::switched(&domain))))
    };
    room.change_and_tell(job).await?;
    Ok(json!({}))
}

/// What `DescribeUserDomains` was asked to show.
struct Filter {
    name: Option<String>,
    search: String,
    status: Option<String>,
    kinds: Vec<String>,
    source: Option<String>,
    scope: Option<String>,
    group: Option<String>,
    changed_after_ms: Option<i64>,
    changed_before_ms: Option<i64>,
    tags: Vec<(String, String)>,
}

impl Filter {
    fn read(call: &RpcCall) -> Result<Self, ApiError> {
        let searches = ["full_match", "fuzzy_match", "pre_match", "suf_match"];
        Ok(Self {
            name: param::optional(call, "DomainName").map(|name| name.to_ascii_lowercase()),
            search: one_of(call, "DomainSearchType", Some("full_match"), &searches)?,
            status: param::optional(call, "DomainStatus"),
            kinds: param::split(call.param("CdnType").unwrap_or_default()),
            source: param::optional(call, "Source"),
            scope: param::optional(call, "Coverage"),
            group: param::optional(call, "ResourceGroupId"),
            changed_after_ms: param::time_ms(call, "ChangeStartTime")?,
            changed_before_ms: param::time_ms(call, "ChangeEndTime")?,
            tags: param::tags(call)?,
        })
    }

    fn takes(&self, domain: &Domain, tags: &[(String, String)]) -> bool {
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        let has_source = |wanted: &String| {
            let mut contents = domain.sources.iter().map(|source| &source.content);
            contents.any(|content| content == wanted)
        };
        let has_tag = |(key, value): &(String, String)| {
            let mut same = tags.iter().filter(|(known, _)| known == key);
            same.any(|(_, known)| value.is_empty() || known == value)
        };
        self.names(&domain.name)
            && is(&self.status, domain.status.name())
            && (self.kinds.is_empty() || self.kinds.contains(&domain.kind))
            && self.source.as_ref().is_none_or(has_source)
            && is(&self.scope, &domain.scope)
            && is(&self.group, &domain.resource_group)
            && self
                .changed_after_ms
                .is_none_or(|time| domain.modified_ms >= time)
            && self
                .changed_before_ms
                .is_none_or(|time| domain.modified_ms <= time)
            && self.tags.iter().all(has_tag)
    }

    fn names(&self, name: &str) -> bool {
        let Some(wanted) = &self.name else {
            return true;
        };
        match self.search.as_str() {
            "fuzzy_match" => name.contains(wanted),
            "pre_match" => name.starts_with(wanted),
            "suf_match" => name.ends_with(wanted),
            _ => name == wanted,
        }
    }
}

fn summary(domain: &Domain) -> Value {
    let sources: Vec<Value> = domain.sources.iter().map(shown_source).collect();
    json!({
        "DomainId": domain.id,
        "DomainName": domain.name,
        "DomainStatus": domain.status.name(),
        "CdnType": domain.kind,
        "Cname": cname(domain),
        "Coverage": domain.scope,
        "Description": "",
        "GmtCreated": param::shown_time(domain.created_ms),
        "GmtModified": param::shown_time(domain.modified_ms),
        "ResourceGroupId": domain.resource_group,
        "Sandbox": "normal",
        "SslProtocol": "off",
        "Sources": {"Source": sources},
    })
}

fn shown_source(source: &Source) -> Value {
    json!({
        "Type": source.kind.name(),
        "Content": source.content,
        "Port": source.port,
        "Priority": source.priority.to_string(),
        "Weight": source.weight.to_string(),
    })
}

/// The vendor names one of its own hosts here; this one leads browsers on this machine to the local cloud.
fn cname(domain: &Domain) -> String {
    format!("{}.localhost", domain.name)
}

fn one_of(
    call: &RpcCall,
    name: &'static str,
    otherwise: Option<&str>,
    known: &[&str],
) -> Result<String, ApiError> {
    let value = call.param(name).or(otherwise);
    let value = value.ok_or(ApiError::MissingParameter(name))?;
    if known.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(ApiError::InvalidParameter {
        name,
        why: format!("{value:?} is none of {}", known.join(", ")),
    })
}
