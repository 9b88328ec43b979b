//! Puts a function and what belongs to it together as resources of a graph.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::domain::Route;
use super::trigger::Trigger;
use crate::component::alias::Alias;
use crate::component::lower::Parts;
use crate::component::pack::Pack;
use crate::component::typed::{list, map};
use crate::diagnostic::Span;
use crate::manifest::{Block, Node};
use crate::resource::{Attrs, Resource, ResourceId, Value};

/// A layer that is made of files on this machine.
pub(in crate::component) struct Layer {
    /// Its name in the cloud.
    pub(in crate::component) name: String,
    /// What it is called within its function.
    pub(in crate::component) label: String,
    pub(in crate::component) at: Span,
}

/// A function under construction.
pub(in crate::component) struct Function<'a> {
    block: &'a Block,
    name: String,
    region: String,
    /// Its attributes.
    pub(in crate::component) attrs: Attrs,
    parts: Vec<Resource>,
    triggers: Vec<Value>,
    urls: Attrs,
    /// The alias by which it is called, and its resource.
    alias: Option<(String, ResourceId)>,
    pub(in crate::component) packs: Vec<Pack>,
}

impl<'a> Function<'a> {
    /// A function of this name, with nothing yet.
    pub(in crate::component) fn new(block: &'a Block, name: &str, region: &str) -> Self {
        Self {
            block,
            name: name.to_owned(),
            region: region.to_owned(),
            attrs: Attrs::new(),
            parts: Vec::new(),
            triggers: Vec::new(),
            urls: Attrs::new(),
            alias: None,
            packs: Vec::new(),
        }
    }

    /// The resource that is the function itself.
    pub(in crate::component) fn id(&self) -> ResourceId {
        self.part_id("function")
    }

    fn part_id(&self, part: &str) -> ResourceId {
        ResourceId::new(format!("{}.{part}", self.block.name))
    }

    fn part(&mut self, part: &str, kind: &str, mut attrs: Attrs, at: Span) -> ResourceId {
        attrs.insert("functionName".to_owned(), self.name.as_str().into());
        let id = self.part_id(part);
        let mut after = BTreeSet::from([self.id()]);
        after.extend(self.alias.iter().map(|(_, id)| id.clone()));
        self.parts.push(Resource {
            id: id.clone(),
            kind: kind.into(),
            attrs,
            after,
            at: Some(at),
        });
        id
    }

    /// Adds a layer, whose files are read later.
    pub(in crate::component) fn layer(&mut self, layer: Layer) -> ResourceId {
        let id = self.part_id(&format!("layer[{}]", layer.label));
        let attrs = [("layerName", &layer.name), ("region", &self.region)];
        let attrs = attrs.map(|(name, value)| (name.to_owned(), value.as_str().into()));
        self.parts.push(Resource {
            id: id.clone(),
            kind: "fc.layer".into(),
            attrs: attrs.into(),
            after: BTreeSet::new(),
            at: Some(layer.at),
        });
        id
    }

    /// Has each change published as a version, and led to by an alias. What is added from now on calls the function by it.
    pub(in crate::component) fn publish(&mut self, alias: Alias) {
        let Alias { name, trial, at } = alias;
        let published = Value::Plain(true.into());
        self.attrs.insert("published".to_owned(), published.clone());
        let revision = Value::Ref(self.id(), "revision".to_owned());
        let mut version = Attrs::from([("revision".to_owned(), revision)]);
        if trial.is_some() {
            version.insert("trial".to_owned(), published);
        }
        let version = self.part("version", "fc.version", version, at.clone());
        let output = |name: &str| Value::Ref(version.clone(), name.to_owned());
        let mut attrs = Attrs::from([("aliasName".to_owned(), name.as_str().into())]);
        if let Some(weight) = trial {
            let newest = ("versionId".to_owned(), output("versionId"));
            let trial = map(Attrs::from([newest, ("weight".to_owned(), weight)]));
            attrs.insert("trial".to_owned(), trial);
            attrs.insert("versionId".to_owned(), output("settledId"));
        } else {
            attrs.insert("versionId".to_owned(), output("versionId"));
        }
        let id = self.part("alias", "fc.alias", attrs, at);
        self.alias = Some((name, id));
    }

    /// Leads what calls the function by a qualifier to its alias, if it has one.
    fn by_alias(&self, attrs: &mut Attrs) {
        if let Some((name, _)) = &self.alias {
            attrs.insert("qualifier".to_owned(), name.as_str().into());
        }
    }

    /// Adds a trigger. The address of one for web requests is the function's.
    pub(in crate::component) fn trigger(&mut self, trigger: Trigger) {
        let Trigger {
            name,
            of,
            mut attrs,
            at,
        } = trigger;
        self.by_alias(&mut attrs);
        let told = ["triggerName", "triggerType", "qualifier"];
        let mut shown: Attrs = told
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), attrs.get(*name)?.clone())))
            .collect();
        let id = self.part(&format!("trigger[{name}]"), "fc.trigger", attrs, at);
        if of == "http" {
            let output = |name: &str| Value::Ref(id.clone(), name.to_owned());
            for (name, of) in [
                ("system_url", "urlInternet"),
                ("system_intranet_url", "urlIntranet"),
            ] {
                self.urls
                    .entry(name.to_owned())
                    .or_insert_with(|| output(of));
                shown.insert(of.to_owned(), output(of));
            }
        }
        self.triggers.push(map(shown));
    }

    /// Adds a setting that the service keeps as a document of its own.
    pub(in crate::component) fn document(
        &mut self,
        part: &str,
        kind: &str,
        mut attrs: Attrs,
        at: Option<&Node>,
    ) {
        if !matches!(kind, "fc.concurrency" | "fc.vpc_binding") {
            self.by_alias(&mut attrs);
            attrs
                .entry("qualifier".to_owned())
                .or_insert_with(|| "LATEST".into());
        }
        let at = at.map_or_else(|| self.block.at.clone(), |node| node.at.clone());
        self.part(part, kind, attrs, at);
    }

    /// Adds a route of a domain.
    pub(in crate::component) fn route(&mut self, route: Route) {
        let Route { mut attrs, at } = route;
        self.by_alias(&mut attrs);
        attrs.insert("region".to_owned(), self.region.as_str().into());
        let id = self.part("route", "fc.route", attrs, at);
        let url = Value::Ref(id, "url".to_owned());
        self.urls.insert("custom_domain".to_owned(), url);
    }

    /// The resources and outputs.
    pub(in crate::component) fn finish(mut self) -> Parts {
        let id = self.id();
        let outputs = self.outputs(&id);
        self.attrs
            .insert("functionName".to_owned(), self.name.as_str().into());
        self.attrs
            .insert("region".to_owned(), self.region.as_str().into());
        let mut resources = vec![Resource {
            id,
            kind: "fc.function".into(),
            attrs: self.attrs,
            after: BTreeSet::new(),
            at: Some(self.block.at.clone()),
        }];
        resources.append(&mut self.parts);
        Parts {
            resources,
            outputs,
            packs: self.packs,
            ..Parts::default()
        }
    }

    /// What the original component's `info` shows, as far as it is known here.
    fn outputs(&mut self, id: &ResourceId) -> BTreeMap<String, Value> {
        let mut outputs = BTreeMap::new();
        for (name, value) in &self.attrs {
            let is_told = !["code", "environmentVariables", "published"].contains(&name.as_str());
            if matches!(value, Value::Plain(_)) && is_told {
                outputs.insert(name.clone(), value.clone());
            }
        }
        for name in ["functionArn", "functionId", "codeChecksum"] {
            outputs.insert(name.to_owned(), Value::Ref(id.clone(), name.to_owned()));
        }
        if let Some((_, alias)) = &self.alias {
            let alias = Value::Ref(alias.clone(), "aliasName".to_owned());
            outputs.insert("alias".to_owned(), alias);
            let version = Value::Ref(self.part_id("version"), "versionId".to_owned());
            outputs.insert("versionId".to_owned(), version);
        }
        // Whoever names the function this way waits for it.
        let name = Value::Ref(id.clone(), "functionName".to_owned());
        outputs.insert("functionName".to_owned(), name);
        outputs.insert(
            "region".to_owned(),
            Value::Plain(Json::String(self.region.clone())),
        );
        outputs.insert(
            "triggers".to_owned(),
            list(std::mem::take(&mut self.triggers)),
        );
        if !self.urls.is_empty() {
            outputs.insert("url".to_owned(), map(std::mem::take(&mut self.urls)));
        }
        outputs
    }
}
