//! What goes with a project's command beside its plan.

use super::Project;
use crate::hook::Label;
use crate::manifest::{Action, Block, Does, Hook, Manifest, Tolerance};

impl Project {
    /// Whether the command is more than one plan: actions go with it, or failures that are passed over.
    pub fn has_course(&self) -> bool {
        let tolerant = |block: &&Block| block.tolerance != Tolerance::default();
        !self.actions().is_empty() || self.blocks().any(|block| tolerant(&block))
    }

    /// The actions that go with the command, in the order of a run in which all goes well or fails.
    pub fn actions(&self) -> Vec<Label> {
        let all = in_order(&self.manifest, &self.order);
        all.map(|(action, block)| Label::new(action, block.map(|block| &*block.name)))
            .collect()
    }

    /// Whether an action holds outputs of resources.
    pub fn asks_for_outputs(&self) -> bool {
        let own = self.blocks().flat_map(|block| &block.actions);
        let mut actions = self.manifest.actions.iter().chain(own);
        actions.any(|action| match &action.does {
            Does::Run { line, .. } => line.has_output(),
            Does::Plugin { .. } => true,
            Does::Component { .. } => false,
        })
    }

    /// The blocks that the command is for, in order.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        let named = |name: &String| self.block(name);
        self.order.iter().flatten().filter_map(named)
    }

    pub(super) fn block(&self, name: &str) -> Option<&Block> {
        self.manifest.blocks.iter().find(|block| block.name == name)
    }
}

/// Whether a block's failure is passed over. The original exits with 101 after one, we with 1: either may be named.
pub(super) fn is_tolerated(block: &Block, command: &str) -> bool {
    let mut codes = [1, 101].into_iter();
    codes.any(|code| block.tolerance.covers(command, code))
}

/// The actions that go with a command for these blocks, in the order of a run, each with its block.
pub(super) fn in_order<'m>(
    manifest: &'m Manifest,
    order: &[Vec<String>],
) -> impl Iterator<Item = (&'m Action, Option<&'m Block>)> {
    let global = |hook: Hook| {
        let all = manifest.actions.iter();
        all.filter(move |action| action.hook == hook)
            .map(|action| (action, None))
    };
    let named = |name: &String| manifest.blocks.iter().find(|block| block.name == *name);
    let own = order.iter().flatten().filter_map(named).flat_map(|block| {
        let mut actions: Vec<&Action> = block.actions.iter().collect();
        actions.sort_by_key(|action| action.hook);
        actions.into_iter().map(move |action| (action, Some(block)))
    });
    let after = [Hook::Success, Hook::Fail, Hook::Complete];
    global(Hook::Pre)
        .chain(own)
        .chain(after.into_iter().flat_map(global))
}
