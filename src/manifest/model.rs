//! What a loaded manifest is: its name, its blocks, its resolved document.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Action, Node, Tolerance};
use crate::diagnostic::Span;

/// A manifest whose expressions are resolved, except outputs that only exist after an apply.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file, as the user gave it.
    pub path: PathBuf,
    /// The folder that relative paths in it start from.
    pub folder: PathBuf,
    /// The application's name: key `name`, or the folder's name.
    pub name: String,
    /// Key `access`, if present (not interpolated).
    pub access: Option<String>,
    /// The resources, in file order.
    pub blocks: Vec<Block>,
    /// Global actions around the command that the manifest was loaded for, in file order.
    pub actions: Vec<Action>,
    /// The names of the blocks to run the command on, group by group; the blocks of a group may run side by side.
    /// What `flow` says of the command, otherwise all blocks, one a group, each after those whose outputs it needs.
    pub order: Vec<Vec<String>>,
    /// Variables of `.env` files that the process itself does not have, for programs that are run.
    pub variables: Vec<(String, String)>,
    /// The files that it was read from: its own, those that it is laid over or that are laid over it, those that `file()` reads.
    pub files: BTreeSet<PathBuf>,
    /// The key `sdev`: settings of ours, which Serverless Devs does not read.
    pub own: Option<Node>,
    /// The whole resolved document, for preview.
    pub document: Node,
}

impl Manifest {
    /// The sources of everything secret that the manifest names, used or only marked. Whatever prints words of others
    /// hides their texts.
    pub fn secret_sources(&self) -> BTreeSet<String> {
        let of_blocks = self.blocks.iter().flat_map(|block| &block.actions);
        let actions = self.actions.iter().chain(of_blocks);
        let nodes = actions.flat_map(|action| action.does.nodes());
        let used = nodes.chain([&self.document]).flat_map(Node::secrets);
        let marked = self.own.as_ref().map(super::resolve::marked);
        let marked = marked.into_iter().flatten();
        used.map(|secret| secret.source.clone())
            .chain(marked.map(|name| format!("env:{name}")))
            .collect()
    }
}

/// What a manifest is loaded for.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The command, by which keys of `actions` and `flow` are chosen: `deploy`, `remove`, …
    pub command: &'a str,
    /// The environment asked for, if any: its overlays in `env.yaml` are laid over the properties.
    pub environment: Option<&'a str>,
    /// The access asked for, over the environment's and the manifest's: what `${this.access}` shows.
    pub access: Option<&'a str>,
}

/// One resource as written.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its key under `resources`.
    pub name: String,
    /// Where that key is.
    pub at: Span,
    /// The component's name.
    pub component: String,
    /// Where the component is named.
    pub component_at: Span,
    /// Its properties: a map, unless it is broken.
    pub props: Node,
    /// Its actions around the command that the manifest was loaded for, in file order.
    pub actions: Vec<Action>,
    /// `allow_failure` and `continue-on-error`.
    pub tolerance: Tolerance,
    /// Whether an expression in it has no value, so that it can be checked and not lowered. Never so after a load
    /// that went well.
    pub is_broken: bool,
}
