//! `sdev test`: tests of an application, each on a local cloud that nothing else uses.
//!
//! For each file this program is run again with a fresh local cloud (as `sdev local run` does, but in a process of its own,
//! which tests may kill); that run deploys the manifest anew for every test. `stage` is the deployed application, `act` does the steps, `judge` looks at what comes of
//! them, `matrix` makes many tests of one, `names` finds what a test names that is not there, `verdict` says what runs come to.

mod act;
mod judge;
mod matrix;
mod names;
mod stage;
mod verdict;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use self::matrix::Case;
use self::stage::Stage;
use self::verdict::{Ran, Runs};
use super::super::args::{Deploy, Global, Tests};
use super::super::exit::Exit;
use super::super::local;
use super::super::printer::Printer;
use super::super::runtime::{block_on, end_at_signal};
use super::super::suite::{self, Suite, Test};
use super::super::view::test as view;
use super::deploy::{self, Ears};
use super::{Outcome, manifest_path};
use crate::credential::LOCAL;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};
use crate::sys::clock::Stopwatch;
use crate::sys::{env, fs, process};

/// Where test files lie, beside the manifest, and how their names end.
const FOLDER: &str = "tests";
const ENDING: &str = ".test.yaml";

/// Why a test failed, and where that stands in its file.
struct Failure {
    at: Span,
    why: String,
}

pub(super) fn run(args: &Tests, global: &Global, printer: Printer) -> Outcome {
    let manifest = manifest_path(global)?;
    let files = if args.files.is_empty() {
        found(&manifest)?
    } else {
        args.files.clone()
    };
    let mut suites = Vec::new();
    let mut wrong = Diagnostics::new();
    for file in files {
        match open(&file) {
            Ok(suite) => suites.push((file, suite)),
            Err(errors) => wrong.extend(errors),
        }
    }
    let (suites, _) = wrong.into_result(suites)?;
    let suites = wanted(suites, args.filter.as_deref())?;
    let mut exit = Exit::Done;
    for (file, suite) in suites {
        let ended = if args.here {
            here(&suite, global, printer)?
        } else {
            apart((&file, &manifest), (args, global))?
        };
        exit = if ended == Exit::Done { exit } else { ended };
    }
    Ok(exit)
}

/// The test files beside the manifest.
fn found(manifest: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    let folder = manifest.with_file_name(FOLDER);
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let is_test = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(ENDING));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_test).collect();
    files.sort();
    if files.is_empty() {
        let detail = format!("{} holds no file *{ENDING}", folder.display());
        return Err(Diagnostic::error(code::USAGE, detail)
            .hint("name the files of tests, or write one: see docs/test.md")
            .into());
    }
    Ok(files)
}

fn open(file: &Path) -> Result<Suite, Diagnostics> {
    let text = fs::read_text(file).map_err(Diagnostic::from)?;
    let text = text.ok_or_else(|| {
        Diagnostic::error(
            code::TEST_FILE,
            format!("{} does not exist", file.display()),
        )
    })?;
    suite::read(&Source::new(file, text))
}

/// The tests whose names hold a text, and the files that have any.
fn wanted(
    mut suites: Vec<(PathBuf, Suite)>,
    filter: Option<&str>,
) -> Result<Vec<(PathBuf, Suite)>, Diagnostic> {
    let Some(filter) = filter else {
        return Ok(suites);
    };
    for (_, suite) in &mut suites {
        suite.tests.retain(|test| test.name.contains(filter));
    }
    suites.retain(|(_, suite)| !suite.tests.is_empty());
    if suites.is_empty() {
        let detail = format!("no test has a name that holds `{filter}`");
        return Err(Diagnostic::error(code::USAGE, detail));
    }
    Ok(suites)
}

/// Runs the tests of a file in a process with a fresh local cloud.
fn apart((file, manifest): (&Path, &Path), (args, global): (&Tests, &Global)) -> Outcome {
    let program = process::this_program().map_err(|error| machine(&error))?;
    let mut command: Vec<OsString> = vec![program.into(), "test".into(), "--here".into()];
    command.extend(["--template".into(), manifest.into()]);
    for (flag, value) in [("--env", &global.environment), ("--filter", &args.filter)] {
        if let Some(value) = value {
            command.extend([flag.into(), value.into()]);
        }
    }
    if global.json {
        command.push("--json".into());
    }
    command.extend(["--".into(), file.into()]);
    let (ran, left) = block_on(local::run(&command, local::Place::Apart))?;
    if let Some(left) = left {
        return Err(Diagnostic::from(left).into());
    }
    match ran.map_err(|error| machine(&error))? {
        0 => Ok(Exit::Done),
        130 => Ok(Exit::Interrupted),
        _ => Ok(Exit::Failed),
    }
}

fn machine(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(code::MACHINE, error.to_string())
}

/// Runs the tests of a file on the local cloud that the environment names, which was started for that.
fn here(suite: &Suite, global: &Global, printer: Printer) -> Outcome {
    if env::var(env::LOCAL_URL).is_none() || env::var(env::STATES).is_none() {
        let detail = "`--here` is for the run that `sdev test` itself starts with a local cloud";
        return Err(Diagnostic::error(code::USAGE, detail).into());
    }
    end_at_signal(Exit::Interrupted, async || ());
    let global = Global {
        access: Some(LOCAL.to_owned()),
        ..global.clone()
    };
    let mut tally = view::Tally::default();
    for test in &suite.tests {
        let stage = fresh(&global, printer)?;
        let cases = match matrix::cases(test, &stage) {
            Ok(cases) => cases,
            Err(failure) => {
                tally.add(printer, (&test.name, &test.at), failure.told(), 0.0);
                continue;
            }
        };
        let mut runs = Runs::default();
        let mut ready = Some(stage);
        for case in cases {
            let watch = Stopwatch::start();
            let stage = ready.take().map_or_else(|| fresh(&global, printer), Ok)?;
            let ran = block_on(play(test, &case, &stage))?;
            let verdict = runs.add(test, &case, ran);
            let name = (case.name.as_str(), &test.at);
            tally.add(printer, name, verdict.told(), watch.seconds());
        }
        if let Some(failure) = runs.lack(test) {
            tally.add(printer, (&test.name, &test.at), failure.told(), 0.0);
        }
    }
    Ok(tally.end(printer))
}

/// The application, deployed to a cloud that holds nothing else.
fn fresh(global: &Global, printer: Printer) -> Result<Stage, Diagnostics> {
    block_on(stage::clear())?;
    let quiet = Printer {
        is_quiet: true,
        live: false,
        ..printer
    };
    let all = Deploy {
        resources: Vec::new(),
        yes: true,
        full: false,
        adopt: false,
        skip_actions: false,
        action_timeout: std::time::Duration::from_hours(1),
    };
    if deploy::deploy(&all, global, quiet, Ears::default())? != Exit::Done {
        let detail = "the manifest could not be deployed to the local cloud of the tests";
        return Err(Diagnostic::error(code::TEST_STAGE, detail).into());
    }
    block_on(Stage::open(global, quiet))
}

/// Plays a test.
async fn play(test: &Test, case: &Case, stage: &Stage) -> Result<Ran, Diagnostics> {
    let mut words = stage.words();
    if let Some(step) = &case.step {
        words.set("step", step.clone().into());
    }
    let ready = match names::known(test, stage) {
        Ok(()) => stage.prepare(test, case, &words).await,
        unknown => unknown,
    };
    if let Err(failure) = ready {
        return Ok(Ran::not(failure));
    }
    let played = async {
        for step in &test.when {
            act::act(stage, (step, test.within), &mut words).await?;
        }
        judge::at_last(stage, (test, case), &words).await
    };
    let failure = played.await.err();
    let met = stage.met().await?;
    Ok(Ran {
        failure,
        met: Some(met),
    })
}

impl Failure {
    fn new(at: &Span, why: impl Into<String>) -> Self {
        Self {
            at: at.clone(),
            why: why.into(),
        }
    }

    /// Where and why.
    fn told(&self) -> view::Ended<'_> {
        view::Ended::Failed(&self.at, &self.why)
    }

    /// What sdev itself would say.
    fn of(at: &Span, wrong: &Diagnostics) -> Self {
        Self::new(at, in_words(wrong))
    }
}

/// What sdev itself would say, in one line.
fn in_words(wrong: &Diagnostics) -> String {
    let details = wrong.iter().map(|diagnostic| diagnostic.detail.as_str());
    details.collect::<Vec<_>>().join("; ")
}

/// What a part of a test comes to.
type Played<T> = Result<T, Failure>;
