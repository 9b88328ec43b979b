//! A run with actions: block by block, each planned anew after what was run before it. See docs/adr/0010.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use super::{Aim, Destination, Project, Reading, Until};
use super::{agenda, check};
use crate::apply::{self, Report, Stop};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::hook::{self, Subject};
use crate::manifest::{Hook, Node};
use crate::plan::{Part, Plan, Scope};
use crate::resource::Object;
use crate::state::LockedState;

/// Something that happened in a run.
#[derive(Debug)]
pub enum Happening {
    /// A step of a plan.
    Step(apply::Event),
    /// An action.
    Action(hook::Event),
    /// What blocks came to after their actions, where it is not what was confirmed.
    Replanned(Replan),
    /// Blocks could not be planned.
    Trouble(Diagnostic),
}

/// A plan made anew.
#[derive(Debug)]
pub struct Replan {
    /// The plan.
    pub plan: Plan,
    /// The plugins that changed properties, by block.
    pub changed_by: BTreeMap<String, Vec<String>>,
}

/// How a run ended.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The steps.
    pub report: Report,
    /// Whether all went well, but for failures that are passed over.
    pub is_well: bool,
}

/// How a project of this reading is read again.
pub type Reread<'a> = &'a (dyn Fn(&Reading<'_>) -> Result<Project, Diagnostics> + Sync);

/// What a run needs to know.
pub struct Course<'a> {
    /// The project as it was when the plan was confirmed.
    pub project: &'a Project,
    /// Where it is applied to.
    pub to: &'a Destination,
    /// What it leads to.
    pub aim: Aim,
    /// The plan that was shown and confirmed.
    pub confirmed: &'a Plan,
    /// Whether deletions that come up on the way need no confirmation.
    pub is_bold: bool,
    /// How long each action may take.
    pub limit: Duration,
    /// Reads the project again.
    pub reread: Reread<'a>,
    /// The user's wish to stop.
    pub stop: &'a Stop,
    /// Who hears what happens.
    pub tell: &'a (dyn Fn(Happening) + Sync),
}

/// What a run has come to so far.
#[derive(Default)]
pub(super) struct Way {
    pub(super) report: Report,
    /// Properties as plugins left them.
    pub(super) changed: BTreeMap<String, Node>,
    /// The plugins that did.
    pub(super) changed_by: BTreeMap<String, Vec<String>>,
    /// What is known of outputs before anything is removed.
    pub(super) outputs: BTreeMap<String, Object>,
    pub(super) has_failed: bool,
    pub(super) is_stopped: bool,
}

impl Course<'_> {
    /// Runs it to its end.
    pub async fn run(&self, state: &mut LockedState) -> Result<Outcome, Diagnostics> {
        let mut way = Way::default();
        if self.aim == Aim::Remove {
            way.outputs = self.known_outputs(state);
        }
        let ready = self.global(Hook::Pre, (state, &mut way)).await;
        if ready {
            self.blocks(state, &mut way).await?;
        } else {
            self.skip(&Scope::All, &mut way);
        }
        let hook = if way.has_failed {
            Hook::Fail
        } else {
            Hook::Success
        };
        self.global(hook, (state, &mut way)).await;
        self.global(Hook::Complete, (state, &mut way)).await;
        way.report.interrupted |= way.is_stopped;
        Ok(Outcome {
            is_well: !way.has_failed && !way.is_stopped,
            report: way.report,
        })
    }

    async fn blocks(&self, state: &mut LockedState, way: &mut Way) -> Result<(), Diagnostics> {
        let mut order = self.project.order.clone();
        let gone = self.gone();
        if self.aim == Aim::Remove {
            // What stands on others goes before them.
            order.reverse();
            self.last(state, (&gone, Part::Changes), way).await?;
        }
        let mut done = BTreeSet::new();
        for group in order {
            if way.has_failed || self.is_stopped(way) {
                break;
            }
            self.group(&group, state, way).await?;
            done.extend(group);
        }
        if way.has_failed || self.is_stopped(way) {
            self.skip(&Scope::Except(done), way);
            return Ok(());
        }
        match self.aim {
            Aim::Deploy(_) => {
                self.last(state, (&self.project.scope, Part::Farewell), way)
                    .await
            }
            Aim::Remove => self.last(state, (&gone, Part::Whole), way).await,
        }
    }

    /// What is in the scope and in no block of the manifest.
    fn gone(&self) -> Scope {
        let blocks = &self.project.manifest.blocks;
        match &self.project.scope {
            Scope::Only(_) => Scope::Only(BTreeSet::new()),
            _ => Scope::Except(blocks.iter().map(|block| block.name.clone()).collect()),
        }
    }

    /// The steps that belong to no block's turn: deletions.
    async fn last(
        &self,
        state: &mut LockedState,
        (scope, part): (&Scope, Part),
        way: &mut Way,
    ) -> Result<(), Diagnostics> {
        let read;
        let project = if self.aim == Aim::Remove {
            self.project
        } else {
            let reading = Reading {
                until: Until::Lower,
                targets: &[],
                skip_actions: true,
                is_made: true,
                changed: &way.changed,
            };
            read = (self.reread)(&reading)?;
            &read
        };
        let aim = (self.aim, scope, part);
        let plan = project.plan_part(state.state(), self.to, aim).await?;
        let failed = self.carry_out(project, &plan, state, way).await?;
        way.has_failed |= !failed.is_empty();
        Ok(())
    }

    /// One group: actions before, one plan for its blocks, actions after.
    async fn group(
        &self,
        names: &[String],
        state: &mut LockedState,
        way: &mut Way,
    ) -> Result<(), Diagnostics> {
        let mut subjects: Vec<Subject> = names.iter().map(|name| self.subject(name)).collect();
        let mut failed = self.hooks(Hook::Pre, &mut subjects, (state, way)).await;
        for subject in subjects {
            let (Some(name), false) = (subject.resource, subject.changed_by.is_empty()) else {
                continue;
            };
            way.changed
                .extend(subject.props.map(|props| (name.clone(), props)));
            way.changed_by.insert(name, subject.changed_by);
        }
        let ready: Vec<String> = names
            .iter()
            .filter(|n| !failed.contains(*n))
            .cloned()
            .collect();
        let unready: BTreeSet<String> = failed.clone();
        self.skip(&Scope::Only(unready), way);
        if self.is_stopped(way) {
            self.skip(&Scope::Only(ready.into_iter().collect()), way);
            return Ok(());
        }
        if !ready.is_empty() {
            match self.bring_about(&ready, state, way).await {
                Ok(more) => failed.extend(more),
                Err(troubles) => {
                    troubles
                        .into_iter()
                        .for_each(|t| (self.tell)(Happening::Trouble(t)));
                    self.skip(&Scope::Only(ready.iter().cloned().collect()), way);
                    failed.extend(ready);
                }
            }
        }
        self.afterwards(names, failed, (state, way)).await;
        Ok(())
    }

    /// The actions after a group: by how each block ended, then those in any case.
    async fn afterwards(
        &self,
        names: &[String],
        mut failed: BTreeSet<String>,
        (state, way): (&LockedState, &mut Way),
    ) {
        let subjects = |names: &[&String]| -> Vec<Subject> {
            names.iter().map(|name| self.subject(name)).collect()
        };
        let all: Vec<&String> = names.iter().collect();
        let (bad, good): (Vec<&String>, Vec<&String>) =
            names.iter().partition(|name| failed.contains(*name));
        for (hook, names) in [
            (Hook::Success, good),
            (Hook::Fail, bad),
            (Hook::Complete, all),
        ] {
            let mut subjects = subjects(&names);
            failed.extend(self.hooks(hook, &mut subjects, (state, &mut *way)).await);
        }
        way.has_failed |= failed.iter().any(|name| !self.is_tolerated(name));
    }

    /// Reads, plans and applies the blocks of a group; those that failed.
    async fn bring_about(
        &self,
        names: &[String],
        state: &mut LockedState,
        way: &mut Way,
    ) -> Result<BTreeSet<String>, Diagnostics> {
        let read;
        let (project, part) = if self.aim == Aim::Remove {
            (self.project, Part::Whole)
        } else {
            let reading = Reading {
                until: Until::Pack,
                targets: names,
                skip_actions: true,
                is_made: true,
                changed: &way.changed,
            };
            read = (self.reread)(&reading)?;
            (&read, Part::Changes)
        };
        let scope = Scope::Only(names.iter().cloned().collect());
        let aim = (self.aim, &scope, part);
        let plan = project.plan_part(state.state(), self.to, aim).await?;
        if !self.is_bold {
            check::guard(&plan, self.confirmed)?;
        }
        let mut changed_by = way.changed_by.clone();
        changed_by.retain(|name, _| scope.has(name));
        if !changed_by.is_empty() || check::differs(&plan, self.confirmed, &scope) {
            let plan = plan.clone();
            (self.tell)(Happening::Replanned(Replan { plan, changed_by }));
        }
        self.carry_out(project, &plan, state, way).await
    }

    /// Applies a plan; the blocks of which a step failed.
    async fn carry_out(
        &self,
        project: &Project,
        plan: &Plan,
        state: &mut LockedState,
        way: &mut Way,
    ) -> Result<BTreeSet<String>, Diagnostics> {
        let failed = Mutex::new(BTreeSet::new());
        if plan.is_empty() {
            return Ok(BTreeSet::new());
        }
        let tell = |event: apply::Event| {
            if let apply::Event::Failed { id, .. } | apply::Event::Skipped { id, .. } = &event {
                let mut failed = failed
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                failed.insert(id.block().to_owned());
            }
            (self.tell)(Happening::Step(event));
        };
        let report = project
            .apply(plan, state, self.to, (self.stop, &tell))
            .await?;
        way.report.done += report.done;
        way.report.failed += report.failed;
        way.report.skipped += report.skipped;
        way.report.interrupted |= report.interrupted;
        Ok(failed
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Whether a block's failure is passed over.
    fn is_tolerated(&self, name: &str) -> bool {
        let block = self.project.block(name);
        block.is_some_and(|block| agenda::is_tolerated(block, self.command()))
    }

    pub(super) fn is_stopped(&self, way: &mut Way) -> bool {
        way.is_stopped |= self.stop.is_asked();
        way.is_stopped
    }

    /// Counts and tells the confirmed steps of blocks whose turn did not come.
    fn skip(&self, scope: &Scope, way: &mut Way) {
        for step in self.confirmed.steps.iter().filter(|s| scope.covers(&s.id)) {
            way.report.skipped += 1;
            (self.tell)(Happening::Step(apply::Event::skipped(step)));
        }
    }
}
