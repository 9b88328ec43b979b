//! `sdev fmt`: what it writes is in snapshots; what it must not touch stays.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::support::Sandbox;

#[test]
fn every_case_is_formatted_once_and_for_all() {
    insta::glob!("../cases/fmt", "*.yaml", |path| {
        let sandbox = Sandbox::new();
        sandbox.file("s.yaml", std::fs::read(path).unwrap());
        sandbox.run("fmt").code(0);
        let written = std::fs::read_to_string(sandbox.work().join("s.yaml")).unwrap();
        insta::assert_snapshot!(written);
        sandbox.run("fmt --check").code(0);
    });
}

#[test]
fn a_check_names_the_file_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let text = "resources: {}\nedition:   3.0.0\n";
    sandbox
        .file("a.yaml", text)
        .file("b.yaml", "edition: 3.0.0\n");
    let ran = sandbox.run("fmt --check a.yaml b.yaml").code(1);
    assert!(ran.stdout.starts_with("a.yaml\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("- edition:   3.0.0"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("b.yaml"), "{}", ran.stdout);
    let now = std::fs::read_to_string(sandbox.work().join("a.yaml")).unwrap();
    assert_eq!(now, text);
    let json = sandbox.run("fmt --check --json a.yaml").code(1);
    assert_eq!(json.object("fmt")["changed"], true);
}

#[test]
fn a_broken_file_is_told_and_left_and_the_others_are_formatted() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yaml", "a: [1\n").file("b.yaml", "b:   1\n");
    sandbox
        .run("fmt a.yaml b.yaml")
        .code(1)
        .says("SD0103")
        .says("a.yaml");
    let text = |name: &str| std::fs::read_to_string(sandbox.work().join(name)).unwrap();
    assert_eq!(
        (text("a.yaml").as_str(), text("b.yaml").as_str()),
        ("a: [1\n", "b: 1\n")
    );
    sandbox.run("fmt none.yaml").code(1).says("SD0101");
}

#[test]
fn the_mode_and_a_link_are_kept() {
    let sandbox = Sandbox::new();
    sandbox.file("real.yaml", "a:   1\n");
    let real = sandbox.work().join("real.yaml");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
    let link = sandbox.work().join("s.yaml");
    std::os::unix::fs::symlink("real.yaml", &link).unwrap();
    sandbox.run("fmt").code(0);
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "a: 1\n");
    let mode = std::fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let sandbox = Sandbox::new();
    sandbox.file("in", "a:   |+\n    x\n\n");
    let mut command = sandbox.command(&["fmt", "-"]);
    let input = std::fs::File::open(sandbox.work().join("in")).unwrap();
    command.stdin(Stdio::from(input));
    let ran = sandbox.run_command(command).code(0);
    assert_eq!(ran.stdout, "a: |+\n  x\n\n");
}
