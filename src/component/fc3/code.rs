//! A function's code: a folder or package on this machine, or an object in a bucket.

use std::path::{Component, Path, PathBuf};

use serde_json::json;

use super::build::Function;
use crate::artifact::Jar;
use crate::component::code_pack::CodePack;
use crate::component::lower::Context;
use crate::component::pack::Pack;
use crate::component::props::Props;
use crate::diagnostic::Diagnostics;
use crate::manifest::{Node, NodeKind};
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
        let jar = if runs_jar(props) {
            Jar::File
        } else {
            Jar::Package
        };
        let at = node.at.clone();
        let pack = CodePack::new(self.id(), plain(&folder), &context.folder, jar, at);
        self.packs.push(Pack::Code(pack));
    }
}

/// Whether an own runtime starts the code with `java -jar`: then a jar is a file of the package.
fn runs_jar(props: &Props<'_>) -> bool {
    let words = |name: &str| {
        let runtime = props.node("customRuntimeConfig");
        runtime.and_then(|config| config.get(name)).map(Node::items)
    };
    let words = ["command", "args"].into_iter().filter_map(words).flatten();
    let words: Vec<&str> = words.filter_map(Node::as_str).collect();
    let words = words.join(" ");
    words.contains("java") && words.contains("-jar")
}

/// The path as people write it: without `.` in the middle.
pub(in crate::component) fn plain(path: &Path) -> PathBuf {
    let parts = path.components();
    let plain: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
    if plain.as_os_str().is_empty() {
        return PathBuf::from(".");
    }
    plain
}
