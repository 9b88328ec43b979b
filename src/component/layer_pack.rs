//! A folder on this machine becomes the content of a layer.

use super::code_pack::CodePack;
use super::typed::list;
use crate::diagnostic::Diagnostics;
use crate::resource::{Graph, ResourceId};

/// Files of a layer that belongs to a function.
#[derive(Debug, Clone)]
pub struct LayerPack {
    package: CodePack,
    function: ResourceId,
}

impl LayerPack {
    /// The package of a layer of this function.
    pub(super) fn new(package: CodePack, function: ResourceId) -> Self {
        Self { package, function }
    }

    /// The layer.
    pub fn layer(&self) -> &ResourceId {
        self.package.target()
    }

    /// Its files.
    pub(super) fn package(&self) -> &CodePack {
        &self.package
    }

    /// Packs as code is packed, and notes the function's runtime, which its own code may say: that is what the layer is for.
    pub(super) fn read(&self, graph: &mut Graph, found: &mut Diagnostics) {
        self.package.read(graph, found);
        let function = graph.get(&self.function);
        let runtime = function.and_then(|function| function.attrs.get("runtime"));
        let runtime = runtime.cloned();
        if let (Some(runtime), Some(layer)) = (runtime, graph.get_mut(self.package.target())) {
            let runtimes = list(vec![runtime]);
            layer.attrs.insert("compatibleRuntime".to_owned(), runtimes);
        }
    }
}
