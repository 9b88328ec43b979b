//! Local folders and files become attributes: a site's of `oss.files`, a function's code of the function, a
//! layer's files of the layer, a definition of its flow.

use globset::GlobSet;
use serde_json::json;

use std::path::{Path, PathBuf};

use super::code_pack::CodePack;
use super::layer_pack::LayerPack;
use super::site::CacheRules;
use super::workflow::DefinitionPack;
use crate::artifact::{self, FileEntry};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, code};
use crate::resource::{Graph, Object, ResourceId, Value};

/// A folder or file on this machine whose content belongs to a resource.
#[derive(Debug, Clone)]
pub enum Pack {
    /// A site's folder.
    Site(SitePack),
    /// A function's code.
    Code(CodePack),
    /// The files of a layer.
    Layer(LayerPack),
    /// A workflow's definition.
    Definition(DefinitionPack),
}

/// A folder whose files are objects of a bucket.
#[derive(Debug, Clone)]
pub struct SitePack {
    /// The resource that gets the files.
    pub(super) files: ResourceId,
    /// The bucket that serves them.
    pub(super) bucket: ResourceId,
    /// The folder.
    pub(super) folder: PathBuf,
    /// Where the manifest names it.
    pub(super) at: Span,
    /// What to leave out.
    pub(super) ignore: GlobSet,
    /// How long browsers may keep each.
    pub(super) cache: CacheRules,
    /// The index document.
    pub(super) index: String,
    /// The error document, if one is named.
    pub(super) error: Option<String>,
    /// Whether unknown paths get the index document.
    pub(super) spa: bool,
}

/// What an action may make before it is needed.
const MISSING: &[Code] = &[
    code::SOURCE_MISSING,
    code::CODE_MISSING,
    code::CODE_EMPTY,
    code::DEFINITION_MISSING,
];

/// Reads the folders and fills in what depends on their content. All that is wrong is reported at once. Of what is made
/// by actions that have not run (`unmade`) it is no error that it is missing: then its files are not known. What is no error
/// comes back beside the graph.
pub fn pack<'p>(
    mut graph: Graph,
    packs: impl IntoIterator<Item = &'p Pack>,
    unmade: &dyn Fn(&Pack) -> bool,
) -> Result<(Graph, Diagnostics), Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    for pack in packs {
        let mut found = Diagnostics::new();
        match pack {
            Pack::Site(site) => site.read(&mut graph, &mut found),
            Pack::Code(code) => code.read(&mut graph, &mut found),
            Pack::Layer(layer) => layer.read(&mut graph, &mut found),
            Pack::Definition(definition) => definition.read(&mut graph, &mut found),
        }
        let missing = !found.is_empty() && found.iter().all(|d| MISSING.contains(&d.code));
        if missing && unmade(pack) {
            pack.leave_open(&mut graph);
        } else {
            diagnostics.extend(found);
        }
    }
    diagnostics.into_result(graph)
}

impl Pack {
    /// The resource that gets the files.
    pub fn target(&self) -> &ResourceId {
        match self {
            Self::Site(site) => &site.files,
            Self::Code(code) => code.target(),
            Self::Layer(layer) => layer.layer(),
            Self::Definition(definition) => definition.flow(),
        }
    }

    /// The folder or file on this machine.
    pub fn source(&self) -> &Path {
        match self {
            Self::Site(site) => &site.folder,
            Self::Code(code) => code.source(),
            Self::Layer(layer) => layer.package().source(),
            Self::Definition(definition) => definition.file(),
        }
    }

    /// The files that it is made of right now, as far as they can be found; what is in folders of code with these names is passed
    /// over.
    pub fn files(&self, passed_over: &'static [&'static str]) -> Vec<PathBuf> {
        match self {
            Self::Site(site) => artifact::list(&site.folder, &site.ignore),
            Self::Code(code) => code.files(passed_over),
            Self::Layer(layer) => layer.package().files(passed_over),
            Self::Definition(definition) => vec![definition.file().to_owned()],
        }
    }

    /// What depends on the content is known after the actions of the block: no resource has that name.
    fn leave_open(&self, graph: &mut Graph) {
        let open: &[(&ResourceId, &str)] = match self {
            Self::Site(site) => &[(&site.files, "files"), (&site.bucket, "website")],
            Self::Code(code) => &[(code.target(), "files"), (code.target(), "code")],
            Self::Layer(layer) => &[(layer.layer(), "files"), (layer.layer(), "code")],
            Self::Definition(definition) => &[(definition.flow(), "definition")],
        };
        let block = self.target().as_str().split('.').next().unwrap_or_default();
        let actions = ResourceId::new(format!("{block}.actions"));
        for (id, attr) in open {
            if let Some(resource) = graph.get_mut(id) {
                let value = Value::Ref(actions.clone(), "files".to_owned());
                resource.attrs.insert((*attr).to_owned(), value);
            }
        }
    }
}

impl SitePack {
    fn read(&self, graph: &mut Graph, found: &mut Diagnostics) {
        match artifact::scan(&self.folder, &self.ignore) {
            Ok(files) => self.fill(graph, &files, found),
            Err(errors) => errors
                .into_iter()
                .for_each(|e| found.push(Diagnostic::from(e).at(self.at.clone()))),
        }
    }

    fn fill(
        &self,
        graph: &mut Graph,
        files: &std::collections::BTreeMap<String, FileEntry>,
        diagnostics: &mut Diagnostics,
    ) {
        for (property, document) in [("index", Some(&self.index)), ("error", self.error.as_ref())] {
            if let Some(missing) = document.filter(|d| !files.contains_key(*d)) {
                let detail = format!(
                    "`{property}` names `{missing}`, which is not in {}",
                    self.folder.display()
                );
                diagnostics
                    .push(Diagnostic::error(code::SOURCE_MISSING, detail).at(self.at.clone()));
            }
        }
        if let Some(resource) = graph.get_mut(&self.files) {
            let entries: Object = files
                .iter()
                .map(|(key, file)| (key.clone(), self.entry(key, file)))
                .collect();
            resource
                .attrs
                .insert("files".to_owned(), Value::Plain(entries.into()));
        }
        if let Some(bucket) = graph.get_mut(&self.bucket) {
            bucket.attrs.insert(
                "website".to_owned(),
                Value::Plain(self.website(files.contains_key("404.html"))),
            );
        }
    }

    fn entry(&self, key: &str, file: &FileEntry) -> serde_json::Value {
        json!({ "md5": file.md5, "size": file.size, "type": content_type(key), "cache": self.cache.control(key) })
    }

    /// A single-page app answers unknown paths with its index and 200; a site with its error document and 404.
    fn website(&self, has_404: bool) -> serde_json::Value {
        let mut website = json!({ "index": self.index, "sub_dirs": true });
        if self.spa {
            website["error"] = self.index.clone().into();
            website["error_status"] = 200.into();
        } else if let Some(error) = self
            .error
            .clone()
            .or_else(|| has_404.then(|| "404.html".to_owned()))
        {
            website["error"] = error.into();
            website["error_status"] = 404.into();
        }
        website
    }
}

/// The media type by extension; texts are UTF-8.
fn content_type(key: &str) -> String {
    let guess = mime_guess::from_path(key).first_or_octet_stream();
    let essence = guess.essence_str();
    let is_text = guess.type_() == mime_guess::mime::TEXT
        || [
            "application/javascript",
            "application/json",
            "image/svg+xml",
            "application/xml",
        ]
        .contains(&essence);
    if is_text {
        format!("{essence}; charset=utf-8")
    } else {
        essence.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn types_are_those_that_browsers_want() {
        assert_eq!(content_type("a/index.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("a.JS"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("a.woff2"), "font/woff2");
        assert_eq!(content_type("logo.svg"), "image/svg+xml; charset=utf-8");
        assert_eq!(content_type("unknown"), "application/octet-stream");
    }
}
