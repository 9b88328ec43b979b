//! Measures the loader beside a bare parse of the same bytes, and prints one JSON object.
//!
//! usage: `manifest_bench FILE [ROUNDS]`. Both are timed in turn, round by round; medians are given, in milliseconds.

#![expect(clippy::print_stdout, reason = "its output is its result")]

use std::path::Path;
use std::time::Instant;

use saphyr_parser::Parser;
use sdev::component::{self, Context};
use sdev::manifest::{self, Environment, Occasion};

/// A world in which nothing is set.
struct Nothing;

impl Environment for Nothing {
    fn var(&self, _: &str) -> Option<String> {
        None
    }

    fn credential(&self, _: &str) -> Option<String> {
        None
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().expect("usage: manifest_bench FILE [ROUNDS]");
    let rounds: usize = args
        .next()
        .map_or(7, |text| text.parse().expect("a number"));
    let path = Path::new(&file);
    let text = std::fs::read_to_string(path).expect("the file can be read");
    let (mut parses, mut loads, mut lowers) = (Vec::new(), Vec::new(), Vec::new());
    let mut resources = 0;
    for _ in 0..rounds {
        let watch = Instant::now();
        let events = Parser::new_from_str(&text)
            .inspect(|event| assert!(event.is_ok()))
            .count();
        parses.push(watch.elapsed());
        assert!(events > 0);
        let watch = Instant::now();
        let (manifest, _) =
            manifest::load(path, OCCASION, &Nothing).expect("the manifest is valid");
        loads.push(watch.elapsed());
        let watch = Instant::now();
        let lowered = component::lower(&manifest, &context()).unwrap_or_default();
        lowers.push(watch.elapsed());
        resources = lowered.graph.len();
    }
    let [parse, load, lower] = [parses, loads, lowers].map(median);
    println!(
        "{{\"bytes\":{},\"resources\":{resources},\"parse_ms\":{parse:.2},\"load_ms\":{load:.2},\"lower_ms\":{lower:.2},\"ratio\":{:.2}}}",
        text.len(),
        (load + lower) / parse
    );
}

const OCCASION: Occasion = Occasion {
    command: "deploy",
    environment: None,
    access: None,
};

fn context() -> Context {
    Context {
        app: "bench".to_owned(),
        environment: "default".to_owned(),
        account: Some("1234567890123456".to_owned()),
        region: "cn-hangzhou".to_owned(),
        folder: ".".into(),
    }
}

/// The middle of some times, in milliseconds.
fn median(mut times: Vec<std::time::Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
