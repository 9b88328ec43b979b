//! Times the phases of a manifest's way from text to graph beside a bare event parse of the same bytes, in one process,
//! round by round; `tests/perf/measure.py` calls it. Prints one line of JSON.
//!
//! usage: manifest [--write FILE] COUNT ROUNDS   (`--write`: only writes the manifest of COUNT resources)

#![allow(clippy::print_stdout, reason = "it is a command of its own")]

use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use saphyr_parser::Parser;
use sdev::component::{Context, lower};
use sdev::diagnostic::{Diagnostics, Source};
use sdev::manifest::{Environment, Manifest, Occasion, load_source};

struct Nowhere;

impl Environment for Nowhere {
    fn var(&self, _: &str) -> Option<String> {
        None
    }

    fn credential(&self, _: &str) -> Option<String> {
        None
    }
}

/// What some rounds took.
struct Times(Vec<Duration>);

impl Times {
    fn median(&mut self) -> f64 {
        self.0.sort_unstable();
        self.0[self.0.len() / 2].as_secs_f64()
    }
}

/// Functions of which each refers to a variable, to itself and to the one before it.
fn manifest(count: usize) -> String {
    let mut text =
        "edition: 3.0.0\nname: perf\naccess: default\nvars:\n  region: cn-hangzhou\nresources:\n"
            .to_owned();
    for number in 0..count {
        let next = match number {
            0 => "${this.props.functionName}".to_owned(),
            _ => format!("${{resources.f-{}.props.functionName}}", number - 1),
        };
        let written = write!(
            text,
            "  f-{number}:
    component: fc3
    props:
      region: ${{vars.region}}
      functionName: handler-{number}
      runtime: nodejs20
      handler: index.handler
      memorySize: 512
      timeout: 60
      code: ./code
      environmentVariables:
        SELF: ${{this.props.functionName}}
        NEXT: {next}
      triggers:
        - triggerName: http
          triggerType: http
          triggerConfig: {{authType: anonymous, methods: [GET]}}
"
        );
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    text
}

fn load(text: &str) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let occasion = Occasion {
        command: "deploy",
        environment: None,
        access: None,
    };
    load_source(&Source::new("s.yaml", text), occasion, &Nowhere)
}

fn context(manifest: &Manifest) -> Context {
    Context {
        app: manifest.name.clone(),
        environment: "default".to_owned(),
        local: true,
        account: None,
        region: "cn-hangzhou".to_owned(),
        origins: std::collections::BTreeMap::new(),
        folder: manifest.folder.clone(),
    }
}

fn timed<T>(times: &mut Times, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    times.0.push(began.elapsed());
    done
}

fn measure(count: usize, rounds: usize) -> Result<serde_json::Value, String> {
    let text = manifest(count);
    let [mut events, mut loads, mut lowers, mut whole] = std::array::from_fn(|_| Times(Vec::new()));
    let (mut seen, mut refused) = (0, 0);
    for _ in 0..rounds {
        seen = timed(&mut events, || {
            Parser::new_from_str(&text).flatten().count()
        });
        let (manifest, _) = timed(&mut loads, || load(&text))
            .map_err(|found| format!("{:?}", found.iter().next()))?;
        let context = context(&manifest);
        let found = timed(&mut lowers, || lower(&manifest, &context));
        refused = found.map_or_else(|errors| errors.iter().count(), |_| 0);
        whole
            .0
            .push(*loads.0.last().ok_or("no round")? + *lowers.0.last().ok_or("no round")?);
    }
    Ok(serde_json::json!({
        "resources": count, "bytes": text.len(), "rounds": rounds, "events": seen, "errors": refused,
        "parse": events.median(), "load": loads.median(), "lower": lowers.median(), "whole": whole.median(),
    }))
}

fn main() -> ExitCode {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["--write", file, count] => count
            .parse()
            .map_err(|_| "COUNT is a number".to_owned())
            .and_then(|count| std::fs::write(file, manifest(count)).map_err(|e| e.to_string())),
        [count, rounds] => match (count.parse(), rounds.parse()) {
            (Ok(count), Ok(rounds)) => measure(count, rounds).map(|found| println!("{found}")),
            _ => Err("COUNT and ROUNDS are numbers".to_owned()),
        },
        _ => Err("usage: manifest [--write FILE] COUNT [ROUNDS]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
