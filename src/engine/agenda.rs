//! What goes with a project's command beside its plan.

use super::Project;
use crate::hook::Label;
use crate::manifest::{Action, Block, Does, Hook, Tolerance};

impl Project {
    /// Whether the command is more than one plan: actions go with it, or failures that are passed over.
    pub fn has_course(&self) -> bool {
        let tolerant = |block: &&Block| block.tolerance != Tolerance::default();
        !self.actions().is_empty() || self.blocks().any(|block| tolerant(&block))
    }

    /// The actions that go with the command, in the order of a run in which all goes well or fails.
    pub fn actions(&self) -> Vec<Label> {
        let global = |hook: Hook| {
            let of_hook = self.manifest.actions.iter().filter(move |a| a.hook == hook);
            of_hook.map(|action| Label::new(action, None))
        };
        let own = self.blocks().flat_map(|block| {
            let mut actions: Vec<&Action> = block.actions.iter().collect();
            actions.sort_by_key(|action| action.hook);
            let label = |action| Label::new(action, Some(&block.name));
            actions.into_iter().map(label).collect::<Vec<_>>()
        });
        let after = [Hook::Success, Hook::Fail, Hook::Complete];
        global(Hook::Pre)
            .chain(own)
            .chain(after.into_iter().flat_map(global))
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
