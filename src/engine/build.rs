//! What is to be built of a project's functions.

use super::{Project, open};
use crate::build::{self, Code, Recipe};
use crate::component::{CodePack, Pack};
use crate::diagnostic::{Diagnostic, Span, code};
use crate::own::Own;
use crate::resource::{Graph, Resource, Value};

/// A recipe, for whom it is, and where the manifest names the code.
pub struct Build {
    /// The block's name.
    pub resource: String,
    /// Where the manifest names its code.
    pub at: Span,
    /// What is to be run.
    pub recipe: Recipe,
    /// Whether nothing else may make it: no action before the command, and no layer that may hold it.
    pub is_alone: bool,
}

impl Project {
    /// What the code of the functions of this run needs, in file order. Two functions that share their code need it once.
    pub fn builds(&self) -> Vec<Build> {
        let packs = self.lowered.packs.iter();
        let packs = packs.filter(|pack| self.scope.covers(pack.target()));
        let mut builds: Vec<Build> = Vec::new();
        for mut build in packs.flat_map(|pack| of(pack, &self.own, &self.lowered.graph)) {
            build.is_alone &= !open::is_prepared(&self.manifest, &build.resource);
            if builds.iter().all(|other| other.recipe != build.recipe) {
                builds.push(build);
            }
        }
        builds
    }
}

/// What a pack needs.
fn of(pack: &Pack, own: &Own, graph: &Graph) -> Vec<Build> {
    let Pack::Code(code) = pack else {
        return Vec::new();
    };
    let resource = code.target().block().to_owned();
    let function = graph.get(code.target());
    let recipes = recipes(code, own.build.get(&resource), function);
    let build = |recipe| Build {
        resource: resource.clone(),
        at: code.at().clone(),
        recipe,
        is_alone: function.is_none_or(|function| !function.attrs.contains_key("layers")),
    };
    recipes.into_iter().map(build).collect()
}

fn recipes(pack: &CodePack, line: Option<&String>, function: Option<&Resource>) -> Vec<Recipe> {
    let text = |name: &str| match function?.attrs.get(name)? {
        Value::Plain(value) => value.as_str(),
        _ => None,
    };
    let config = function.and_then(|function| function.attrs.get("customRuntimeConfig"));
    let command = config.and_then(first_word);
    build::find(&Code {
        path: pack.source(),
        runtime: text("runtime"),
        handler: text("handler"),
        command: command.as_deref(),
        line: line.map(String::as_str),
    })
}

/// The first word of a custom runtime's command.
fn first_word(config: &Value) -> Option<String> {
    let config = config.outline(&|_, _| None);
    config["command"][0].as_str().map(str::to_owned)
}

/// Warnings of what is missing that `sdev build` would make. A function with layers may have it there.
pub(super) fn needed<'p>(
    packs: impl Iterator<Item = &'p Pack>,
    own: &Own,
    graph: &Graph,
) -> Vec<Diagnostic> {
    let builds = packs.flat_map(|pack| of(pack, own, graph));
    let alone = builds.filter(|build| build.is_alone);
    alone.filter_map(|build| warning(&build)).collect()
}

fn warning(build: &Build) -> Option<Diagnostic> {
    if !build.recipe.is_missing() || build.recipe.is_made_elsewhere() {
        return None;
    }
    let made = build.recipe.made.as_ref()?.file_name()?.to_string_lossy();
    let detail = format!("`{made}` is not there; `{}` makes it", build.recipe.tool);
    let hint = format!("sdev build {}", build.resource);
    let warning = Diagnostic::warning(code::BUILD_NEEDED, detail);
    Some(warning.at(build.at.clone()).hint(hint))
}
