//! A definition in a file becomes the attribute `definition` of its flow.

use std::path::{Path, PathBuf};

use workflow::Place;

use super::check::{self, Terms};
use super::extent::extent;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};
use crate::manifest;
use crate::resource::{Graph, ResourceId, Value};

/// The file of a workflow's definition.
#[derive(Debug, Clone)]
pub struct DefinitionPack {
    flow: ResourceId,
    file: PathBuf,
    written: String,
    at: Span,
    terms: Terms,
}

impl DefinitionPack {
    /// The definition of a flow in `file`; the manifest names it as `written`, at `at`.
    pub(super) fn new(
        flow: ResourceId,
        file: PathBuf,
        (written, at): (&str, &Span),
        terms: Terms,
    ) -> Self {
        Self {
            flow,
            file,
            written: written.to_owned(),
            at: at.clone(),
            terms,
        }
    }

    /// The flow.
    pub fn flow(&self) -> &ResourceId {
        &self.flow
    }

    /// The file.
    pub(in crate::component) fn file(&self) -> &Path {
        &self.file
    }

    /// Reads and checks the file, and fills it in.
    pub(in crate::component) fn read(&self, graph: &mut Graph, found: &mut Diagnostics) {
        let source = match manifest::read_source(&self.shown()) {
            Ok(source) => source,
            Err(error) => return found.push(self.unread(error)),
        };
        let locate = |place: Place| Some(shown_at(&source, place));
        check::check(&source.text, &self.terms, (&locate, &self.at), found);
        if let Some(flow) = graph.get_mut(&self.flow) {
            let text = Value::from(source.text.as_str());
            flow.attrs.insert("definition".to_owned(), text);
        }
    }

    /// The error of a definition that cannot be read.
    fn unread(&self, why: Diagnostic) -> Diagnostic {
        let is_missing = why.code == code::MANIFEST_MISSING;
        let mut error = if is_missing {
            Diagnostic::error(code::DEFINITION_MISSING, why.detail)
                .hint("a path counts from the folder of the manifest")
        } else {
            Diagnostic::error(code::DEFINITION_UNREADABLE, why.detail)
        };
        error.hints.extend(why.hints);
        error.at(self.at.clone())
    }

    /// The file's path as people see it from where they called the manifest.
    fn shown(&self) -> PathBuf {
        let beside = self.at.path().parent().unwrap_or(Path::new(""));
        let near = crate::component::fc3::plain(&beside.join(&self.written));
        match std::path::absolute(&near) {
            Ok(absolute) if absolute == self.file => near,
            _ => self.file.clone(),
        }
    }
}

/// What stands at a place of a file, as far as it goes on its line.
fn shown_at(source: &std::sync::Arc<Source>, place: Place) -> Span {
    let text = &source.text;
    let found = text.char_indices().nth(place.offset);
    let start = found.map_or(text.len(), |(byte, _)| byte);
    let line = text[start..].lines().next().unwrap_or_default();
    Span::new(source, start, start + extent(line))
}
