//! A definition in a file becomes the attribute `definition` of its flow.

use std::path::{Path, PathBuf};

use workflow::Place;

use super::check::{self, Terms};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};
use crate::resource::{Graph, ResourceId, Value};
use crate::sys::fs;

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

    /// Reads and checks the file, and fills it in.
    pub(in crate::component) fn read(&self, graph: &mut Graph, found: &mut Diagnostics) {
        let shown = self.shown();
        let text = match fs::read_text(&self.file) {
            Ok(Some(text)) => text,
            Ok(None) => {
                let detail = format!("{} does not exist", shown.display());
                let error = Diagnostic::error(code::DEFINITION_MISSING, detail)
                    .at(self.at.clone())
                    .hint("a path counts from the folder of the manifest");
                return found.push(error);
            }
            Err(error) => {
                let error = Diagnostic::error(code::DEFINITION_UNREADABLE, error.to_string());
                return found.push(error.at(self.at.clone()));
            }
        };
        let source = Source::new(shown, text);
        let locate = |place: Place| Some(rest_of_line(&source, place));
        check::check(&source.text, &self.terms, (&locate, &self.at), found);
        if let Some(flow) = graph.get_mut(&self.flow) {
            let text = Value::from(source.text.as_str());
            flow.attrs.insert("definition".to_owned(), text);
        }
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

/// From a place of a file to the end of its line.
fn rest_of_line(source: &std::sync::Arc<Source>, place: Place) -> Span {
    let text = &source.text;
    let found = text.char_indices().nth(place.offset);
    let start = found.map_or(text.len(), |(byte, _)| byte);
    let line = text[start..].lines().next().unwrap_or_default();
    Span::new(source, start, start + line.trim_end().len())
}
