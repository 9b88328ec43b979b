//! `sdev migrate`: what becomes of older files is in snapshots; nothing is written without a yes.

use crate::support::Sandbox;

#[test]
fn every_old_file_becomes_one_that_loads() {
    insta::glob!("../cases/migrate", "*.yaml", |path| {
        let sandbox = Sandbox::new();
        sandbox
            .file("s.yaml", std::fs::read(path).unwrap())
            .file("hello.txt", "hello");
        let ran = sandbox.run("migrate -y").code(0);
        let written = std::fs::read_to_string(sandbox.work().join("s.yaml")).unwrap();
        insta::assert_snapshot!(format!("{written}\n=====\n{}", ran.stderr));
        sandbox.run("fmt --check").code(0);
        sandbox
            .run("migrate")
            .code(0)
            .says("has nothing to migrate");
        let mut command = sandbox.command(&["preview"]);
        command.env("STAGE", "test").env("API_KEY", "key");
        command.env("AccountID", "123").env("AccessKeyID", "a");
        command.env("AccessKeySecret", "b");
        let previewed = sandbox.run_command(command);
        // What the warnings name may still be wrong, and nothing else.
        if !ran.stderr.contains("refers to what is gone") {
            previewed.code(0);
        }
    });
}

#[test]
fn nothing_is_written_without_a_yes() {
    let sandbox = Sandbox::new();
    let text = "edition: 1.0.0\nservices: {}\n";
    sandbox.file("old.yaml", text);
    sandbox
        .run("migrate old.yaml")
        .code(1)
        .says("SD1002")
        .says("+ resources: {}");
    let ran = sandbox.run("migrate old.yaml --stdout").code(0);
    assert_eq!(ran.stdout, "edition: 3.0.0\nresources: {}\n");
    let now = std::fs::read_to_string(sandbox.work().join("old.yaml")).unwrap();
    assert_eq!(now, text);
    let json = sandbox.run("migrate old.yaml -y --json").code(0);
    assert_eq!(json.object("migrate")["changed"], true);
    sandbox.file("bad.yaml", "a: [\n");
    sandbox.run("migrate bad.yaml -y").code(1).says("SD0103");
}

#[test]
fn an_old_file_is_pointed_here() {
    let sandbox = Sandbox::new();
    sandbox.file("s.yaml", "edition: 1.0.0\nservices: {}\n");
    sandbox.run("validate").code(1).says("hint: sdev migrate");
}
