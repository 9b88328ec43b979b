//! The walls: imports go down only, files stay small and say what they are for, every code has its page.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms from the bottom up. A room may use rooms of lower layers and its own; rooms of one layer do not meet.
const LAYERS: &[&[&str]] = &[
    &["sys", "diagnostic"],
    &["resource", "secret"],
    &[
        "state",
        "manifest",
        "artifact",
        "credential",
        "template",
        "sample",
    ],
    &[
        "provider",
        "plan",
        "component",
        "own",
        "hook",
        "rewrite",
        "build",
    ],
    &[
        "observe",
        "apply",
        "content",
        "residence",
        "terms",
        "language",
    ],
    &["engine"],
    &["cli"],
];

/// Steps aside from the layers, each with its reason.
const ALLOWED: &[(&str, &str)] = &[
    // The machine's errors become diagnostics where they arise.
    ("sys", "diagnostic"),
    // What differs and what was seen are words of the contract between planner and provider.
    ("provider", "plan"),
    ("plan", "provider"),
];

const MOST_LINES: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn all_rust_files() -> Vec<PathBuf> {
    [
        "src",
        "crates/wire/src",
        "crates/trigger/src",
        "crates/unzip/src",
        "crates/installed/src",
        "crates/workflow/src",
        "crates/runtime/src",
        "crates/emulator/src",
    ]
    .iter()
    .flat_map(|folder| rust_files(&root().join(folder)))
    .collect()
}

/// The text without inline tests, which come last.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ")
        .map_or(text, |at| &text[..at])
}

/// Whether the room's `mod.rs` takes the file in for tests only.
fn is_test_module(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let parent = std::fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    parent.contains(&format!("#[cfg(test)]\nmod {name};"))
}

fn level(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

fn room(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    let first = below
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_go_down_only() {
    let mut wrong = BTreeSet::new();
    for path in rust_files(&root().join("src")) {
        let own = room(&path);
        if own == "lib" || own == "main" {
            continue;
        }
        let own_level = level(&own).unwrap_or_else(|| panic!("room `{own}` is in no layer"));
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("crate::") {
            let other: String = text[at + 7..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let Some(other_level) = level(&other) else {
                continue;
            };
            let allowed =
                other == own || other_level < own_level || ALLOWED.contains(&(&own, &other));
            if !allowed {
                wrong.insert(format!(
                    "{} uses {other}",
                    path.strip_prefix(root()).unwrap().display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_command_line_knows_the_local_cloud_and_prints() {
    for path in rust_files(&root().join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let in_cli = room(&path) == "cli";
        for word in ["emulator::", "stdout()", "stderr()", "println!"] {
            let text = without_tests(&text);
            if is_test_module(&path) {
                continue;
            }
            assert!(
                in_cli || !text.contains(word),
                "{} has `{word}`",
                path.display()
            );
        }
    }
}

#[test]
fn the_planner_knows_no_clock_no_chance_and_no_files() {
    for path in rust_files(&root().join("src/plan")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["sys::", "std::fs", "std::time", "async fn", "manifest::"] {
            assert!(!text.contains(word), "{} has `{word}`", path.display());
        }
    }
}

#[test]
fn files_say_what_they_are_for_and_stay_small() {
    let mut long = Vec::new();
    for path in all_rust_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//! "),
            "{} does not begin with its purpose",
            path.display()
        );
        let lines = without_tests(&text).lines().count();
        if lines > MOST_LINES && !is_test_module(&path) {
            long.push(format!("{}: {lines}", path.display()));
        }
    }
    assert!(long.is_empty(), "longer than {MOST_LINES} lines: {long:#?}");
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let codes: BTreeSet<String> = sdev::diagnostic::code::ALL
        .iter()
        .map(|c| format!("{c}.md"))
        .collect();
    let pages: BTreeSet<String> = std::fs::read_dir(root().join("docs/errors"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(codes, pages);
    for code in sdev::diagnostic::code::ALL {
        let page = std::fs::read_to_string(root().join(format!("docs/errors/{code}.md"))).unwrap();
        assert!(
            page.starts_with(&format!("# {code}: {}", code.summary())),
            "{code}.md begins with another title"
        );
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let main = std::fs::read_to_string(root().join("tests/it/main.rs")).unwrap();
    for entry in std::fs::read_dir(root().join("tests/it")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            ["main", "snapshots"].contains(&module) || main.contains(&format!("mod {module};")),
            "{name} is in no module"
        );
    }
}
