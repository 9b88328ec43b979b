//! Which blocks a plan is about. What is outside is neither changed nor deleted nor forgotten.

use std::collections::{BTreeMap, BTreeSet};

use super::make::output;
use super::{Change, Plan};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::resource::{Graph, Resource, ResourceId};
use crate::state::State;

/// Blocks of a manifest, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of them, and those that are no longer there.
    #[default]
    All,
    /// These.
    Only(BTreeSet<String>),
    /// All but these, and those that are no longer there.
    Except(BTreeSet<String>),
}

/// Which steps of a plan are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    #[default]
    Whole,
    /// Those that bring the blocks about. What blocks outside stand on stays for later.
    Changes,
    /// Deletions only: of what nobody wants any more. What blocks outside stand on stays.
    Farewell,
}

impl Scope {
    /// Whether a block is in it.
    pub fn has(&self, block: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(blocks) => blocks.contains(block),
            Self::Except(blocks) => !blocks.contains(block),
        }
    }

    /// Whether a resource's block is in it.
    pub fn covers(&self, id: &ResourceId) -> bool {
        self.has(id.block())
    }

    /// An error for each resource that needs an output of a resource outside which the state does not have.
    pub(super) fn missing(&self, graph: &Graph, state: &State) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for resource in graph.ordered().filter(|r| self.covers(&r.id)) {
            let known = |id: &ResourceId, path: &str| {
                let inside = self.covers(id) || graph.get(id).is_none();
                let null = inside.then_some(serde_json::Value::Null);
                null.or_else(|| output(&state.records.get(id)?.outputs, path))
            };
            let values = resource.attrs.values();
            let unknown = values
                .map(|value| value.resolve(&known))
                .find_map(Result::err);
            if let Some(unknown) = unknown {
                diagnostics.push(outside(resource, &unknown.resource, &unknown.output));
            }
        }
        diagnostics
    }
}

fn outside(resource: &Resource, needed: &ResourceId, output: &str) -> Diagnostic {
    let block = needed.block();
    let detail = format!(
        "`{}` needs `{output}` of `{needed}`, which is not deployed and not part of this run",
        resource.id
    );
    let mut error = Diagnostic::error(code::OUTSIDE, detail)
        .hint(format!("deploy that one first: sdev deploy {block}"));
    error.at.clone_from(&resource.at);
    error
}

/// The number of the group that each block is in.
pub(super) fn places(order: &[Vec<String>]) -> BTreeMap<&str, usize> {
    order
        .iter()
        .enumerate()
        .flat_map(|(number, group)| group.iter().map(move |name| (name.as_str(), number)))
        .collect()
}

impl Plan {
    /// Lets every change wait for all changes of the groups before its own.
    pub(super) fn in_groups(&mut self, order: &[Vec<String>]) {
        let places = places(order);
        let place = |id: &ResourceId| places.get(id.block()).copied();
        let brings = |change: &Change| {
            matches!(
                change,
                Change::Create { .. } | Change::Update { .. } | Change::Adopt { .. }
            )
        };
        let changes: Vec<(usize, usize)> = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| brings(&step.change))
            .filter_map(|(number, step)| Some((number, place(&step.id)?)))
            .collect();
        for &(number, own) in &changes {
            let earlier = changes.iter().filter(|(_, group)| *group < own);
            self.steps[number].waits.extend(earlier.map(|(n, _)| *n));
        }
    }
}
