//! The actions around a run and around its blocks.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::Value as Json;

use super::course::{Happening, Way};
use super::{Aim, Course};
use crate::hook::{self, Ending, Subject, World};
use crate::manifest::Hook;
use crate::resource::Object;
use crate::secret::Mask;
use crate::state::LockedState;

impl Course<'_> {
    /// Runs a hook of several blocks side by side; the blocks of which an action failed.
    pub(super) async fn hooks(
        &self,
        hook: Hook,
        subjects: &mut [Subject],
        (state, way): (&LockedState, &mut Way),
    ) -> BTreeSet<String> {
        if self.is_stopped(way) {
            return BTreeSet::new();
        }
        let known = self.outputs(state, way);
        let outputs = |name: &str, path: &str| output(&known, name, path);
        let tell = |event: hook::Event| (self.tell)(Happening::Action(event));
        let mask = self.mask();
        let world = self.world(&outputs, &tell, &mask);
        let runs = subjects.iter_mut().map(|subject| {
            let name = subject.resource.clone().unwrap_or_default();
            let actions = self.project.block(&name).map_or(&[][..], |b| &b.actions);
            let world = &world;
            async move { (name, hook::run(actions, hook, subject, world).await) }
        });
        let ended = join_all(runs).await;
        way.is_stopped |= ended
            .iter()
            .any(|(_, ending)| *ending == Ending::Interrupted);
        let bad = ended
            .into_iter()
            .filter(|(_, ending)| *ending != Ending::Well);
        bad.map(|(name, _)| name).collect()
    }

    /// Runs a hook of the global actions; whether it went well.
    pub(super) async fn global(&self, hook: Hook, (state, way): (&LockedState, &mut Way)) -> bool {
        if self.is_stopped(way) {
            return false;
        }
        let known = self.outputs(state, way);
        let outputs = |name: &str, path: &str| output(&known, name, path);
        let tell = |event: hook::Event| (self.tell)(Happening::Action(event));
        let mask = self.mask();
        let world = self.world(&outputs, &tell, &mask);
        let actions = &self.project.manifest.actions;
        let ending = hook::run(actions, hook, &mut Subject::default(), &world).await;
        way.is_stopped |= ending == Ending::Interrupted;
        way.has_failed |= ending == Ending::Failed;
        ending == Ending::Well
    }

    fn world<'w>(
        &'w self,
        outputs: &'w (dyn Fn(&str, &str) -> Option<Json> + Sync),
        tell: &'w (dyn Fn(hook::Event) + Sync),
        mask: &'w Mask,
    ) -> World<'w> {
        let manifest = &self.project.manifest;
        World {
            command: self.command(),
            app: &manifest.name,
            folder: &manifest.folder,
            variables: &manifest.variables,
            secrets: &*self.to.secrets,
            mask,
            limit: self.limit,
            outputs,
            tell,
        }
    }

    /// What hides the manifest's secrets in what programs write.
    fn mask(&self) -> Mask {
        let sources = self.project.manifest.secret_sources();
        Mask::of(sources.iter().map(String::as_str), &*self.to.secrets)
    }

    pub(super) fn command(&self) -> &'static str {
        match self.aim {
            Aim::Deploy(_) => "deploy",
            Aim::Remove => "remove",
        }
    }

    pub(super) fn subject(&self, name: &str) -> Subject {
        let block = self.project.block(name);
        Subject {
            resource: Some(name.to_owned()),
            component: block.map(|block| block.component.clone()),
            props: block.map(|block| block.props.clone()),
            changed_by: Vec::new(),
        }
    }

    fn outputs(&self, state: &LockedState, way: &Way) -> BTreeMap<String, Object> {
        match self.aim {
            Aim::Deploy(_) => self.known_outputs(state),
            Aim::Remove => way.outputs.clone(),
        }
    }

    pub(super) fn known_outputs(&self, state: &LockedState) -> BTreeMap<String, Object> {
        self.project.outputs(state.state()).into_iter().collect()
    }
}

/// An output by dotted path; an empty path is the whole of it.
fn output(known: &BTreeMap<String, Object>, name: &str, path: &str) -> Option<Json> {
    let outputs = known.get(name)?;
    if path.is_empty() {
        return Some(Json::Object(outputs.clone()));
    }
    crate::plan::output(outputs, path)
}
