//! A function's code on this machine becomes the attributes `code`, `files` and `source` of the function; files of a layer
//! likewise.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::detect;
use crate::artifact::{self, CodePackage, Jar};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::resource::{Graph, Object, ResourceId, Value};

/// Code that belongs to a function, or files that belong to a layer.
#[derive(Debug, Clone)]
pub struct CodePack {
    target: ResourceId,
    source: PathBuf,
    store: PathBuf,
    jar: Jar,
    at: Span,
    /// Whether the files say what runs them, where nothing else does.
    detects: bool,
}

impl CodePack {
    /// The code at `source` for a function or a layer. Zips are kept in `.sdev/code` of the `project`; `at` is where the manifest names
    /// the code.
    pub fn new(
        target: ResourceId,
        source: PathBuf,
        project: &std::path::Path,
        jar: Jar,
        at: Span,
    ) -> Self {
        let store = project.join(".sdev").join("code");
        Self {
            target,
            source,
            store,
            jar,
            at,
            detects: false,
        }
    }

    /// The same; runtime and handler are read off the files where the function has none.
    #[must_use]
    pub fn detecting(self) -> Self {
        Self {
            detects: true,
            ..self
        }
    }

    /// The function or layer.
    pub fn target(&self) -> &ResourceId {
        &self.target
    }

    /// Where it is on this machine.
    pub fn source(&self) -> &std::path::Path {
        &self.source
    }

    /// Where the manifest names it.
    pub fn at(&self) -> &Span {
        &self.at
    }

    /// The files that are packed; those in folders of these names are passed over.
    pub(super) fn files(&self, passed_over: &'static [&'static str]) -> Vec<PathBuf> {
        if self.source.is_dir() {
            artifact::list_code(&self.source, passed_over)
        } else {
            vec![self.source.clone()]
        }
    }

    /// Packs, and fills in: `code` is what the service knows it by, `files` what is in it, `source` where the zip is. All that is
    /// wrong is reported.
    pub(super) fn read(&self, graph: &mut Graph, found: &mut Diagnostics) {
        let package = match CodePackage::of(&self.source, &self.store, self.jar) {
            Ok(package) => package,
            Err(errors) => {
                let errors = errors.into_iter().map(Diagnostic::from);
                return errors.for_each(|error| found.push(error.at(self.at.clone())));
            }
        };
        if let Some(remark) = package.remark(&self.source) {
            found.push(remark.at(self.at.clone()));
        }
        let Some(resource) = graph.get_mut(&self.target) else {
            return;
        };
        if self.detects
            && let Err(error) = detect::fill(&mut resource.attrs, &package.entries)
        {
            found.push(error.about(&self.source, &self.target).at(self.at.clone()));
        }
        let files: Object = package
            .entries
            .iter()
            .map(|(path, entry)| {
                let shown =
                    json!({ "md5": entry.digest, "size": entry.size, "mode": entry.mode() });
                (path.clone(), shown)
            })
            .collect();
        let code = json!({ "checksum": package.crc64, "size": package.size });
        let source = package.file.to_string_lossy().into_owned();
        for (name, value) in [
            ("code", code),
            ("files", Json::from(files)),
            ("source", source.into()),
        ] {
            resource.attrs.insert(name.to_owned(), Value::Plain(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::component::{Pack, pack};
    use crate::diagnostic::code;
    use crate::resource::Resource;

    fn graph() -> Graph {
        Graph::build([Resource {
            id: ResourceId::new("api.function"),
            kind: "fc.function".into(),
            attrs: BTreeMap::new(),
            after: BTreeSet::new(),
            at: None,
        }])
        .unwrap()
    }

    fn place() -> Span {
        let source = crate::diagnostic::Source::new("s.yaml", "code: ./code");
        Span::new(&source, 0, 4)
    }

    fn code_of(folder: &std::path::Path) -> Pack {
        let (id, at) = (ResourceId::new("api.function"), place());
        Pack::Code(CodePack::new(
            id,
            folder.join("code"),
            folder,
            Jar::Package,
            at,
        ))
    }

    #[test]
    fn a_function_gets_its_checksum_its_files_and_its_zip() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("code")).unwrap();
        std::fs::write(folder.path().join("code/index.py"), "hello").unwrap();
        let (graph, _) = pack(graph(), [&code_of(folder.path())], &|_| false).unwrap();
        let attrs = &graph.get(&ResourceId::new("api.function")).unwrap().attrs;
        let plain = |name: &str| match &attrs[name] {
            Value::Plain(value) => value.clone(),
            other => panic!("{other:?}"),
        };
        let md5 = "5d41402abc4b2a76b9719d911017c592";
        let file = json!({ "md5": md5, "size": 5, "mode": "644" });
        assert_eq!(plain("files"), json!({ "index.py": file }));
        let zip = std::fs::read(plain("source").as_str().unwrap()).unwrap();
        let checksum = wire::crc64::crc64(&zip).to_string();
        assert_eq!(
            plain("code"),
            json!({ "checksum": checksum, "size": zip.len() })
        );
    }

    #[test]
    fn code_that_an_action_makes_is_known_later() {
        let folder = tempfile::tempdir().unwrap();
        let found = pack(graph(), [&code_of(folder.path())], &|_| false).unwrap_err();
        assert!(found.iter().all(|d| d.code == code::CODE_MISSING));
        let (graph, _) = pack(graph(), [&code_of(folder.path())], &|_| true).unwrap();
        let attrs = &graph.get(&ResourceId::new("api.function")).unwrap().attrs;
        assert!(matches!(attrs["code"], Value::Ref(..)));
    }
}
