//! Component `site`: a folder of files on object storage, behind the CDN when it has a domain.
//!
//! It lowers to `oss.bucket`, `oss.files` and one `cdn.domain` per domain.

mod cache;
mod cdn;
mod header;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, PathBuf};

use serde_json::json;

use super::bucket;
use super::lower::{Context, Parts};
use super::pack::{Pack, SitePack};
use super::props::{Props, bad};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::Block;
use crate::resource::{Attrs, Resource, ResourceId, Value};

pub(super) use cache::CacheRules;

/// What the properties say, checked.
struct Site<'a> {
    block: &'a Block,
    bucket: String,
    region: String,
    index: String,
    domains: Vec<String>,
    ttl: Vec<serde_json::Value>,
    headers: Attrs,
    pack: SitePack,
}

/// Turns a `site` block into resources.
pub(super) fn lower(block: &Block, context: &Context, diagnostics: &mut Diagnostics) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    let Some(site) = read(block, &props, context, diagnostics) else {
        return Parts::default();
    };
    let mut resources = vec![site.bucket_resource(), site.files_resource()];
    resources.extend((0..site.domains.len()).map(|n| site.domain_resource(n)));
    Parts {
        resources,
        outputs: site.outputs(),
        packs: vec![Pack::Site(site.pack)],
        ..Parts::default()
    }
}

fn read<'a>(
    block: &'a Block,
    props: &Props<'_>,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Option<Site<'a>> {
    let region = props
        .text("region", diagnostics)
        .unwrap_or(&context.region)
        .to_owned();
    let bucket = bucket::name(block, props, &region, context, diagnostics);
    let index = props
        .text("index", diagnostics)
        .unwrap_or("index.html")
        .to_owned();
    let error = props.text("error", diagnostics).map(str::to_owned);
    let spa = props.flag("spa", diagnostics).unwrap_or(false);
    if spa && error.is_some() {
        let detail =
            "with `spa: true` every unknown path gets the index document, so `error` has no effect";
        diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(props.at("error")));
    }
    let domains = cdn::domains(props, diagnostics);
    let ttl = cdn::ttl(props, &domains, diagnostics);
    let headers = header::read(props, &domains, diagnostics);
    let cache = CacheRules::read(props, diagnostics);
    let ignore = cache::ignored(props, diagnostics);
    let source = props.text("source", diagnostics)?;
    let id = |part: &str| ResourceId::new(format!("{}.{part}", block.name));
    let pack = SitePack {
        files: id("files"),
        bucket: id("bucket"),
        folder: folder(context, source),
        at: props.at("source"),
        ignore,
        cache,
        index: index.clone(),
        error,
        spa,
    };
    Some(Site {
        block,
        bucket: bucket?,
        region,
        index,
        domains,
        ttl,
        headers,
        pack,
    })
}

/// The source folder as people write it: without `.` in the middle.
fn folder(context: &Context, source: &str) -> PathBuf {
    context
        .folder
        .join(source)
        .components()
        .filter(|c| *c != Component::CurDir)
        .collect()
}

impl Site<'_> {
    fn resource(
        &self,
        id: ResourceId,
        kind: &str,
        attrs: serde_json::Value,
        after: BTreeSet<ResourceId>,
    ) -> Resource {
        let serde_json::Value::Object(attrs) = attrs else {
            unreachable!("attributes are written as an object")
        };
        let attrs: Attrs = attrs
            .into_iter()
            .map(|(k, v)| (k, Value::Plain(v)))
            .collect();
        Resource {
            id,
            kind: kind.into(),
            attrs,
            after,
            at: Some(self.block.at.clone()),
        }
    }

    fn bucket_resource(&self) -> Resource {
        let attrs = json!({
            "name": self.bucket,
            "region": self.region,
            "acl": "public-read",
            "website": { "index": self.index, "sub_dirs": true },
        });
        self.resource(
            self.pack.bucket.clone(),
            "oss.bucket",
            attrs,
            BTreeSet::new(),
        )
    }

    fn files_resource(&self) -> Resource {
        let attrs = json!({
            "bucket": self.bucket,
            "region": self.region,
            "source": self.pack.folder.to_string_lossy(),
        });
        let after = BTreeSet::from([self.pack.bucket.clone()]);
        self.resource(self.pack.files.clone(), "oss.files", attrs, after)
    }

    fn domain_id(&self, number: usize) -> ResourceId {
        match number {
            0 => ResourceId::new(format!("{}.cdn", self.block.name)),
            _ => ResourceId::new(format!("{}.cdn[{}]", self.block.name, self.domains[number])),
        }
    }

    fn domain_resource(&self, number: usize) -> Resource {
        let attrs = json!({
            "domain": self.domains[number],
            "origin": format!("{}.oss-{}.aliyuncs.com", self.bucket, self.region),
            "ttl": self.ttl,
            "files": self.pack.files.as_str(),
            "index": self.index,
            "fallback": self.pack.spa.then_some(&self.index),
        });
        // Visitors are led to a bucket only when its files are there.
        let after = BTreeSet::from([self.pack.bucket.clone(), self.pack.files.clone()]);
        let mut domain = self.resource(self.domain_id(number), "cdn.domain", attrs, after);
        if !self.headers.is_empty() {
            domain
                .attrs
                .insert("headers".to_owned(), Value::Map(self.headers.clone()));
        }
        domain
    }

    fn outputs(&self) -> BTreeMap<String, Value> {
        let output = |id: &ResourceId, name: &str| Value::Ref(id.clone(), name.to_owned());
        let mut outputs =
            BTreeMap::from([("bucket".to_owned(), output(&self.pack.bucket, "name"))]);
        let entrance = if self.domains.is_empty() {
            self.pack.bucket.clone()
        } else {
            self.domain_id(0)
        };
        outputs.insert("url".to_owned(), output(&entrance, "url"));
        outputs.insert("path_url".to_owned(), output(&entrance, "path_url"));
        if !self.domains.is_empty() {
            outputs.insert("cname".to_owned(), output(&entrance, "cname"));
            let urls = (0..self.domains.len())
                .map(|n| output(&self.domain_id(n), "url"))
                .collect();
            outputs.insert("urls".to_owned(), Value::List(urls));
        }
        outputs
    }
}

/// The error for a domain name that cannot be one.
fn bad_domain(text: &str, at: &crate::diagnostic::Span) -> Diagnostic {
    let detail = format!(
        "`{text}` is not a domain name such as www.example.com, without scheme, port or path"
    );
    Diagnostic::error(code::BAD_PROPERTY, detail).at(at.clone())
}
