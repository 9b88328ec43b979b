//! A function's code: a folder or package on this machine, or an object in a bucket.

use serde_json::json;

use super::build::Function;
use crate::component::code_pack::CodePack;
use crate::component::lower::Context;
use crate::component::pack::Pack;
use crate::component::props::Props;
use crate::diagnostic::Diagnostics;
use crate::manifest::NodeKind;
use crate::resource::Value;

/// Runtimes whose code is an image.
const IMAGES: [&str; 2] = ["custom-container", "micro-sandbox"];

impl Function<'_> {
    /// Reads `code`, which an image has no use for.
    pub(in crate::component) fn code(
        &mut self,
        props: &Props<'_>,
        context: &Context,
        diagnostics: &mut Diagnostics,
    ) {
        let runtime = props.text("runtime", diagnostics).unwrap_or_default();
        let Some(node) = props.node("code").filter(|_| !IMAGES.contains(&runtime)) else {
            return;
        };
        if let NodeKind::Map(_) = node.kind {
            let code = Props::new(node, &props.path("code"));
            let bucket = code.text("ossBucketName", diagnostics);
            let object = code.text("ossObjectName", diagnostics);
            let code = json!({ "ossBucketName": bucket, "ossObjectName": object });
            self.attrs.insert("code".to_owned(), Value::Plain(code));
            return;
        }
        let Some(source) = props.text("code", diagnostics) else {
            return;
        };
        let folder = context.folder.join(source);
        let pack = CodePack::new(self.id(), &folder, node.at.clone());
        self.packs.push(Pack::Code(pack));
    }
}
