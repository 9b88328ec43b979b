//! `sdev dev`: builds and deploys to the local cloud at each change, and shows what functions write.
//!
//! `watch` says what is looked at and what was changed, `author` whether the user did it, `builds` what has to be built for it,
//! `follow` shows lines.

mod author;
mod builds;
mod follow;
mod watch;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use self::author::{Author, Ran};
use self::builds::Builds;
use self::follow::Followers;
use self::watch::{Snapshot, Watch, differing};
use super::super::args::{Deploy, Dev, Global};
use super::super::exit::Exit;
use super::super::local;
use super::super::machine::Look;
use super::super::printer::Printer;
use super::super::runtime::{block_on, end_at_signal};
use super::super::view;
use super::deploy::{self, Ears};
use super::deployed::Deployed;
use super::{Outcome, Reach, manifest_path, open_offline};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{Project, Until};

/// How often files are looked at.
const ROUND: Duration = Duration::from_millis(100);
/// How long files must have been left alone before they are deployed. Times of files have ticks of some milliseconds: what is
/// written twice within one, at the same length, could not be told apart.
const SETTLED: Duration = Duration::from_millis(20);

pub(super) fn run(args: &Dev, global: &Global, printer: Printer) -> Outcome {
    let manifest = manifest_path(global)?;
    let folder = manifest.parent().unwrap_or(&manifest);
    let folder = if folder.as_os_str().is_empty() {
        ".".into()
    } else {
        folder.to_owned()
    };
    let wanted = block_on(Deployed::local_functions("dev", (global, printer)))?;
    if wanted.is_none() {
        let detail = "`sdev dev` deploys at each change, and only to the local cloud";
        return Err(Diagnostic::error(code::USAGE, detail)
            .hint("sdev dev -a local")
            .into());
    }
    let busy = Arc::new(AtomicBool::new(false));
    let under_way = Arc::clone(&busy);
    end_at_signal(Exit::Done, async move || {
        // A deploy that is under way hears the signal itself.
        while under_way.load(Ordering::SeqCst) {
            tokio::time::sleep(ROUND).await;
        }
    });
    let mut session = Session {
        with: (args, global, printer),
        watch: Watch::new(&folder, &local::folder()),
        author: Author::of(&folder),
        builds: Builds::default(),
        followers: Followers::new(printer)?,
        has_deployed: false,
    };
    let mut deployed = None;
    loop {
        let (now, changed) = session.change(deployed.as_ref());
        busy.store(true, Ordering::SeqCst);
        let Some(done) = session.bring_about(now, &changed) else {
            return Ok(Exit::Done);
        };
        deployed = Some(done);
        busy.store(false, Ordering::SeqCst);
        session.follow();
        printer.say("watching for changes; Ctrl-C ends it");
    }
}

/// One run of `sdev dev`.
struct Session<'a> {
    with: (&'a Dev, &'a Global, Printer),
    watch: Watch,
    author: Author,
    builds: Builds,
    followers: Followers,
    has_deployed: bool,
}

impl Session<'_> {
    /// Waits until something differs from what was deployed, and is left alone. At first everything does.
    fn change(&mut self, deployed: Option<&Snapshot>) -> (Snapshot, BTreeSet<PathBuf>) {
        loop {
            let now = self.watch.look();
            let Some(deployed) = deployed else {
                return (now, BTreeSet::new());
            };
            let changed = differing(deployed, &now);
            let times = changed.iter().filter_map(|path| now.get(path)?.modified);
            // A time that is to come is no reason to wait for it.
            let age = times.max().and_then(|newest| newest.elapsed().ok());
            if changed.is_empty() {
                std::thread::sleep(ROUND);
            } else if age.is_some_and(|age| age < SETTLED) {
                std::thread::sleep(SETTLED);
            } else {
                self.author.hear(&changed, &now);
                return (now, changed);
            }
        }
    }

    /// Builds and deploys; what of the files is deployed then. Nothing when the user ended it. What is wrong is said, and mended by
    /// the next change.
    fn bring_about(&mut self, now: Snapshot, changed: &BTreeSet<PathBuf>) -> Option<Snapshot> {
        let (args, _, printer) = self.with;
        // What is wrong with a manifest is told by the deploy.
        let Ok(project) = self.read() else {
            let resources = args.resources.clone();
            return self.deploy(resources, &Ran::default()).then_some(now);
        };
        let mut builds = project.builds();
        self.builds.fit(&mut builds);
        self.watch.turn_to(&project, &builds);
        let mut before = self.watch.look();
        for (path, stamp) in now {
            before.entry(path).and_modify(|seen| *seen = stamp);
        }
        let mut ran = Ran::default();
        let of = (&project, &*builds);
        let failed = self.builds.run(of, changed, (&mut ran, printer)).ok()?;
        if let Some(resources) = ready(&project, args, &failed)
            && !self.deploy(resources, &ran)
        {
            return None;
        }
        for name in &failed {
            printer.say(&format!("`{name}` stays as it is until its build works"));
        }
        Some(self.author.judge(&before, &self.watch.look(), &ran))
    }

    /// The project as a deploy reads it.
    fn read(&self) -> Result<Project, Diagnostics> {
        let (args, global, printer) = self.with;
        let mut reach = Reach::all("deploy", Until::Lower);
        reach.targets = &args.resources;
        let (project, _) = open_offline(global, reach, (Look::Away, printer))?;
        Ok(project)
    }

    /// Deploys these resources, or all; whether it goes on.
    fn deploy(&mut self, resources: Vec<String>, ran: &Ran) -> bool {
        let (_, global, printer) = self.with;
        let asked = Deploy {
            resources,
            yes: true,
            full: false,
            adopt: false,
            skip_actions: false,
            action_timeout: Duration::from_hours(1),
        };
        // Outputs are told once.
        let ears = Ears {
            outputs: !std::mem::replace(&mut self.has_deployed, true),
            actions: &|event| ran.hear(event),
        };
        match deploy::deploy(&asked, global, printer, ears) {
            Ok(Exit::Interrupted) => return false,
            Ok(_) => {}
            Err(wrong) => view::diagnostic::show(printer, &wrong),
        }
        true
    }

    /// Shows what the functions write that are deployed now.
    fn follow(&self) {
        let (_, global, printer) = self.with;
        match block_on(Deployed::local_functions("dev", (global, printer))) {
            Ok(functions) => self.followers.follow(functions.unwrap_or_default()),
            Err(wrong) => view::diagnostic::show(printer, &wrong),
        }
    }
}

/// The resources to deploy, none for all: what cannot be built stays as it is. `None`: there are no others.
fn ready(project: &Project, args: &Dev, failed: &BTreeSet<String>) -> Option<Vec<String>> {
    if failed.is_empty() {
        return Some(args.resources.clone());
    }
    let mut names: Vec<String> = project.order.iter().flatten().cloned().collect();
    names.retain(|name| !failed.contains(name));
    (!names.is_empty()).then_some(names)
}
