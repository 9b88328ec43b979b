//! `sdev build`: what code needs is made once, warned of when it is missing, and explained when it cannot be made.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{Ran, Sandbox};

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  api:
    component: fc3
    props: { region: cn-hangzhou, functionName: api, runtime: nodejs20, handler: index.handler, code: ./code }
";

/// A project whose code asks for packages, and an `npm` that makes them and counts how often.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .file("s.yaml", MANIFEST)
        .file("code/index.js", "exports.handler = async () => 1;")
        .file("code/package.json", r#"{"dependencies": {"left": "1"}}"#)
        .file("code/package-lock.json", "{}")
        .file(
            "tools/npm",
            "#!/bin/sh\necho \"$@\" >> ../asked\n[ -e ../broken ] && { echo no such package >&2; exit 7; }\nmkdir -p node_modules && echo added 1 package\n",
        );
    let npm = sandbox.work().join("tools/npm");
    std::fs::set_permissions(npm, std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox
}

fn with_tools(sandbox: &Sandbox, line: &str) -> Ran {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command: Command = sandbox.command(&words);
    let tools = sandbox.work().join("tools");
    command.env("PATH", format!("{}:/usr/bin:/bin", tools.display()));
    sandbox.run_command(command)
}

fn asked(sandbox: &Sandbox) -> Vec<String> {
    let text = std::fs::read_to_string(sandbox.work().join("asked")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn packages_are_made_once_for_each_state_of_their_files() {
    let sandbox = shop();
    let warned = with_tools(&sandbox, "validate").code(0);
    assert!(warned.stderr.contains("SD0217"), "{}", warned.stderr);
    assert!(
        warned.stderr.contains("sdev build api"),
        "{}",
        warned.stderr
    );

    let built = with_tools(&sandbox, "build").code(0);
    let said = format!("{}{}", built.stdout, built.stderr);
    assert!(said.contains("api | added 1 package"), "{said}");
    assert_eq!(asked(&sandbox), ["ci --no-audit --no-fund --omit=dev"]);
    let valid = with_tools(&sandbox, "validate").code(0);
    assert!(!valid.stderr.contains("SD0217"), "{}", valid.stderr);

    let again = with_tools(&sandbox, "build --json").code(0);
    assert_eq!(again.object("built")["fresh"], 1);
    assert_eq!(asked(&sandbox).len(), 1);
    with_tools(&sandbox, "build api --force").code(0);
    assert_eq!(asked(&sandbox).len(), 2);
    sandbox.file("code/package-lock.json", "{ }");
    with_tools(&sandbox, "build").code(0);
    assert_eq!(asked(&sandbox).len(), 3);
}

#[test]
fn what_cannot_be_made_is_explained_and_tried_again() {
    let sandbox = shop();
    sandbox.file("broken", "");
    let failed = with_tools(&sandbox, "build").code(1);
    for words in ["SD0216", "exit code 7: no such package", "s.yaml:7"] {
        assert!(failed.stderr.contains(words), "{}", failed.stderr);
    }
    std::fs::remove_file(sandbox.work().join("broken")).unwrap();
    with_tools(&sandbox, "build").code(0);

    std::fs::remove_file(sandbox.work().join("tools/npm")).unwrap();
    sandbox.file("code/pnpm-lock.yaml", "");
    let missing = with_tools(&sandbox, "build").code(1);
    for words in [
        "cannot be found on this machine",
        "npm install --global pnpm",
    ] {
        assert!(missing.stderr.contains(words), "{}", missing.stderr);
    }
}

#[test]
fn a_line_of_the_manifest_is_run_instead_and_a_wrong_name_is_found() {
    let sandbox = shop();
    let line = "sdev: { build: { api: 'echo made by hand > made && mkdir -p node_modules' } }\n";
    sandbox.file("s.yaml", format!("{MANIFEST}{line}"));
    with_tools(&sandbox, "build").code(0);
    let made = std::fs::read_to_string(sandbox.work().join("code/made")).unwrap();
    assert_eq!(made, "made by hand\n");
    assert!(asked(&sandbox).is_empty());

    sandbox.file(
        "s.yaml",
        format!("{MANIFEST}sdev: {{ build: {{ apy: make }} }}\n"),
    );
    with_tools(&sandbox, "build")
        .code(1)
        .says("did you mean `api`?");
}

#[test]
fn a_project_beside_the_manifest_makes_its_jar() {
    let sandbox = shop();
    let manifest = MANIFEST
        .replace("./code", "./target/app.jar")
        .replace("nodejs20", "java11")
        .replace("index.handler", "example.App::handle");
    sandbox
        .file("s.yaml", manifest)
        .file("pom.xml", "<project/>")
        .file(
            "tools/mvn",
            "#!/bin/sh\necho \"$@\" >> asked\nmkdir -p target && echo made > target/app.jar\n",
        );
    let mvn = sandbox.work().join("tools/mvn");
    std::fs::set_permissions(mvn, std::fs::Permissions::from_mode(0o755)).unwrap();
    with_tools(&sandbox, "build").code(0);
    let made = std::fs::read_to_string(sandbox.work().join("target/app.jar")).unwrap();
    assert_eq!(made, "made\n");
    let again = with_tools(&sandbox, "build --json").code(0);
    assert_eq!(again.object("built")["fresh"], 1);
    assert_eq!(asked(&sandbox).len(), 1);
}

/// A script as a program.
fn program(path: &Path, script: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// An interpreter that says that it is of a version, and makes the folder `made` when it is asked for anything else.
fn interpreter(version: &str, made: &str) -> String {
    format!(
        "case $1 in -c|-p) printf '%s\\n%s\\n' \"$0\" {version};; *) echo {version} >> ../asked; mkdir -p {made};; esac"
    )
}

#[test]
fn packages_are_made_by_the_version_that_the_runtime_names_wherever_it_is() {
    let sandbox = shop();
    let (tools, home) = (sandbox.work().join("tools"), sandbox.work().join("../user"));
    program(&tools.join("node"), &interpreter("18.1.0", "x"));
    program(&tools.join("python3"), &interpreter("3.8.1", "python"));
    let both = MANIFEST.replace("resources:\n", "resources:\n  py:\n    component: fc3\n    props: { region: cn-hangzhou, functionName: py, runtime: python3.10, handler: index.handler, code: ./py }\n");
    sandbox
        .file("s.yaml", both)
        .file("py/index.py", "")
        .file("py/requirements.txt", "left\n");
    let other = with_tools(&sandbox, "build").code(0);
    for words in [
        "SD0219",
        "Python 3.8.1 makes them: there is no Python 3.10 on this machine",
        "Node 18.1.0 makes them: there is no Node 20 on this machine",
        "s.yaml:7",
    ] {
        assert!(other.stderr.contains(words), "{words}: {}", other.stderr);
    }
    assert_eq!(
        asked(&sandbox),
        ["3.8.1", "ci --no-audit --no-fund --omit=dev"]
    );
    let again = with_tools(&sandbox, "build --json").code(0);
    assert_eq!(again.object("built")["fresh"], 2);
    assert!(!again.stdout.contains("SD0219"), "{}", again.stdout);

    let kept = home.join(".pyenv/versions/3.10.2/bin/python3.10");
    program(&kept, &interpreter("3.10.2", "python"));
    let bin = home.join(".nvm/versions/node/v20.9.0/bin");
    program(&bin.join("node"), &interpreter("20.9.0", "x"));
    let npm = "node run; mkdir -p node_modules";
    program(&bin.join("npm"), npm);
    let right = with_tools(&sandbox, "build").code(0);
    assert!(!right.stderr.contains("SD0219"), "{}", right.stderr);
    let said = format!("{}{}", right.stdout, right.stderr);
    assert!(
        said.contains(".pyenv/versions/3.10.2/bin/python3.10 -m pip"),
        "{said}"
    );
    assert_eq!(asked(&sandbox)[2..], ["3.10.2", "20.9.0"]);
    let again = with_tools(&sandbox, "build --json").code(0);
    assert_eq!(again.object("built")["fresh"], 2);
}

/// A package of Python, `left`, as pip takes it.
fn wheel(path: &Path) {
    const INFO: &str = "left-1.0.dist-info";
    let files = [
        ("left/__init__.py".to_owned(), "side = 'left'\n".to_owned()),
        (
            format!("{INFO}/METADATA"),
            "Metadata-Version: 2.1\nName: left\nVersion: 1.0\n".to_owned(),
        ),
        (
            format!("{INFO}/WHEEL"),
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
                .to_owned(),
        ),
        (
            format!("{INFO}/RECORD"),
            format!("left/__init__.py,,\n{INFO}/METADATA,,\n{INFO}/WHEEL,,\n{INFO}/RECORD,,\n"),
        ),
    ];
    let mut zip = ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, text) in files {
        let options = SimpleFileOptions::default();
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

/// What is below a folder, by path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            let inner = self::files(&entry.path()).into_iter();
            files.extend(inner.map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    files
}

#[test]
fn packages_of_python_are_the_same_each_time() {
    let sandbox = Sandbox::new();
    let manifest = MANIFEST.replace("nodejs20", "python3.10");
    sandbox
        .file("s.yaml", manifest)
        .file("code/index.py", "import left\n")
        .file("code/requirements.txt", "./left-1.0-py3-none-any.whl\n");
    wheel(&sandbox.work().join("code/left-1.0-py3-none-any.whl"));
    let made = sandbox.work().join("code/python");
    with_tools(&sandbox, "build").code(0);
    let first = files(&made);
    assert!(first.contains_key("left/__init__.py"), "{:?}", first.keys());
    std::fs::remove_dir_all(&made).unwrap();
    // What is compiled holds whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    with_tools(&sandbox, "build --force").code(0);
    assert!(files(&made) == first, "{:?}", files(&made).keys());
}
